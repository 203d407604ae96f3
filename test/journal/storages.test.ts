import type { StorageBackend } from '@toka/sdk';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createKeeper } from '../../src/journal/blobs.ts';
import { type Journal, journalOn } from '../../src/journal/journal.ts';
import { memoryStorage } from '../../src/journal/memory.ts';
import { sqliteStorage } from '../../src/journal/sqlite/storage.ts';
import { inThread } from '../../src/journal/thread/storage.ts';
import lmdb from '../../plugins/lmdb/src/lmdb.ts';
import { SIGNER } from './compat/signer.ts';
import { codeOf, FINISHED, makeFolder, nextId, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';

const THREAD = { thread: join(import.meta.dirname, '../../dist/journal-thread.js'), plugins: [join(import.meta.dirname, '../../plugins/lmdb/package.json')] };
const BACKENDS: Readonly<Record<string, () => Promise<StorageBackend>>> = {
  memory: () => memoryStorage.open({ location: '' }),
  lmdb: () => lmdb.open({ location: join(makeFolder(), 'state', 'journal.lmdb') }),
  sqlite: () => sqliteStorage.open({ location: join(makeFolder(), 'state', 'journal.db') }),
  'memory in a thread': () => inThread(memoryStorage, THREAD).open({ location: '' }),
  'lmdb in a thread': () => inThread(lmdb, THREAD).open({ location: join(makeFolder(), 'state', 'journal.lmdb') }),
  'sqlite in a thread': () => inThread(sqliteStorage, THREAD).open({ location: join(makeFolder(), 'state', 'journal.db') }),
};
const [parent, child, denied] = [nextId(), nextId(), nextId()];

/** Everything that the journal says of three runs, with a blob, a child, counts, and a conflict on the way. */
async function story(journal: Journal): Promise<unknown> {
  const keeper = createKeeper();
  const output = { ...OUTPUT, kept: keeper.output(Buffer.alloc(20_000, 1)) };
  await journal.append(parent, [REQUESTED, STARTED], 0);
  await journal.commit(async ({ ledger, append }) => {
    await ledger.put('rate/a', '[1]', 1000);
    await append(child, [{ ...REQUESTED, parent }, STARTED, output, FINISHED], 0, keeper.blobs);
  });
  await journal.append(parent, [OUTPUT, FINISHED], 2);
  const refusals = [await codeOf(() => journal.append(parent, [OUTPUT], 3)), await codeOf(() => journal.append(denied, [STARTED], 0))];
  await journal.append(denied, WHOLE_RUN, 0);
  const checkpoint = await journal.checkpoint(SIGNER);
  return {
    refusals,
    checkpoint: checkpoint.note,
    audit: await journal.verify({ keys: [SIGNER], kept: [checkpoint] }),
    events: await Promise.all([parent, child, denied].map((run) => journal.read(run))),
    runs: await journal.runs({ limit: 9 }),
    page: await journal.runs({ limit: 1, before: denied }),
    children: await journal.children(parent),
    found: await journal.findRun(child),
    ambiguous: await codeOf(() => journal.findRun('0')),
    blob: Buffer.from(await journal.blob([...keeper.blobs.keys()][0] ?? '')).toString('hex'),
    counted: await journal.commit(({ ledger }) => ledger.list('')),
    pruned: await journal.commit(async ({ ledger }) => {
      await ledger.prune(1000);
      return ledger.list('');
    }),
    proof: await journal.consult(async (log) => ({ path: await log.inclusion(3, 10), tree: await log.tree(10), entries: await log.entries(child) })),
  };
}

test('the journal says the same on every storage, hash by hash', async () => {
  const told = await Promise.all(
    Object.values(BACKENDS).map(async (open) => {
      const journal = journalOn(await open(), 'here', { now: () => 1_755_555_555_555 });
      try {
        return await story(journal);
      } finally {
        await journal.close();
      }
    }),
  );
  expect(told[0]).toMatchObject({ refusals: ['TOKA_EVENT_CONFLICT', 'TOKA_EVENT_ILLEGAL'], audit: { ok: true, events: 12, signed: 12 }, ambiguous: 'TOKA_RUN_UNKNOWN', pruned: [] });
  for (const other of told.slice(1)) expect(other).toEqual(told[0]);
});
