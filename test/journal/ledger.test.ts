import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { SqliteJournal } from '../../src/journal/journal.ts';
import { openDatabase } from '../../src/journal/sqlite.ts';
import { codeOf, FINISHED, journalIn, makeFolder, makeJournal, nextId, openFor, REQUESTED, STARTED } from './fixtures.ts';

test('what was counted is there for every process, until it is removed', () => {
  const { journal, file } = makeJournal();
  journal.commit(({ ledger }) => {
    ledger.put('a/1', 'one');
    ledger.put('a/2', 'two');
    ledger.put('b', 'other');
    ledger.put('a/1', 'first');
  });
  const other = openFor(file);
  expect(other.commit(({ ledger }) => [ledger.get('a/1'), ledger.get('a/3'), ledger.list('a/')])).toEqual([
    'first',
    undefined,
    [
      { key: 'a/1', value: 'first' },
      { key: 'a/2', value: 'two' },
    ],
  ]);
  other.commit(({ ledger }) => ledger.remove('a/1'));
  expect(journal.commit(({ ledger }) => ledger.list(''))).toHaveLength(2);
});

test('what says nothing any more goes, and nothing else', () => {
  const { journal } = makeJournal();
  journal.commit(({ ledger }) => {
    ledger.put('old', '1', 1000);
    ledger.put('new', '1', 1001);
    ledger.put('for ever', '1');
    ledger.prune(1000);
  });
  expect(journal.commit(({ ledger }) => ledger.list('').map(({ key }) => key))).toEqual(['for ever', 'new']);
});

test('a commit is all or nothing: events, counts, and what came before a fault', () => {
  const { journal } = makeJournal();
  const run = nextId();
  const spoilt = (): void =>
    journal.commit((commit) => {
      commit.ledger.put('a', '1');
      commit.append(run, [REQUESTED], 0);
      commit.append(run, [REQUESTED], 1);
    });
  expect(codeOf(spoilt)).toBe('TOKA_EVENT_ILLEGAL');
  expect(codeOf(() => journal.read(run))).toBe('TOKA_RUN_UNKNOWN');
  expect(codeOf(() => journal.append(run, [STARTED], 0, undefined, undefined, (ledger) => ledger.put('a', '1')))).toBe('TOKA_EVENT_ILLEGAL');
  expect(journal.commit(({ ledger }) => ledger.get('a'))).toBeUndefined();
  journal.append(run, [REQUESTED, STARTED, FINISHED], 0, undefined, undefined, (ledger) => ledger.put('a', '2'));
  expect([journal.commit(({ ledger }) => ledger.get('a')), journal.verify()]).toMatchObject(['2', { ok: true, events: 3 }]);
});

test('only the commit that says so goes without waiting for the disk, even where it fails', () => {
  const file = journalIn(makeFolder());
  const db = openDatabase(file);
  const journal = new SqliteJournal(db, file, { now: () => 1 });
  const waits = (): unknown => db.prepare('PRAGMA synchronous').get()?.['synchronous'];
  expect(journal.commit(waits, { durable: false })).toBe(1);
  expect(() =>
    journal.commit(
      () => {
        throw new Error('no');
      },
      { durable: false },
    ),
  ).toThrow('no');
  expect([journal.commit(waits), waits()]).toEqual([2, 2]);
  journal.close();
});

test('a journal of the first format gets its ledger when it is opened for writing, whoever comes first', () => {
  const file = journalIn(makeFolder());
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  copyFileSync(join(import.meta.dirname, 'compat/v1/journal.db'), file);
  const version = (): unknown => {
    using db = new DatabaseSync(file, { readOnly: true });
    return db.prepare('PRAGMA user_version').get()?.['user_version'];
  };
  openFor(file, { readOnly: true });
  expect(version()).toBe(1);
  const [one, two] = [openFor(file), openFor(file)];
  one.commit(({ ledger }) => ledger.put('a', '1'));
  expect([two.commit(({ ledger }) => ledger.get('a')), version(), two.verify().ok]).toEqual(['1', 2, true]);
});
