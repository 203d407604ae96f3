import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openDatabase, requireSqlite } from '../../src/journal/sqlite/database.ts';
import { SqliteDriver } from '../../src/journal/sqlite/driver.ts';
import { codeOf, journalIn, journalOver, makeFolder, makeJournal, nextId, openFor, WHOLE_RUN } from './fixtures.ts';

/** A closed journal with a few runs, in one file. */
async function makeClosed(): Promise<string> {
  const { journal, file } = await makeJournal();
  for (let count = 0; count < 20; count++) await journal.append(nextId(), WHOLE_RUN, 0);
  await journal.close();
  return file;
}

function change(file: string, sql: string): void {
  const db = new DatabaseSync(file, { defensive: false });
  db.exec(sql);
  db.close();
}

test('a file is compacted as a whole, or it is told that its log still holds what was removed', async () => {
  const file = await makeClosed();
  const [reading, writing] = [new DatabaseSync(file), openDatabase(file, { busyMs: 50 })];
  reading.exec('BEGIN; SELECT count(*) FROM events');
  const driver = new SqliteDriver(writing, file);
  expect(await codeOf(() => driver.compact())).toBe('STORAGE_UNAVAILABLE');
  reading.close();
  await driver.compact();
  expect(statSync(`${file}-wal`).size).toBe(0);
  await driver.close();
});

test('every connection writes durably, with the safe settings', async () => {
  const file = await makeClosed();
  for (const readOnly of [false, true]) {
    const db = openDatabase(file, { readOnly });
    const pragma = (name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(['synchronous', 'journal_mode', 'trusted_schema', 'cell_size_check', 'busy_timeout'].map(pragma)).toEqual([
      2,
      'wal',
      0,
      1,
      30_000,
    ]);
    expect(() => db.exec('PRAGMA writable_schema = ON; DELETE FROM sqlite_schema')).toThrow();
    db.close();
  }
});

test('a long log is emptied by whoever opens the journal to write, and a short one is left', async () => {
  const { journal, file } = await makeJournal();
  const observer = new DatabaseSync(file);
  const log = (): { log: number; checkpointed: number } => observer.prepare('PRAGMA wal_checkpoint(NOOP)').get() as { log: number; checkpointed: number };
  await journal.append(nextId(), WHOLE_RUN, 0);
  openDatabase(file).close();
  expect(log()).toMatchObject({ checkpointed: 0 });
  while (log().log <= 100) await journal.append(nextId(), WHOLE_RUN, 0);
  openDatabase(file).close();
  expect(log().checkpointed).toBe(log().log);
  observer.close();
  await journal.close();
});

test('SQLite with the WAL-reset bug is refused', async () => {
  for (const version of ['3.51.2', '3.9.0', '2.99.99', undefined])
    expect(await codeOf(() => requireSqlite(version))).toBe('TOKA_RUNTIME_UNAVAILABLE');
  for (const version of ['3.51.3', '3.53.4', '4.0.0', '3.100.0']) expect(await codeOf(() => requireSqlite(version))).toBeUndefined();
});

describe('a file that is no journal is refused, stays as it is, and the journal works again once it is moved aside', () => {
  test.each<[string, (file: string) => void]>([
    ['empty', (file) => truncateSync(file, 0)],
    ['cut in its first page', (file) => truncateSync(file, 1000)],
    ['text', (file) => writeFileSync(file, 'not a database\n'.repeat(1000))],
    ['zeros', (file) => writeFileSync(file, Buffer.alloc(8192))],
    [
      "another program's database",
      (file) => {
        rmSync(file);
        change(file, 'CREATE TABLE events (x)');
      },
    ],
    ['with a trigger', (file) => change(file, 'CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM log; END')],
    ['with a view', (file) => change(file, 'CREATE VIEW evil AS SELECT * FROM log')],
    ['with a further index', (file) => change(file, 'CREATE INDEX evil ON events (abs(time))')],
    [
      'with a view in the place of a table',
      (file) => change(file, 'DROP TABLE log; CREATE VIEW log AS SELECT position, hash AS nodes FROM events'),
    ],
    ['with a column more', (file) => change(file, 'ALTER TABLE events ADD COLUMN evil TEXT')],
    ['without an index', (file) => change(file, 'DROP INDEX events_key')],
  ])('%s', async (_, damage) => {
    const file = await makeClosed();
    damage(file);
    const before = readFileSync(file);
    expect(await codeOf(() => openFor(file))).toBe('TOKA_INTEGRITY');
    expect(await codeOf(() => openFor(file, { readOnly: true }))).toBe('TOKA_INTEGRITY');
    expect(readFileSync(file).equals(before)).toBe(true);
    renameSync(file, `${file}.damaged`);
    await (await openFor(file)).append(nextId(), WHOLE_RUN, 0);
  });
});

test('a file whose end is cut off is found out, and not overwritten by readers', async () => {
  const file = await makeClosed();
  truncateSync(file, 4096 * 3);
  const before = readFileSync(file);
  expect(await codeOf(async () => (await openFor(file, { readOnly: true })).verify())).toBe('TOKA_INTEGRITY');
  expect(await codeOf(async () => (await openFor(file)).append(nextId(), WHOLE_RUN, 0))).toBe('TOKA_INTEGRITY');
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a folder in the place of the file is refused', async () => {
  const file = journalIn(makeFolder());
  mkdirSync(file, { recursive: true });
  expect(await codeOf(() => openFor(file))).toBe('TOKA_STATE_UNAVAILABLE');
});

test('a file in the place of the state folder is refused', async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, '.toka'), '');
  expect(await codeOf(() => openFor(journalIn(folder)))).toBe('TOKA_STATE_UNAVAILABLE');
});

test('a log without its file is refused, since a new journal would take it for its own', async () => {
  const { journal, file } = await makeJournal();
  await journal.append(nextId(), WHOLE_RUN, 0);
  const copy = journalIn(makeFolder());
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(`${file}-wal`, `${copy}-wal`);
  expect(await codeOf(() => openFor(copy))).toBe('TOKA_INTEGRITY');
  expect(readdirSync(dirname(copy))).toEqual(['journal.db-wal']);
});

test('a journal of a newer toka is refused and says to update', async () => {
  const file = await makeClosed();
  change(file, 'PRAGMA user_version = 99');
  expect(await codeOf(() => openFor(file))).toBe('TOKA_STATE_UNAVAILABLE');
  expect(await codeOf(() => openFor(file, { readOnly: true }))).toBe('TOKA_STATE_UNAVAILABLE');
});

describe('a symlink is refused', () => {
  test.each(['journal.db', 'journal.db-wal', 'journal.db-shm'])('in the place of %s', async (name) => {
    const folder = makeFolder();
    const target = join(folder, 'precious');
    writeFileSync(target, 'precious');
    const file = journalIn(folder);
    await (await openFor(file)).close();
    rmSync(join(dirname(file), name), { force: true });
    symlinkSync(target, join(dirname(file), name));
    expect(await codeOf(() => openFor(file))).toBe('TOKA_STATE_UNAVAILABLE');
    expect(await codeOf(() => openFor(file, { readOnly: true }))).toBe('TOKA_STATE_UNAVAILABLE');
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  test.each(['.toka', '.toka/state'])('in the place of %s', async (name) => {
    const folder = makeFolder();
    const elsewhere = makeFolder();
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    symlinkSync(elsewhere, join(folder, name));
    expect(await codeOf(() => openFor(journalIn(folder), { root: folder }))).toBe('TOKA_STATE_UNAVAILABLE');
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

test('a project that is itself reached through a symlink works', async () => {
  const folder = makeFolder();
  const link = join(makeFolder(), 'link');
  symlinkSync(folder, link);
  const run = nextId();
  await (await openFor(journalIn(link), { root: link })).append(run, WHOLE_RUN, 0);
  expect(await (await openFor(journalIn(folder))).read(run)).toHaveLength(4);
});

test.runIf(process.geteuid?.() === 0)("someone else's folder or file is refused (needs root to make one)", async () => {
  const file = await makeClosed();
  chownSync(file, 12_345, 12_345);
  expect(await codeOf(() => openFor(file))).toBe('TOKA_STATE_UNAVAILABLE');
  chownSync(file, 0, 0);
  chownSync(dirname(file), 12_345, 12_345);
  expect(await codeOf(() => openFor(file))).toBe('TOKA_STATE_UNAVAILABLE');
});

test.skipIf(process.platform === 'win32')('permissions that are too wide are narrowed by a writer and left alone by a reader', async () => {
  const file = await makeClosed();
  chmodSync(file, 0o644);
  chmodSync(dirname(file), 0o755);
  await (await openFor(file, { readOnly: true })).close();
  expect(statSync(file).mode & 0o777).toBe(0o644);
  await (await openFor(file)).close();
  expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
});

test('a path with signs that mean something in a URL is taken literally', async () => {
  const folder = join(makeFolder(), 'a?b#c%20d é');
  mkdirSync(folder);
  await (await openFor(journalIn(folder))).append(nextId(), WHOLE_RUN, 0);
  expect(readdirSync(join(folder, '.toka', 'state'))).toContain('journal.db');
});

test('a lock that is not released gives a coded error, and the next append works once it is', async () => {
  const { file } = await makeJournal();
  const journal = await journalOver(openDatabase(file, { busyMs: 20 }), file);
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const run = nextId();
  expect(await codeOf(() => journal.append(run, WHOLE_RUN, 0))).toBe('TOKA_STATE_UNAVAILABLE');
  other.exec('ROLLBACK');
  other.close();
  await journal.append(run, WHOLE_RUN, 0);
  await journal.close();
});
