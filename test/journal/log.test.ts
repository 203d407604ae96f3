import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { leafHash, type Link } from '../../src/journal/chain.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { appendLeaf, EMPTY_RANGE, rootByInclusion, rootOf } from '../../src/journal/merkle.ts';
import { codeOf, FINISHED, journalIn, makeFolder, makeJournal, nextId, openFor, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';

const WRITER = join(import.meta.dirname, 'writer.ts');

/** The root over all events of a file, from the events alone. */
function rootIn(file: string): { size: number; root: Buffer } {
  const db = new DatabaseSync(file, { readOnly: true });
  const links = db.prepare('SELECT run, seq, time, body FROM events ORDER BY position').all() as unknown as Link[];
  db.close();
  const range = links.reduce((grown, link) => appendLeaf(grown, leafHash(link)).range, EMPTY_RANGE);
  return { size: links.length, root: Buffer.from(rootOf(range)) };
}

async function treeOf(journal: Journal): Promise<{ size: number; root: Buffer }> {
  return journal.consult(async (log) => {
    const { size, root } = await log.tree(await log.size());
    return { size, root: Buffer.from(root) };
  });
}

/** A journal of format 1, which has no log. */
function oldJournal(): string {
  const file = journalIn(makeFolder());
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  copyFileSync(join(import.meta.dirname, 'compat', 'v1', 'journal.db'), file);
  return file;
}

test('every event is a leaf, in the order in which all were recorded', async () => {
  const { journal, file } = await makeJournal();
  const [a, b] = [nextId(), nextId()];
  await journal.append(a, [REQUESTED, STARTED], 0);
  await journal.append(b, WHOLE_RUN, 0);
  await journal.append(a, [FINISHED], 2);
  expect(await treeOf(journal)).toEqual(rootIn(file));
  expect(await journal.consult(async (log) => (await log.entries(a)).map(({ position, seq }) => [position, seq]))).toEqual([[1, 1], [2, 2], [7, 3]]);
});

test('each event is provable in each tree that covers it', async () => {
  const { journal } = await makeJournal();
  for (let count = 0; count < 4; count++) await journal.append(nextId(), WHOLE_RUN, 0);
  await journal.consult(async (log) => {
    for (let size = 1; size <= 16; size++) {
      for (let position = 1; position <= size; position++) {
        const leaf = leafHash(await log.entry(position) as Link);
        const found = rootByInclusion(leaf, position - 1, size, await log.inclusion(position, size));
        expect(Buffer.from(found ?? []).equals((await log.tree(size)).root)).toBe(true);
      }
    }
  });
});

test('an append that is taken back leaves the log as it was, also when others go on at the same place', async () => {
  const { journal, file } = await makeJournal();
  await journal.append(nextId(), WHOLE_RUN, 0);
  expect(await codeOf(() => journal.append(nextId(), [REQUESTED, STARTED, STARTED], 0))).toBe('TOKA_EVENT_ILLEGAL');
  const other = await openFor(file);
  await other.append(nextId(), [REQUESTED, STARTED], 0);
  await journal.append(nextId(), WHOLE_RUN, 0);
  await other.append(nextId(), WHOLE_RUN, 0);
  expect(await treeOf(journal)).toEqual(rootIn(file));
});

test('the origin of a log is its first event, so that no two have the same', async () => {
  const journals = [(await makeJournal()).journal, (await makeJournal()).journal];
  const origins = await Promise.all(
    journals.map(async (journal) => {
      await journal.append(nextId(), WHOLE_RUN, 0);
      return journal.consult(async (log) => [(await log.tree(1)).origin, (await log.tree(4)).origin]);
    }),
  );
  expect(new Set(origins.flat()).size).toBe(2);
  expect(origins[0]?.[0]).toMatch(/^toka\/journal\/[0-9a-f]{32}$/);
});

test('a tree that is not there is refused', async () => {
  const { journal } = await makeJournal();
  expect(await codeOf(() => journal.consult((log) => log.tree(1)))).toBe('TOKA_INTEGRITY');
  expect(await codeOf(() => journal.checkpoint({ publicKey: Buffer.alloc(32), sign: () => Buffer.alloc(64) }))).toBe('TOKA_STATE_UNAVAILABLE');
});

test('a journal of format 1 gets its log when it is opened for writing, and is read as if it had one until then', async () => {
  const file = oldJournal();
  const reader = await openFor(file, { readOnly: true });
  expect(await reader.verify()).toMatchObject({ ok: true, root: rootIn(file).root.toString('hex') });
  expect(await treeOf(reader)).toEqual(rootIn(file));
  await reader.close();
  const journal = await openFor(file);
  expect(await treeOf(journal)).toEqual(rootIn(file));
  await journal.append(nextId(), WHOLE_RUN, 0);
  expect(await treeOf(journal)).toEqual(rootIn(file));
  expect((await journal.verify()).ok).toBe(true);
});

test('what was wrong in a journal of format 1 is still found after it got its log', async () => {
  const file = oldJournal();
  const db = new DatabaseSync(file);
  db.exec('UPDATE events SET time = time + 1 WHERE position = 2');
  db.close();
  const reader = await openFor(file, { readOnly: true });
  expect((await reader.verify()).findings).toMatchObject([{ why: 'changed', position: 2, field: 'hash' }]);
  await reader.close();
  expect((await (await openFor(file)).verify()).findings).toMatchObject([{ why: 'changed', position: 2, field: 'hash' }]);
});

test('a journal of format 1 that lacks an event gets no log', async () => {
  const file = oldJournal();
  const db = new DatabaseSync(file);
  db.exec('DELETE FROM events WHERE position = 3');
  db.close();
  expect(await codeOf(() => openFor(file))).toBe('TOKA_INTEGRITY');
  expect((await (await openFor(file, { readOnly: true })).verify()).ok).toBe(false);
});

test('eight processes that open a journal of format 1 at once upgrade it once, and all their events are in the log', { timeout: 60_000 }, async () => {
  const file = oldJournal();
  const writers = Array.from({ length: 8 }, () => spawn(process.execPath, [WRITER, file, '10'], { stdio: ['ignore', 'ignore', 'inherit'] }));
  const ends = await Promise.all(writers.map(async (child) => (await once(child, 'close'))[0] as number));
  expect(ends).toEqual(writers.map(() => 0));
  const journal = await openFor(file);
  expect(await journal.verify()).toMatchObject({ ok: true, events: 8 * 10 * 5 + 10 });
  expect(await treeOf(journal)).toEqual(rootIn(file));
});
