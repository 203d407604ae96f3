import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageBackend } from '@toka/sdk';
import { createIds, systemClock, systemRandom } from '../../../src/journal/ids.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import { sqliteStorage } from '../../../src/journal/sqlite/storage.ts';
import { backupStorage } from '../../../src/journal/upkeep/backup.ts';
import { copyStorage } from '../../../src/journal/upkeep/copy.ts';
import { examine } from '../../../src/journal/upkeep/examine.ts';
import { restoreStorage } from '../../../src/journal/upkeep/restore.ts';
import { compactStorage } from '../../../src/journal/upkeep/tidy.ts';
import { WHOLE_RUN } from '../events.ts';

// Runs in a mount namespace of its own, with a small file system that it fills and makes read-only; prints what it saw as JSON.
const [small = '', wide = ''] = process.argv.slice(2);
const source = join(wide, 'state', 'journal.db');
const backup = join(wide, 'backup.db');
const target = join(small, 'target', 'journal.db');
const present = join(small, 'present', 'journal.db');
const ballast = join(small, 'ballast');
const nextId = createIds(systemClock, systemRandom);
const seen: Record<string, unknown> = {};
const silent = (): void => {};

async function record(file: string, runs: number): Promise<void> {
  const journal = await openJournal(file, { clock: systemClock });
  await journal.commit(async (commit) => {
    for (let run = 0; run < runs; run++) await commit.append(nextId(), WHOLE_RUN, 0);
  });
  await journal.close();
}

async function codeOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'done';
}

async function withOpen<T>(location: string, readOnly: boolean, work: (storage: StorageBackend) => Promise<T>): Promise<T> {
  const storage = await sqliteStorage.open({ location, readOnly });
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

const copy = (): Promise<unknown> => withOpen(source, true, (from) => withOpen(target, false, (to) => copyStorage(from, to, silent)));
const write = (from: string, place: string): Promise<unknown> => withOpen(from, true, (storage) => backupStorage(sqliteStorage, storage, place, silent));
const restore = (): Promise<unknown> => restoreStorage(backup, { storage: sqliteStorage, location: present }, { replace: true, report: silent });
const events = (location: string): Promise<number> => withOpen(location, true, async (storage) => (await storage.ends()).events);
const isWhole = (location: string): Promise<boolean> => withOpen(location, true, async (storage) => (await examine(storage, location, { keys: [], kept: [] })).ok);

function fill(leave: number): void {
  rmSync(ballast, { force: true });
  const { bavail, bsize } = statfsSync(small);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
}

await record(source, 1500);
await write(source, backup);
await record(present, 100);
await record(target, 0);
fill(400 * 1024);
seen['copying to a full disk'] = [await codeOf(copy), await events(target)];
seen['backing up to a full disk'] = [await codeOf(() => write(source, join(small, 'backup.db'))), readdirSync(small).toSorted()];
seen['restoring to a full disk'] = [await codeOf(restore), await events(present), await isWhole(present), readdirSync(join(small, 'present')).filter((name) => /restoring|replaced/.test(name))];
fill(20 * 1024);
seen['compacting on a full disk'] = [await codeOf(() => compactStorage(sqliteStorage, { location: present })), await isWhole(present)];
rmSync(ballast);
seen['once there is room'] = [await codeOf(copy), await codeOf(restore), await events(target), await events(present)];

execFileSync('mount', ['-o', 'remount,bind,ro', small]);
seen['looking at read-only media'] = [await isWhole(present), await codeOf(() => write(present, join(wide, 'other.db')))];
seen['writing to read-only media'] = [await codeOf(() => compactStorage(sqliteStorage, { location: present })), await codeOf(() => write(source, join(small, 'backup.db'))), await codeOf(restore)];
process.stdout.write(JSON.stringify(seen));
