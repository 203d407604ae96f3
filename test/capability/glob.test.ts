import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeGlob, glob, isSubset, matches, overlaps } from '../../src/capability/glob.ts';
import { allStrings, globText } from './arbitraries.ts';
import { anyCharacter } from '../support/any-character.ts';

const STRINGS = allStrings(['a', 'b', '/', '*', '?'], 5);
const MORE = { numRuns: 300 };

const PIECES: readonly (readonly [RegExp, string])[] = [
  [/^\/\*\*\//, '/(?:[^]*/)?'],
  [/^\/\*\*$/, '(?:/[^]*)?'],
  [/^\*\*/, '[^]*'],
  [/^\*/, '[^/]*'],
  [/^\?/, '[^/]'],
];

/** The language as the documentation says it, in the words of another engine. */
function asRegExp(text: string): RegExp {
  let source = '';
  let rest = text;
  while (rest !== '') {
    const piece = PIECES.find(([start]) => start.test(rest));
    const [taken = ''] = (piece?.[0] ?? /^\\?[^]/).exec(rest) ?? [];
    source += piece?.[1] ?? quote(taken.at(-1) ?? '');
    rest = rest.slice(taken.length);
  }
  return new RegExp(`^${source}$`);
}

function quote(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function strings(text: string): string[] {
  const pattern = asRegExp(text);
  return STRINGS.filter((each) => pattern.test(each));
}

test.each([
  ['docs/**', 'docs', true],
  ['docs/**', 'docs/a/b.md', true],
  ['docs/**', 'docsx', false],
  ['docs/**', 'docs2/a', false],
  ['/**', '/etc/passwd', true],
  ['a//**', 'a/b', false],
  ['a//**', 'a//b', true],
  ['src/**/x.ts', 'src/x.ts', true],
  ['src/**/x.ts', 'src/a/b/x.ts', true],
  ['src/**/x.ts', 'srcx.ts', false],
  ['*.md', 'a/b.md', false],
  ['?', '/', false],
  ['file-*', 'file-reader', true],
  [String.raw`a\*b`, 'a*b', true],
  [String.raw`a\*b`, 'axb', false],
  ['é?', 'éü', true],
  ['*', '', true],
  ['', '', true],
])('%s matches %s: %s', (pattern, text, expected) => {
  expect(matches(glob(pattern), text)).toBe(expected);
});

describe('the relations are what they mean', () => {
  test('matches agrees with another engine', () => {
    fc.assert(
      fc.property(globText, (text) => {
        const pattern = glob(text);
        const reference = asRegExp(text);
        for (const each of STRINGS) if (matches(pattern, each) !== reference.test(each)) expect.fail(`${text} and "${each}"`);
      }),
      { numRuns: 100 },
    );
  });

  test('isSubset agrees with all short strings', () => {
    fc.assert(
      fc.property(globText, globText, (a, b) => {
        const all = strings(a);
        const outside = all.filter((each) => !asRegExp(b).test(each));
        // What tells two patterns of five pieces apart may be longer than the strings tried; what is found holds both ways.
        if (isSubset(glob(a), glob(b))) expect(outside).toEqual([]);
        else if (a.length + b.length <= 5) expect({ a, b, outside: outside.length > 0 }).toEqual({ a, b, outside: true });
      }),
      MORE,
    );
  });

  test('overlaps agrees with all short strings', () => {
    fc.assert(
      fc.property(globText, globText, (a, b) => {
        const both = strings(a).some((each) => asRegExp(b).test(each));
        if (both) expect({ a, b, overlaps: overlaps(glob(a), glob(b)) }).toEqual({ a, b, overlaps: true });
        else if (a.length + b.length <= 5) expect({ a, b, overlaps: overlaps(glob(a), glob(b)) }).toEqual({ a, b, overlaps: false });
      }),
      MORE,
    );
  });
});

describe('isSubset is a partial order', () => {
  test('reflexive', () => {
    fc.assert(fc.property(globText, (a) => isSubset(glob(a), glob(a))));
  });

  test('transitive', () => {
    fc.assert(
      fc.property(globText, globText, globText, (a, b, c) => {
        if (isSubset(glob(a), glob(b)) && isSubset(glob(b), glob(c)))
          expect([a, b, c, isSubset(glob(a), glob(c))]).toEqual([a, b, c, true]);
      }),
      { numRuns: 2000 },
    );
  });

  test('two that contain each other match the same', () => {
    fc.assert(
      fc.property(globText, globText, (a, b) => {
        if (isSubset(glob(a), glob(b)) && isSubset(glob(b), glob(a))) expect(strings(a)).toEqual(strings(b));
      }),
      { numRuns: 1000 },
    );
  });
});

test('overlaps is symmetric, and a subset that matches anything overlaps', () => {
  fc.assert(
    fc.property(globText, globText, (a, b) => {
      expect(overlaps(glob(a), glob(b))).toBe(overlaps(glob(b), glob(a)));
      if (strings(a).length > 0 && isSubset(glob(a), glob(b))) expect(overlaps(glob(a), glob(b))).toBe(true);
    }),
    MORE,
  );
});

test('an escaped string matches itself and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 40 }), fc.string({ unit: anyCharacter, maxLength: 40 }), (text, other) => {
      expect(matches(glob(escapeGlob(text)), text)).toBe(true);
      expect(matches(glob(escapeGlob(text)), other)).toBe(text === other);
    }),
  );
});

describe('scopes made to take for ever', () => {
  const ones = '?'.repeat(30);
  const stars = 'a*'.repeat(31);

  test('a need is compared with a tree in few steps', () => {
    expect(isSubset(glob(`/p/*a${ones}`), glob('/p/**'))).toBe(true);
    expect(isSubset(glob(`/p/${stars}`), glob('/p/**'))).toBe(true);
    expect(overlaps(glob(`/p/*a${ones}`), glob(`/p/*b${ones.slice(1)}`))).toBe(true);
    expect(overlaps(glob(`*a${ones}`), glob(`*b${ones}/c`))).toBe(false);
  });

  test('what takes too many steps is refused, never granted', () => {
    expect(() => isSubset(glob(`*aa${ones.slice(1)}`), glob(`*a${ones}`))).toThrow(
      expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }),
    );
  });

  test.each([
    { what: 'too long', text: 'a'.repeat(1025) },
    { what: 'with too many wildcards', text: '*a'.repeat(33) },
    { what: 'ending in a backslash', text: 'a\\' },
  ])('one $what is refused', ({ text }) => {
    expect(() => glob(text)).toThrow(expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }));
  });
});
