import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { sqliteStorage } from '../../../src/journal/sqlite/storage.ts';
import { translate } from '../../../src/journal/failures.ts';
import { type Examined, examine } from '../../../src/journal/upkeep/examine.ts';
import { backupStorage } from '../../../src/journal/upkeep/backup.ts';
import { copyStorage } from '../../../src/journal/upkeep/copy.ts';
import { restoreStorage } from '../../../src/journal/upkeep/restore.ts';
import { memoryStorage } from '../../../src/journal/memory.ts';
import { journalIn, makeFolder } from '../fixtures.ts';
import { tamper } from '../tamper.ts';
import { contentIn, opened, recordAll, silent } from './support.ts';

const PAGE = 4096;

/** What is found out about a file: the code of the error, or what examining it gives. */
async function lookAt(file: string): Promise<string | Examined> {
  try {
    const storage = await sqliteStorage.open({ location: file, readOnly: true });
    try {
      return await examine(storage, file, { keys: [], kept: [] });
    } finally {
      await storage.close();
    }
  } catch (error) {
    return (translate(error, file) as { code: string }).code;
  }
}

async function codeOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (translate(error, 'here') as { code?: unknown }).code;
  }
  return undefined;
}

/** A journal in one file, without a log. */
async function wholeFile(): Promise<string> {
  const file = journalIn(makeFolder());
  await recordAll(file, undefined, 20);
  tamper(file, (db) => db.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
  return file;
}

test('a byte that is flipped in any page is found, or is one that nothing uses', { timeout: 120_000 }, async () => {
  const file = await wholeFile();
  const whole = readFileSync(file);
  const pages = whole.length / PAGE;
  const storage = await sqliteStorage.open({ location: file, readOnly: true });
  const before = await contentIn(storage);
  await storage.close();
  const other = journalIn(makeFolder());
  mkdirSync(dirname(other), { recursive: true, mode: 0o700 });
  let found = 0;
  for (let page = 0; page < pages; page++) {
    for (const at of [0, 3, 7, 300, 1200, 2500, PAGE - 90, PAGE - 1]) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(page * PAGE + at) ^ 0x41, page * PAGE + at);
      writeFileSync(other, bytes);
      const seen = await lookAt(other);
      if (typeof seen === 'string' || !seen.ok) {
        found += 1;
        if (typeof seen === 'string') expect(['TOKA_INTEGRITY', 'TOKA_STATE_UNAVAILABLE']).toContain(seen);
        continue;
      }
      // The ledger proves nothing, and nothing proves it: it is left out of what has to be the same.
      const damaged = await sqliteStorage.open({ location: other, readOnly: true });
      const after = await contentIn(damaged);
      await damaged.close();
      expect({ page, at, events: after.events, root: after.root, states: after.states }).toEqual({ page, at, events: before.events, root: before.root, states: before.states });
    }
  }
  expect(found).toBeGreaterThan(pages);
});

test('what of a log was cut off was never there; what is left of it is in order', async () => {
  const file = await wholeFile();
  const writer = await sqliteStorage.open({ location: file });
  const copy = journalIn(makeFolder());
  mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
  await recordAll(file);
  const log = readFileSync(`${file}-wal`);
  const whole = readFileSync(file);
  await writer.close();
  const events = new Set<number>();
  for (const length of [0, 16, 32, 1000, 5000, Math.floor(log.length / 2), log.length - 1, log.length]) {
    writeFileSync(copy, whole);
    writeFileSync(`${copy}-wal`, log.subarray(0, length));
    const seen = await lookAt(copy);
    if (typeof seen === 'string' || !seen.ok) expect(seen).toBe('TOKA_INTEGRITY');
    else events.add(seen.record?.events ?? -1);
  }
  expect([Math.min(...events), Math.max(...events)]).toEqual([86, 104]);
});

test('a file that is cut off is damaged', async () => {
  const file = await wholeFile();
  truncateSync(file, statSync(file).size - 2 * PAGE);
  const seen = await lookAt(file);
  expect(typeof seen === 'string' ? seen : seen.ok).toBe(typeof seen === 'string' ? 'TOKA_INTEGRITY' : false);
});

test('one of a newer version is neither looked into nor changed', async () => {
  const file = await wholeFile();
  tamper(file, (db) => db.exec('PRAGMA user_version = 99'));
  const before = readFileSync(file);
  expect(await lookAt(file)).toBe('TOKA_STATE_UNAVAILABLE');
  const target = { storage: sqliteStorage, location: journalIn(makeFolder()) };
  expect(await codeOf(() => restoreStorage(file, target, { replace: false, report: silent }))).toBe('TOKA_STATE_UNAVAILABLE');
  expect(readFileSync(file)).toEqual(before);
});

test('the structure and the record are told apart', async () => {
  const file = await wholeFile();
  tamper(file, (db) => db.exec("UPDATE events SET body = replace(body, 'files/', 'other/') WHERE position = 1"));
  expect(await lookAt(file)).toMatchObject({ ok: false, structure: { checked: true }, record: { ok: false, findings: [{ why: 'changed', position: 1 }] } });
  // Rows that the index leaves out.
  const other = await wholeFile();
  const db = new DatabaseSync(other, { defensive: false });
  db.exec("PRAGMA writable_schema = ON; CREATE TEMP TABLE kept AS SELECT * FROM sqlite_schema; UPDATE sqlite_schema SET sql = replace(sql, ',\n  UNIQUE (run, seq)', '') WHERE name = 'events'; DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_events_1'");
  db.close();
  expect(await lookAt(other)).toBe('TOKA_INTEGRITY');
});

test('a backend without a check of its own says so', async () => {
  const storage = await opened(memoryStorage, '');
  const file = await wholeFile();
  await copyStorage(await opened(sqliteStorage, file, true), storage, silent);
  expect(await examine(storage, 'memory', { keys: [], kept: [] })).toMatchObject({ ok: true, structure: { checked: false }, record: { ok: true, events: 86 } });
});

test('a damaged journal is not backed up, and leaves nothing', async () => {
  const file = await wholeFile();
  tamper(file, (db) => db.exec('DELETE FROM events WHERE position = 3'));
  const place = join(makeFolder(), 'backup.db');
  expect(await codeOf(async () => backupStorage(sqliteStorage, await opened(sqliteStorage, file, true), place, silent))).toBe('TOKA_INTEGRITY');
  expect(existsSync(place)).toBe(false);
});

test('a backup that is damaged restores nothing, and what is there stays', async () => {
  const file = await wholeFile();
  const backup = join(makeFolder(), 'backup.db');
  copyFileSync(file, backup);
  tamper(backup, (db) => db.exec('DELETE FROM events WHERE position = 3'));
  const before = readFileSync(file);
  const to = { storage: sqliteStorage, location: file };
  expect(await codeOf(() => restoreStorage(backup, to, { replace: true, report: silent }))).toBe('TOKA_INTEGRITY');
  expect(readFileSync(file)).toEqual(before);
  appendFileSync(backup, 'x');
  writeFileSync(backup, 'no database');
  expect(await codeOf(() => restoreStorage(backup, to, { replace: true, report: silent }))).toBe('TOKA_INTEGRITY');
});
