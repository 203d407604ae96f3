import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ParameterSchema, Tool } from '../../src/manifest/tool.ts';
import { flagName, OWN_FLAGS, type OwnFlag, readParameters, splitAtName } from '../../src/ui/flags.ts';
import { anyCharacter } from '../support/any-character.ts';

const TYPES = ['string', 'integer', 'number', 'boolean', 'array', 'object'] as const;
const name = fc.constantFrom('title', 'maxBytes', 'max-count', 'x', 'dryRun', 'timeout', 'no-cache', 'allow', 'constructor', 'toString');
const schema = fc.record({ type: fc.constantFrom(...TYPES), position: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }) });
const tool = fc.dictionary(name, schema, { maxKeys: 6 }).map((parameters): Tool => ({
  ...({ name: 'probe', qualified: 'project/probe' } as Tool),
  params: {
    type: 'object',
    required: [],
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(parameters).map(([key, { type, position }]): [string, ParameterSchema] => [
        key,
        {
          type,
          description: 'd',
          ...(type === 'array' ? { items: { type: 'string' } } : {}),
          ...(position === undefined ? {} : { 'x-position': position }),
        },
      ]),
    ),
  },
}));
const word = fc.oneof(
  fc.constantFrom(
    '--',
    '-',
    '-h',
    '--help',
    '--no-',
    '--=',
    '--=x',
    '-5',
    '--json',
    '--param',
    'a=b',
    '=',
    '[',
    '[1]',
    '{',
    '{}',
    '',
    '__proto__=1',
    '--__proto__',
    '--constructor=2',
    '--no-constructor',
  ),
  name.map((each) => `--${flagName(each)}`),
  name.map((each) => `--no-${flagName(each)}`),
  fc.constantFrom(...Object.keys(OWN_FLAGS)).map((each) => `--${each}`),
  fc.string({ unit: anyCharacter, maxLength: 8 }),
);
const CODES = ['TOKA_USAGE', 'TOKA_PARAM_INVALID'];

describe('any words', () => {
  test('after NAME are parameters of the tool, or a coded error', () => {
    fc.assert(
      fc.property(tool, fc.array(word, { maxLength: 8 }), (each, words) => {
        const own = new Map<OwnFlag, string[]>();
        try {
          const params = readParameters(each, words, own);
          const assigned = (own.get('param') ?? []).map((text) => text.slice(0, text.indexOf('=')));
          for (const key of Object.keys(params)) expect([...Object.keys(each.params.properties), ...assigned]).toContain(key);
          expect(Object.getPrototypeOf(params)).toBe(null);
        } catch (error) {
          expect(CODES).toContain((error as { code?: unknown }).code);
        }
        for (const flag of own.keys()) expect(Object.keys(OWN_FLAGS)).toContain(flag);
      }),
      { numRuns: 5000 },
    );
  });

  test('before NAME are toka’s flags, or a coded error; nothing after NAME is looked at', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), fc.array(word, { maxLength: 4 }), (before, after) => {
        try {
          const { name: found, own, rest } = splitAtName([...before, 'probe', ...after]);
          const words = [...before, 'probe', ...after];
          expect(words.slice(words.length - rest.length)).toEqual(rest);
          if (found !== undefined) expect(words[words.length - rest.length - 1]).toBe(found);
          for (const flag of own.keys()) expect(Object.keys(OWN_FLAGS)).toContain(flag);
        } catch (error) {
          expect(CODES).toContain((error as { code?: unknown }).code);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

test('what is written as a flag is read back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: anyCharacter, maxLength: 20 }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      (text, integer, number, flag) => {
        const properties = { text: 'string', integer: 'integer', number: 'number', flag: 'boolean' } as const;
        const probe = {
          name: 'probe',
          params: { properties: Object.fromEntries(Object.entries(properties).map(([key, type]) => [key, { type, description: 'd' }])) },
        } as unknown as Tool;
        const words = [`--text=${text}`, '--integer', String(integer), '--number', String(number), flag ? '--flag' : '--no-flag'];
        expect(readParameters(probe, words, new Map())).toEqual({
          text,
          integer,
          number: number === 0 ? (expect.closeTo(0) as number) : number,
          flag,
        });
      },
    ),
  );
});
