import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ranking } from '../../../src/registry/search/rank.ts';
import { termsOf } from '../../../src/registry/search/terms.ts';
import { toolTerms } from '../../../src/registry/search/tool-terms.ts';
import { TEAM_QUESTIONS, TEAM_TOOLS } from './own-set.ts';

const ranking = new Ranking(TEAM_TOOLS.map((tool) => ({ item: tool.name, terms: toolTerms(tool) })));

function found(query: string, limit = 3): string[] {
  return ranking.search(query, limit).map(({ item }) => item);
}

test.each([
  ['readHTTPResponse2 snake_case kebab-case', ['read', 'http', 'response2', 'snak', 'cas', 'kebab', 'cas']],
  ['The searches, searching; searched: a search?', ['search', 'search', 'search', 'search']],
  ['queries planned classes status', ['queri', 'plan', 'class', 'status']],
  ['日本 Ünïcode', ['日', '本', 'ünïcode']],
  ['what is it for?', []],
])('the terms of %j', (text, terms) => {
  expect(termsOf(text)).toEqual(terms);
});

test.each(TEAM_QUESTIONS)('%j is among the first three', (question, name) => {
  expect(found(question)).toContain(name);
});

test('the best comes first for nine of ten questions', () => {
  const right = TEAM_QUESTIONS.filter(([question, name]) => found(question, 1)[0] === name);
  expect(right.length / TEAM_QUESTIONS.length).toBeGreaterThanOrEqual(0.9);
});

describe('a score', () => {
  test('is higher the more of the question is met', () => {
    const [score = 0, less = 1] = ['broken links', 'broken links in the xylophone'].map((query) => ranking.search(query, 1)[0]?.score);
    expect(score).toBeGreaterThan(less);
  });

  test('lies between 0 and 1, and no score is higher than the one before it, whatever is asked', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('file', 'the', 'list', 'dat', 'xyz', '"', '*'), { maxLength: 12 }).map((words) => words.join(' '))), (query) => {
        const scores = ranking.search(query, 30).map(({ score }) => score);
        expect(scores.every((score) => score > 0 && score <= 1)).toBe(true);
        expect(scores).toEqual(scores.toSorted((one, other) => other - one));
      }),
    );
  });
});

test('the beginning of a word finds it, where no word is the beginning itself', () => {
  expect(found('resiz')).toEqual(['imageResizer']);
  expect(found('chec', 2)).toContain('checksum');
});

test('a part that holds all that is met ranks as the whole does', () => {
  const entries = TEAM_TOOLS.map((tool) => ({ item: tool.name, terms: toolTerms(tool) }));
  const whole = { entries: entries.length, terms: entries.flatMap(({ terms }) => terms).length };
  const [query] = ['list the files of a folder'];
  const part = entries.filter(({ terms }) => termsOf(query).some((term) => terms.includes(term)));
  expect(part.length).toBeLessThan(entries.length);
  expect(new Ranking(part, whole).search(query, 5)).toEqual(ranking.search(query, 5));
});
