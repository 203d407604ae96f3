import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/journal/sqlite/database.ts';
import { codeOf, FINISHED, journalIn, journalOver, makeFolder, makeJournal, nextId, openFor, REQUESTED, STARTED } from './fixtures.ts';

test('what was counted is there for every process, until it is removed', async () => {
  const { journal, file } = await makeJournal();
  await journal.commit(async ({ ledger }) => {
    await ledger.put('a/1', 'one');
    await ledger.put('a/2', 'two');
    await ledger.put('b', 'other');
    await ledger.put('a/1', 'first');
  });
  const other = await openFor(file);
  expect(await other.commit(async ({ ledger }) => [await ledger.get('a/1'), await ledger.get('a/3'), await ledger.list('a/')])).toEqual([
    'first',
    undefined,
    [
      { key: 'a/1', value: 'first' },
      { key: 'a/2', value: 'two' },
    ],
  ]);
  await other.commit(({ ledger }) => ledger.remove('a/1'));
  expect(await journal.commit(({ ledger }) => ledger.list(''))).toHaveLength(2);
});

test('what says nothing any more goes, and nothing else', async () => {
  const { journal } = await makeJournal();
  await journal.commit(async ({ ledger }) => {
    await ledger.put('old', '1', 1000);
    await ledger.put('new', '1', 1001);
    await ledger.put('for ever', '1');
    await ledger.prune(1000);
  });
  expect(await journal.commit(async ({ ledger }) => (await ledger.list('')).map(({ key }) => key))).toEqual(['for ever', 'new']);
});

test('a commit is all or nothing: events, counts, and what came before a fault', async () => {
  const { journal } = await makeJournal();
  const run = nextId();
  const spoilt = async (): Promise<void> =>
    journal.commit(async (commit) => {
      await commit.ledger.put('a', '1');
      await commit.append(run, [REQUESTED], 0);
      await commit.append(run, [REQUESTED], 1);
    });
  expect(await codeOf(spoilt)).toBe('TOKA_EVENT_ILLEGAL');
  expect(await codeOf(() => journal.read(run))).toBe('TOKA_RUN_UNKNOWN');
  expect(await codeOf(() => journal.append(run, [STARTED], 0, undefined, undefined, (ledger) => ledger.put('a', '1')))).toBe('TOKA_EVENT_ILLEGAL');
  expect(await journal.commit(({ ledger }) => ledger.get('a'))).toBeUndefined();
  await journal.append(run, [REQUESTED, STARTED, FINISHED], 0, undefined, undefined, (ledger) => ledger.put('a', '2'));
  expect([await journal.commit(({ ledger }) => ledger.get('a')), await journal.verify()]).toMatchObject(['2', { ok: true, events: 3 }]);
});

test('only the commit that says so goes without waiting for the disk, even where it fails', async () => {
  const file = journalIn(makeFolder());
  const db = openDatabase(file);
  const journal = await journalOver(db, file);
  const waits = (): unknown => db.prepare('PRAGMA synchronous').get()?.['synchronous'];
  expect(await journal.commit(waits, { durable: false })).toBe(1);
  const failing = journal.commit(
    () => {
      throw new Error('no');
    },
    { durable: false },
  );
  await expect(failing).rejects.toThrow('no');
  expect([await journal.commit(waits), waits()]).toEqual([2, 2]);
  await journal.close();
});

test('a journal of the first format gets its ledger when it is opened for writing, whoever comes first', async () => {
  const file = journalIn(makeFolder());
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  copyFileSync(join(import.meta.dirname, 'compat/v1/journal.db'), file);
  const version = (): unknown => {
    using db = new DatabaseSync(file, { readOnly: true });
    return db.prepare('PRAGMA user_version').get()?.['user_version'];
  };
  await openFor(file, { readOnly: true });
  expect(version()).toBe(1);
  const [one, two] = [await openFor(file), await openFor(file)];
  await one.commit(({ ledger }) => ledger.put('a', '1'));
  expect([await two.commit(({ ledger }) => ledger.get('a')), version(), (await two.verify()).ok]).toEqual(['1', 3, true]);
});
