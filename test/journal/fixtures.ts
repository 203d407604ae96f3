import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';
import { type Journal, openJournal } from '../../src/journal/journal.ts';

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
export function openFor(file: string, options: { readOnly?: boolean; root?: string; now?: () => number } = {}): Journal {
  const { now = systemClock.now, ...rest } = options;
  const journal = openJournal(file, { clock: { now }, ...rest });
  onTestFinished(() => {
    try {
      journal.close();
    } catch {
      // The test has closed it.
    }
  });
  return journal;
}

/** A new journal in a new folder. */
export function makeJournal(now?: () => number): { journal: Journal; file: string } {
  const file = journalIn(makeFolder());
  return { journal: openFor(file, now ? { now } : {}), file };
}

/** The code of what a call throws. */
export function codeOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}
