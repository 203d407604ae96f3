import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { sqliteStorage } from '../../../src/journal/sqlite/storage.ts';
import { memoryStorage } from '../../../src/journal/memory.ts';
import { backupStorage } from '../../../src/journal/upkeep/backup.ts';
import type { Content } from '../../../src/journal/upkeep/content.ts';
import { restoreStorage } from '../../../src/journal/upkeep/restore.ts';
import { codeOf, journalIn, makeFolder } from '../fixtures.ts';
import { contentIn, opened, recordAll, silent } from './support.ts';

let backup: string;
let saved: Content;
let location: string;

beforeEach(async () => {
  const file = journalIn(makeFolder());
  await recordAll(file);
  backup = join(makeFolder(), 'backup.db');
  const source = await sqliteStorage.open({ location: file, readOnly: true });
  await backupStorage(sqliteStorage, source, backup, silent);
  saved = await contentIn(source);
  await source.close();
  location = journalIn(makeFolder());
});

const restore = async (replace = false) => restoreStorage(backup, { storage: sqliteStorage, location }, { replace, report: silent });
const beside = (): string[] => readdirSync(dirname(location)).filter((name) => /part|restoring/.test(name));

async function contentAt(file: string): Promise<Content> {
  const storage = await sqliteStorage.open({ location: file, readOnly: true });
  try {
    return await contentIn(storage);
  } finally {
    await storage.close();
  }
}

test('a backup is one file for its user alone, and nothing is left beside it', () => {
  expect(readdirSync(dirname(backup))).toEqual(['backup.db']);
});

test('a backup replaces nothing', async () => {
  const source = await opened(memoryStorage, '');
  expect(await codeOf(() => backupStorage(sqliteStorage, source, backup, silent))).toBe('TOKA_STORAGE_TAKEN');
});

test('a backend that writes no backups says so', async () => {
  const source = await opened(memoryStorage, '');
  expect(await codeOf(() => backupStorage(memoryStorage, source, join(makeFolder(), 'one'), silent))).toBe('TOKA_STORAGE_UNSUPPORTED');
});

test('a backup is made while another process writes, of one moment', async () => {
  await recordAll(location);
  const writer = spawn(process.execPath, [join(import.meta.dirname, '../writer.ts'), location, '200'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(writer, 'exit');
  await once(writer.stdout, 'data');
  writer.stdout.resume();
  const source = await opened(sqliteStorage, location, true);
  const counts: number[] = [];
  while (writer.exitCode === null && counts.length < 10) {
    const { events } = await backupStorage(sqliteStorage, source, join(dirname(backup), `${counts.length}.db`), silent);
    counts.push(events);
  }
  expect(await ended).toEqual([0, null]);
  expect(counts.toSorted((a, b) => a - b)).toEqual(counts);
});

test('where nothing is, a restored journal is what was backed up', async () => {
  expect(await restore()).toEqual(saved);
  expect(await contentAt(location)).toEqual(saved);
  expect(beside()).toEqual([]);
});

test('events give way only to a replacing one, and are kept beside', async () => {
  await recordAll(location);
  const before = await contentAt(location);
  expect(await codeOf(() => restore())).toBe('TOKA_STORAGE_TAKEN');
  expect(await contentAt(location)).toEqual(before);
  const { kept = '', ...restored } = await restore(true);
  expect([restored, await contentAt(location), await contentAt(kept)]).toEqual([saved, saved, before]);
  expect(beside()).toEqual([]);
});

test.each<[string, (file: string) => void]>([
  ['a damaged journal', (file) => writeFileSync(file, 'no database at all')],
  ['a damaged journal with a log', (file) => [file, `${file}-wal`].forEach((path) => writeFileSync(path, 'no database at all'))],
])('%s gives way as well', async (_, damage) => {
  await recordAll(location);
  damage(location);
  expect(await codeOf(() => restore())).toBe('TOKA_STORAGE_TAKEN');
  const { kept = '' } = await restore(true);
  expect(await contentAt(location)).toEqual(saved);
  expect(existsSync(kept)).toBe(true);
});

test('a journal that another process has open does not give way', async () => {
  await recordAll(location);
  const holder = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), location], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const before = await contentAt(location);
  expect(await codeOf(() => restore(true))).toBe('STORAGE_UNAVAILABLE');
  expect(await contentAt(location)).toEqual(before);
  const ended = once(holder, 'exit');
  holder.stdin.end();
  await ended;
  await restore(true);
  expect(await contentAt(location)).toEqual(saved);
});

test('a backup of an older format is brought to the present one, and stays as it is', async () => {
  const old = join(dirname(backup), 'old.db');
  copyFileSync(join(import.meta.dirname, '../compat/v1/journal.db'), old);
  const { events } = await restoreStorage(old, { storage: sqliteStorage, location }, { replace: false, report: silent });
  expect((await contentAt(location)).events).toBe(events);
});
