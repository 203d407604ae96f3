import dotenv from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineIndex, parseEnv } from '../../src/env/grammar.ts';
import { anyCharacter } from '../../../../test/support/any-character.ts';

/** Pieces that matter to the grammar, so that random files hit its corners. */
const piece = fc.oneof(
  fc.constantFrom(
    'A',
    'DB_URL',
    'x.y-z',
    '1ST',
    'export ',
    'export\t',
    '=',
    ' = ',
    ': ',
    ':',
    '"',
    "'",
    '`',
    '\\"',
    "\\'",
    '\\n',
    '#',
    ' # ',
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
  ),
  fc.constantFrom('\uFEFF', '\u00a0', '\u2028', '$HOME', '${X}', 'value', 'zwei Wörter', '密', '=='),
  fc.string({ maxLength: 4 }),
);
const assignment = fc
  .tuple(
    fc.constantFrom('A', 'B', 'DB_URL'),
    fc.constantFrom('=', ' = ', ': '),
    fc.constantFrom('', '"', "'", '`'),
    fc.string({ unit: anyCharacter, maxLength: 12 }),
    fc.constantFrom('\n', '\r\n', ' # c\n'),
  )
  .map(([key, separator, quote, value, end]) => `${key}${separator}${quote}${value}${quote}${end}`);
const file = fc.oneof(fc.array(piece, { maxLength: 30 }), fc.array(assignment, { maxLength: 6 })).map((parts) => parts.join(''));

function winners(source: string): Record<string, string> {
  return Object.fromEntries(
    parseEnv(source)
      .entries.filter(({ key }) => key !== '__proto__')
      .map(({ key, value }) => [key, value]),
  );
}

describe('reading an env file', () => {
  it('gives every variable the value that dotenv gives it', () => {
    fc.assert(
      fc.property(file, (source) => {
        expect(winners(source)).toEqual({ ...dotenv.parse(source) });
      }),
      { numRuns: 3000 },
    );
  });

  it('points at name and value in the text', () => {
    fc.assert(
      fc.property(file, (source) => {
        const { text, entries } = parseEnv(source);
        for (const entry of entries) {
          expect(text.slice(entry.keyStart, entry.keyStart + entry.key.length)).toBe(entry.key);
          expect(text.slice(entry.valueStart, entry.end)).toBe(entry.raw);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps a quoted value of several lines whole', () => {
    const { entries } = parseEnv('KEY="-----BEGIN\nabc\n-----END"\nNEXT=1\n');
    expect(entries.map(({ key, value }) => [key, value])).toEqual([
      ['KEY', '-----BEGIN\nabc\n-----END'],
      ['NEXT', '1'],
    ]);
  });

  it('reports each line that is neither assignment, comment nor blank', () => {
    const { text, unreadable } = parseEnv('A=1\n\n# fine\nMY KEY=2\n  just text\n=3\nB=4');
    const place = lineIndex(text);
    expect(unreadable.map(place)).toEqual([
      { line: 4, column: 1 },
      { line: 5, column: 3 },
      { line: 6, column: 1 },
    ]);
  });

  it('needs no more than linear time for many unclosed quotes', () => {
    const source = 'A="b\n'.repeat(20_000);
    expect(parseEnv(source).entries.length).toBeGreaterThan(0);
  });
});
