import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileValidator } from '../../src/registry/compile-validator.ts';
import { matchesPlainly } from '../../src/registry/plain.ts';

function isValid(schema: Readonly<Record<string, unknown>>, value: unknown): boolean {
  const module = { exports: {} as { default: (value: unknown) => boolean } };
  // oxlint-disable-next-line typescript/no-implied-eval -- as the registry runs it
  (new Function('module', 'exports', compileValidator(schema)) as (module: object, exports: object) => void)(module, module.exports);
  return module.exports.default(value);
}

const NAMES = ['a', 'b', 'length', 'size'];
const name = fc.constantFrom(...NAMES);
const bound = fc.integer({ min: -2, max: 4 });
const scalar = fc.oneof(fc.constantFrom('', 'a', 'ab', '🙂🙂', 'length'), fc.integer({ min: -3, max: 5 }), fc.constantFrom(0.5, 1e300), fc.boolean(), fc.constant(null));
const { schema, value } = fc.letrec<{ schema: Record<string, unknown>; value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(name, tie('value'), { maxKeys: 3 })),
  schema: fc
    .uniqueArray(
      fc.oneof<fc.Arbitrary<[string, unknown]>[]>(
        ...Object.entries({
          type: fc.constantFrom('object', 'array', 'string', 'integer', 'number', 'boolean', 'null'),
          const: scalar,
          enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }),
          minimum: bound,
          maximum: bound,
          exclusiveMinimum: bound,
          minLength: fc.nat(3),
          maxLength: fc.nat(3),
          pattern: fc.constantFrom('a', '^b'),
          minItems: fc.nat(2),
          maxItems: fc.nat(2),
          uniqueItems: fc.boolean(),
          items: fc.oneof({ maxDepth: 2 }, fc.boolean(), tie('schema')),
          required: fc.uniqueArray(name, { maxLength: 2 }),
          properties: fc.dictionary(name, tie('schema'), { maxKeys: 2 }),
          patternProperties: fc.dictionary(fc.constantFrom('^a', 'b'), tie('schema'), { maxKeys: 1 }),
          additionalProperties: fc.boolean(),
          description: fc.constant('a text'),
        }).map(([keyword, wanted]) => fc.tuple(fc.constant(keyword), wanted as fc.Arbitrary<unknown>)),
      ),
      { maxLength: 4, selector: ([keyword]) => keyword },
    )
    .map((keywords) => Object.fromEntries(keywords)),
}));

test('what matches plainly is valid, whatever the schema', () => {
  let matched = 0;
  fc.assert(
    fc.property(schema, value, (asked, given) => {
      if (!matchesPlainly(asked, given)) return;
      matched += 1;
      expect(isValid(asked, given)).toBe(true);
    }),
    { numRuns: 3000 },
  );
  expect(matched).toBeGreaterThan(100);
});

const PARAMETERS = {
  type: 'object',
  properties: {
    path: { type: 'string', description: 'Where', minLength: 1, 'x-type': 'path' },
    limit: { type: 'integer', default: 10, minimum: 0, maximum: 1000 },
    format: { type: 'string', enum: ['text', 'json'] },
    names: { type: 'array', items: { type: 'string' } },
    deep: { type: 'boolean' },
  },
  required: ['path'],
  additionalProperties: false,
};

test('the parameters that most tools have are known to match', () => {
  expect(matchesPlainly(PARAMETERS, { path: 'docs', limit: 3, format: 'json', names: ['a'], deep: true })).toBe(true);
});

test.each([
  ['one is missing', { limit: 3 }],
  ['one is of another type', { path: 1 }],
  ['one is too small', { path: 'docs', limit: -1 }],
  ['one is none of those', { path: 'docs', format: 'xml' }],
  ['one is not known', { path: 'docs', other: 1 }],
  ['one of a list is of another type', { path: 'docs', names: [1] }],
  ['one is empty', { path: '' }],
  ['it is a list', []],
])('parameters do not match plainly where %s', (_, params) => {
  expect(matchesPlainly(PARAMETERS, params)).toBe(false);
});

test.each([
  ['holes in a list', { type: 'array', items: { type: 'number' } }, Object.assign([] as unknown[], { 1: 1 })],
  ['what is required and undefined', { type: 'object', required: ['a'] }, { a: undefined }],
  ['a number that is none', { enum: [NaN] }, NaN],
])('nothing that a validator might refuse matches plainly: %s', (_, asked, given) => {
  expect(matchesPlainly(asked, given)).toBe(false);
});

test.each([
  ['a bound', { type: 'string', minLength: -1 }],
  ['a bound of what is absent', { type: 'object', properties: { a: { type: 'number', minimum: 'x' } } }],
  ['names twice', { type: 'object', required: ['a', 'a'] }],
  ['a title', { type: 'string', title: 5 }],
  ['values twice', { enum: ['a', 'a'] }],
  ['a reference', { type: 'object', properties: { a: { $ref: '#/nowhere' } } }],
])('nothing matches a schema that is not valid: %s', (_, asked) => {
  for (const given of ['a', {}, { a: 'a' }]) expect(matchesPlainly(asked, given)).toBe(false);
});

test.each([
  ['a keyword that is not known here', { type: 'string', pattern: 'a' }],
  ['a schema that is none', 'string'],
  ['a keyword named like a member of every object', { type: 'string', constructor: {} }],
  ['a type named like one', { type: 'toString' }],
])('nothing matches plainly with %s', (_, asked) => {
  expect(matchesPlainly(asked, 'a')).toBe(false);
});
