import { defineStorage } from '@toka/sdk';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';
import { type Journal, journalOn, openJournal } from '../../src/journal/journal.ts';
import { SqliteDriver } from '../../src/journal/sqlite/driver.ts';
import { sqliteStorage } from '../../src/journal/sqlite/storage.ts';

export * from './events.ts';

export const nextId = createIds(systemClock, systemRandom);

/** A folder that is gone after the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'toka-journal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Where a project in the folder has its journal. */
export function journalIn(folder: string): string {
  return join(folder, '.toka', 'state', 'journal.db');
}

/** Opens a journal that is closed after the test. */
export async function openFor(file: string, options: { readOnly?: boolean; root?: string; now?: () => number } = {}): Promise<Journal> {
  const { now = systemClock.now, ...rest } = options;
  const journal = await openJournal(file, { clock: { now }, ...rest });
  onTestFinished(() => journal.close());
  return journal;
}

/** A journal over a database that a test has opened itself. */
export async function journalOver(db: DatabaseSync, file: string): Promise<Journal> {
  const storage = defineStorage({ ...sqliteStorage, open: () => new SqliteDriver(db, file) });
  return journalOn(await storage.open({ location: file }), file, { now: () => 1 });
}

/** A new journal in a new folder. */
export async function makeJournal(now?: () => number): Promise<{ journal: Journal; file: string }> {
  const file = journalIn(makeFolder());
  return { journal: await openFor(file, now ? { now } : {}), file };
}

/** The code of what a call throws. */
export async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}
