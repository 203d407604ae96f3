import type { JsonSchema } from '@toka/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasSecrets, MASKED, partSecrets } from '../../src/manifest/secret-parts.ts';

const text = { type: 'string' };
const secret = { type: 'string', 'x-type': 'secret' };

/** What becomes of the parameter `a`. */
function part(a: object, value: unknown, definitions: object = {}) {
  const { clean, secrets } = partSecrets({ type: 'object', properties: { a }, $defs: definitions }, { a: value });
  return [(clean as { a: unknown }).a, secrets];
}

describe('the secrets of a value are found', () => {
  test.each<[string, object, unknown, unknown, string[]]>([
    ['as a whole', secret, 'one', MASKED, ['one']],
    ['in a list', { items: secret }, ['one', 'two'], [MASKED, MASKED], ['one', 'two']],
    ['at a place of a list', { prefixItems: [text, secret], items: text }, ['a', 'one', 'b'], ['a', MASKED, 'b'], ['one']],
    ['after the places of a list', { prefixItems: [text], items: secret }, ['a', 'one'], ['a', MASKED], ['one']],
    ['as a member', { properties: { key: secret, user: text } }, { key: 'one', user: 'a' }, { key: MASKED, user: 'a' }, ['one']],
    ['as any other member', { properties: { user: text }, additionalProperties: secret }, { user: 'a', x: 'one' }, { user: 'a', x: MASKED }, ['one']],
    ['as a member by a pattern, which is not tried', { patternProperties: { '^(a+)+$': secret } }, { b: 'one' }, { b: MASKED }, ['one']],
    ['in one of some shapes', { anyOf: [{ properties: { key: secret } }, { properties: { user: text } }] }, { key: 'one', user: 'a' }, { key: MASKED, user: 'a' }, ['one']],
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    ['under a condition', { if: {}, then: { properties: { key: secret } } }, { key: 'one' }, { key: MASKED }, ['one']],
    ['where another member is there', { dependentSchemas: { user: { properties: { key: secret } } }, properties: { user: text } }, { user: 'a', key: 'one' }, { user: 'a', key: MASKED }, ['one']],
    ['with all around them where they are names of members', { propertyNames: secret, additionalProperties: text }, { one: 'two' }, MASKED, ['two']],
    ['as numbers', { items: { type: 'integer', 'x-type': 'secret' } }, [1234], [MASKED], ['1234']],
    ['as an object', { type: 'object', 'x-type': 'secret' }, { a: { b: ['one'] }, c: 2 }, MASKED, ['one', '2']],
  ])('%s', (_, schema, value, clean, secrets) => {
    expect(part(schema, value)).toEqual([clean, secrets]);
  });

  test('behind references, also those that lead back', () => {
    const node = { type: 'object', properties: { key: secret, name: text, next: { $ref: '#/$defs/node' } } };
    const value = { name: 'a', next: { key: 'one', next: { name: 'b', key: 'two' } } };
    const clean = { name: 'a', next: { key: MASKED, next: { name: 'b', key: MASKED } } };
    expect(part({ $ref: '#/$defs/node' }, value, { node })).toEqual([clean, ['one', 'two']]);
    expect(part({ $ref: '#/$defs/loop' }, 'plain', { loop: { $ref: '#/$defs/loop' }, node })).toEqual(['plain', []]);
  });
});

describe('beside secrets counts as one too', () => {
  test.each<[string, object, unknown, unknown]>([
    ['a member that no schema speaks of', { properties: { key: secret } }, { kye: 'one' }, { kye: MASKED }],
    ['a text where an object should be', { properties: { key: secret } }, 'one', MASKED],
    ['a list where an object should be', { properties: { key: secret } }, ['one'], [MASKED]],
    ['what is behind a reference that leads nowhere', { items: { $ref: '#/$defs/none' }, prefixItems: [secret] }, ['one', 'two'], [MASKED, MASKED]],
    ['what is behind an anchor', { items: { $ref: '#name' }, prefixItems: [secret] }, ['one', 'two'], [MASKED, MASKED]],
  ])('%s', (_, schema, value, clean) => {
    expect(part(schema, value)[0]).toEqual(clean);
  });
});

test('a value without secrets is left as it is', () => {
  const schema = { type: 'object', properties: { a: { items: { enum: ['x-type', 'secret'] } } } };
  const value = { a: ['secret'], other: 'x' };
  expect([hasSecrets(schema), partSecrets(schema, value).clean]).toEqual([false, value]);
});

test('no secret is left of any value, of its shape or of another', () => {
  const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(text, secret, { type: 'integer' }),
      fc.record({ items: tie('schema') }),
      fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
      fc.record({ properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema')) }, { requiredKeys: ['properties'] }),
      fc.record({ additionalProperties: tie('schema') }),
    ),
  }));
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.constant('plain'), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'))),
  })).value;
  fc.assert(
    fc.property(schema, value, (one, given) => {
      const { clean, secrets } = partSecrets(one, marked(one, given));
      expect(JSON.stringify(clean)).not.toContain('SECRET');
      expect(secrets.includes('SECRET')).toBe(JSON.stringify(marked(one, given)).includes('SECRET'));
    }),
    { numRuns: 500 },
  );
});

/** The value with SECRET wherever its schema, read in the plainest way, wants a secret text. */
function marked(schema: object, value: unknown): unknown {
  const { anyOf, items, properties, additionalProperties, ...own } = schema as { [keyword: string]: never };
  if ('x-type' in own && typeof value === 'string') return 'SECRET';
  if (anyOf) return (anyOf as object[]).reduce((current: unknown, each) => marked(each, current), value);
  if (items && Array.isArray(value)) return value.map((each) => marked(items, each));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const inner = (properties as Record<string, object> | undefined)?.[name] ?? additionalProperties;
      return [name, inner ? marked(inner, each) : (each as unknown)];
    }),
  );
}
