import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passagesOf } from '../../../src/journal/search/passages.ts';

const shown = (text: string, ...terms: string[]): string[] =>
  passagesOf([{ field: 'stdout', text }], terms.map((term) => ({ text: term, prefix: term.endsWith('*') }))).map((passage) =>
    passage.marks.toReversed().reduce((rest, [start, end]) => `${rest.slice(0, start)}[${rest.slice(start, end)}]${rest.slice(end)}`, passage.text),
  );

test('what was found is marked where it stands', () => {
  expect(shown('The Quick brown fox', 'quick', 'FOX')).toEqual(['The [Quick] brown [fox]']);
  expect(shown('an exit code and an exit', 'exit code')).toEqual(['an [exit code] and an exit']);
  expect(shown('deploy, deployed', 'depl*')).toEqual(['[deploy], [deployed]']);
});

test('terms that overlap are marked once', () => {
  expect(shown('the exit code of it', 'exit code', 'exit', 'code of')).toEqual(['the [exit code of] it']);
});

test('of a long text the place with most of the terms is shown', () => {
  const [passage = ''] = shown(`needle ${'hay '.repeat(100)}needle and thread ${'hay '.repeat(100)}`, 'needle', 'thread');
  expect(passage).toContain('[needle] and [thread]');
  expect(passage.startsWith('…')).toBe(true);
  expect(passage.length).toBeLessThan(180);
});

test('there is none unless every term occurs', () => {
  expect(shown('one two', 'one', 'three')).toEqual([]);
});

test('the section with most of the terms comes first', () => {
  const sections = [{ field: 'tool' as const, text: 'one' }, { field: 'stdout' as const, text: 'one two' }];
  expect(passagesOf(sections, [{ text: 'one' }, { text: 'two' }]).map(({ field }) => field)).toEqual(['stdout', 'tool']);
});

test('marks are in order, apart from one another, and within the passage', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('one', 'two', 'three', '検索', '\u{1f600}', 'x'.repeat(70)), { minLength: 1, maxLength: 120 }), (words) => {
      const text = words.join(' ');
      for (const passage of passagesOf([{ field: 'stdout', text }], [{ text: 'one' }, { text: 'one two' }, { text: 't', prefix: true }])) {
        expect(passage.marks.length).toBeGreaterThan(0);
        for (const [at, [start, end]] of passage.marks.entries()) {
          expect(start).toBeGreaterThanOrEqual(passage.marks[at - 1]?.[1] ?? 0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(passage.text.length);
        }
      }
    }),
  );
});
