import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toTokaError } from '../../../src/errors.ts';
import { parseQuery } from '../../../src/journal/search/query.ts';
import { memoryStorage } from '../../../src/journal/memory.ts';
import { sqliteStorage } from '../../../src/journal/sqlite/storage.ts';
import { journalIn, makeFolder } from '../fixtures.ts';
import { anyCharacter } from '../../support/any-character.ts';

test('words, phrases and beginnings are read', () => {
  expect(parseQuery('timeout "exit code 1" depl* "to be"*')).toEqual([
    { text: 'timeout', prefix: false },
    { text: 'exit code 1', prefix: false },
    { text: 'depl*', prefix: true },
    { text: 'to be', prefix: true },
  ]);
});

test('signs that stand alone mean nothing', () => {
  expect(parseQuery('a = b && (c)')).toEqual(['a', 'b', '(c)'].map((text) => ({ text, prefix: false })));
});

test.each(['', '   ', '***', '"!"', '"open', 'x'.repeat(1001), 'x '.repeat(33)])('%j is refused', (text) => {
  expect(() => parseQuery(text)).toThrow(expect.objectContaining({ code: 'TOKA_USAGE' }) as Error);
});

const PIECES = ['"', '*', "'", '(', ')', ' OR ', ' NOT ', ' NEAR(', ':', '^', '+', '-', '{', '}', '\\', '\0', '\u{1f600}', '\ud800', 'words:', '&', '|', '!', '<->', ':*', '%', '_', 'ä', '検', 'one', ' '];

test('no input makes an error but the usage error, and what is accepted is searched', async () => {
  const storage = await sqliteStorage.open({ location: journalIn(makeFolder()) });
  const memory = await memoryStorage.open({ location: '' });
  for (const each of [storage, memory]) {
    await each.transaction(async ({ documents }) => {
      await documents?.put('a', 'one two or near words');
      await documents?.put('b', '検索 ä_one');
    });
  }
  const hostile = fc.oneof(fc.string({ unit: anyCharacter }), fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }).map((pieces) => pieces.join('')));
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      let terms;
      try {
        terms = parseQuery(text);
      } catch (error) {
        expect(toTokaError(error).code).toBe('TOKA_USAGE');
        return;
      }
      const [found, expected] = await Promise.all([storage, memory].map(async (each) => (await each.search(terms, { limit: 9 })).hits.map(({ id }) => id).toSorted()));
      expect(found).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
  await storage.close();
});
