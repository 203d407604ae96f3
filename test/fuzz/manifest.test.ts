import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { TokaError } from '../../src/errors.ts';
import { parseToolManifest } from '../../src/manifest/load.ts';
import { parseYaml } from '../../src/manifest/yaml.ts';
import { anyCharacter } from '../support/any-character.ts';

const folder = join(import.meta.dirname, '..', 'manifest', 'compat', 'v1');
const seeds = readdirSync(folder)
  .filter((name) => /^[^.]+\.(yaml|json)$/.test(name))
  .map((name) => readFileSync(join(folder, name), 'utf8'));
const runs = Number(process.env['FUZZ_RUNS'] ?? 300);

/** Whatever the text, it is accepted or refused with a coded error whose every problem has a place in the text. */
function holds(text: string): void {
  const lines = text.split('\n').length;
  for (const [code, read] of [
    [
      'TOKA_MANIFEST_INVALID',
      () => parseToolManifest(text, join(folder, 'fuzz.yaml'), { source: 'project', kind: 'project', root: folder }),
    ],
    ['TOKA_CONFIG_INVALID', () => parseConfig(text, join(folder, 'toka.yaml'))],
  ] as const) {
    try {
      expect(JSON.parse(JSON.stringify(read()))).toBeTypeOf('object');
    } catch (error) {
      if (!(error instanceof TokaError)) throw error;
      expect(error.code).toBe(code);
      const problems = error.data?.['problems'] as { line: number; column: number; message: string }[];
      expect(problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }
    }
  }
}

const pieces = [
  '[',
  ']',
  '{',
  '}',
  ':',
  ' ',
  '\n',
  '- ',
  '? ',
  '&a',
  '*a',
  '!!str ',
  '|',
  '>',
  '"',
  "'",
  '#',
  '%',
  '---\n',
  '\t',
  '\r\n',
  '<<: ',
  ',',
  '~',
  '\u0000',
  '\u2028',
  '\ufeff',
  '__proto__',
  'constructor',
  '1e999',
  '0x',
  '.nan',
  '😀',
  '\ud800',
];
const yamlish = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 6 })), { maxLength: 80 })
  .map((parts) => parts.join(''));

test('random text', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: anyCharacter, maxLength: 400 }), yamlish), holds), { numRuns: runs });
});

test('good manifests with pieces cut out, doubled, moved or put in', () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(40),
    put: fc.oneof(yamlish, fc.constantFrom(...seeds)),
  });
  const mutated = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 4 })).map(([seed, edits]) =>
    edits.reduce((text, { at, cut, put }) => {
      const offset = Math.floor(at * text.length);
      return text.slice(0, offset) + put + text.slice(offset + cut);
    }, seed),
  );
  fc.assert(fc.property(mutated, holds), { numRuns: runs });
});

test('good manifests with any value in any place', () => {
  const values = seeds.map((seed) => {
    const parsed = parseYaml(seed);
    return 'value' in parsed ? parsed.value : null;
  });
  const paths = values.flatMap((value, index) => pathsOf(value).map((path) => ({ index, path })));
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 3 }), ({ index, path }, inserted) => {
      holds(JSON.stringify(replace(values[index], path, inserted)));
    }),
    { numRuns: runs },
  );
});

test('every JSON text means what it says', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      fc.pre(!text.includes('__proto__') && !/\d{16}/.test(text));
      const parsed = parseYaml(text);
      expect('value' in parsed ? parsed.value : parsed.problems).toEqual(JSON.parse(text));
    }),
    { numRuns: runs },
  );
});

function pathsOf(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [[], ...keys.flatMap((key) => pathsOf((value as Record<string | number, unknown>)[key]).map((path) => [key, ...path]))];
}

function replace(value: unknown, [key, ...path]: readonly (string | number)[], inserted: unknown): unknown {
  if (key === undefined) return inserted;
  if (Array.isArray(value)) return value.with(key as number, replace(value[key as number], path, inserted));
  const map = value as Record<string, unknown>;
  return { ...map, [key]: replace(map[key], path, inserted) };
}
