import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Storage, StorageBackend } from '@toka/sdk';
import { onTestFinished } from 'vitest';
import { createKeeper } from '../../../src/journal/blobs.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import { type Content, contentOf, demandSound } from '../../../src/journal/upkeep/content.ts';
import { FINISHED, nextId, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from '../fixtures.ts';

const plugins = join(import.meta.dirname, '../../../plugins');

/** The package.json of each plugin of the repository that is built. */
export const packageFiles = readdirSync(plugins)
  .filter((name) => existsSync(join(plugins, name, 'dist')))
  .map((name) => join(plugins, name, 'package.json'))
  .filter((file) => existsSync(file));

/** Records runs with all that a journal can hold beside them: children, a blob, counts. */
export async function recordAll(location: string, storage?: Storage, runs = 3): Promise<void> {
  const journal = await openJournal(location, { clock: { now: Date.now }, ...(storage ? { storage } : {}) });
  try {
    const keeper = createKeeper();
    const blob = { ...OUTPUT, kept: keeper.output(Buffer.alloc(20_000, 1)) };
    const parent = nextId();
    await journal.append(parent, [REQUESTED, STARTED, blob, FINISHED], 0, keeper.blobs, [], (ledger) => ledger.put('rate/all', '1', 9_999_999_999_999));
    await journal.append(nextId(), [{ ...REQUESTED, parent }, STARTED], 0);
    await journal.commit(async (commit) => {
      for (let run = 0; run < runs; run++) await commit.append(nextId(), WHOLE_RUN, 0);
    });
  } finally {
    await journal.close();
  }
}

/** Opens a storage that is closed after the test. */
export async function opened(storage: Storage, location: string, readOnly = false): Promise<StorageBackend> {
  const backend = await storage.open({ location, readOnly });
  onTestFinished(() => backend.close());
  return backend;
}

/** What a storage holds, which must be in order. */
export async function contentIn(backend: StorageBackend): Promise<Content> {
  return backend.snapshot(async (reader) => contentOf(reader, await demandSound(reader, 'it')));
}

export const silent = (): void => {};
