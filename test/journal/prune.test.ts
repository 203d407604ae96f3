import type { StorageBackend } from '@toka/sdk';
import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import lmdb from '../../plugins/lmdb/src/lmdb.ts';
import { createKeeper } from '../../src/journal/blobs.ts';
import type { RunEvent } from '../../src/journal/events.ts';
import { type Journal, journalOn } from '../../src/journal/journal.ts';
import { memoryStorage } from '../../src/journal/memory.ts';
import { sqliteStorage } from '../../src/journal/sqlite/storage.ts';
import { copyStorage } from '../../src/journal/upkeep/copy.ts';
import { codeOf, FINISHED, makeFolder, makeJournal, nextId, openFor, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';
import { change, tamper } from './tamper.ts';

const NOTE = { rule: '--keep 0', by: 'user', toka: '0.1.0' };
const GONE = 'what-should-be-gone';

/** A run whose parameters, error and result hold a word, and its output as a blob that others may name as well. */
function telling(word: string): [RunEvent[], ReadonlyMap<string, Uint8Array>] {
  const keeper = createKeeper();
  const kept = keeper.output(Buffer.from(word.repeat(20_000)));
  const error = { code: 'TOKA_RUN_FAILED', message: word };
  return [[{ ...REQUESTED, params: keeper.json({ path: word }) }, STARTED, { ...OUTPUT, kept }, { ...FINISHED, status: 'failed', error, data: keeper.json(word) }], keeper.blobs];
}

async function record(journal: Journal, word = GONE): Promise<{ run: string; blob: string }> {
  const run = nextId();
  const [events, blobs] = telling(word);
  await journal.append(run, events, 0, blobs);
  return { run, blob: [...blobs.keys()][0] ?? '' };
}

const BACKENDS: Readonly<Record<string, () => Promise<StorageBackend>>> = {
  memory: () => memoryStorage.open({ location: '' }),
  lmdb: () => lmdb.open({ location: join(makeFolder(), 'state', 'journal.lmdb') }),
  sqlite: () => sqliteStorage.open({ location: join(makeFolder(), 'state', 'journal.db') }),
};

describe.each(Object.entries(BACKENDS))('on %s', (_, open) => {
  test('of a pruned run its summary, its hashes and an event are left, and the record is in order', async () => {
    const storage = await open();
    const journal = journalOn(storage, 'here', { now: () => 1_755_555_555_555 });
    const { run, blob } = await record(journal);
    const other = await record(journal, 'something else');
    const [before, summary] = [await storage.read(run, { limit: 9 }), await journal.run(run)];
    expect(await journal.prune([run], NOTE)).toMatchObject({ runs: [run], events: 4, blobs: 1, damaged: [] });
    const after = await storage.read(run, { limit: 9 });
    expect(after.slice(0, 4)).toEqual(before.map((event) => ({ ...event, body: '{}' })));
    expect(await journal.run(run)).toEqual({ ...summary, events: 5, prunedAt: 1_755_555_555_555 });
    expect((await journal.read(run, 4)).map(({ event }) => event)).toMatchObject([{ type: 'run.pruned', events: 4, ...NOTE }]);
    expect([await codeOf(() => journal.read(run)), await codeOf(() => journal.blob(blob))]).toEqual(['TOKA_RUN_PRUNED', 'TOKA_INTEGRITY']);
    expect(await journal.verify()).toMatchObject({ ok: true, events: 9, pruned: 4 });
    expect(await journal.read(other.run)).toHaveLength(4);
    expect((await storage.readAll({ limit: 99 })).filter(({ body }) => body.includes(GONE))).toEqual([]);
    await journal.close();
  });
});

test('nothing that a pruned run held is left in an SQLite file that was compacted', async () => {
  const { journal, file } = await makeJournal();
  const { run } = await record(journal);
  await record(journal, 'something else');
  const bytes = (): string => ['', '-wal'].map((suffix) => (existsSync(file + suffix) ? readFileSync(file + suffix).toString('latin1') : '')).join('');
  expect(bytes()).toContain(GONE);
  await journal.prune([run], NOTE);
  await journal.close();
  const storage = await sqliteStorage.open({ location: file });
  await storage.compact();
  expect(bytes()).not.toContain(GONE);
  expect(bytes()).toContain('something else');
  await storage.close();
});

test('whoever prunes is told how far it is', async () => {
  const { journal } = await makeJournal();
  const runs = Array.from({ length: 60 }, () => nextId());
  for (const run of runs) await journal.append(run, WHOLE_RUN, 0);
  const told: number[] = [];
  await journal.prune(runs, NOTE, (done) => told.push(done));
  expect(told).toEqual([50, 60]);
});

test('a blob stays as long as a run names it, also one that was recorded meanwhile', async () => {
  const { journal } = await makeJournal();
  const [first, second] = [await record(journal), await record(journal)];
  expect((await journal.prune([first.run], NOTE)).blobs).toBe(0);
  expect(await journal.blob(first.blob)).toHaveLength(GONE.length * 20_000);
  const third = await record(journal);
  expect((await journal.prune([second.run, third.run], NOTE)).blobs).toBe(1);
  expect(await codeOf(() => journal.blob(first.blob))).toBe('TOKA_INTEGRITY');
  expect((await journal.verify()).ok).toBe(true);
});

test('what two processes prune at once is pruned once, with all blobs', async () => {
  const { journal, file } = await makeJournal();
  const other = await openFor(file);
  const runs: string[] = [];
  for (let count = 0; count < 120; count++) runs.push((await record(journal, String(count % 7))).run);
  const done = await Promise.all([journal.prune(runs, NOTE), other.prune(runs.toReversed(), NOTE)]);
  expect(done.flatMap((each) => each.runs).toSorted()).toEqual(runs);
  expect(done[0].blobs + done[1].blobs).toBe(7);
  expect(await journal.verify()).toMatchObject({ ok: true, pruned: 480 });
});

test('a run that was pruned is passed over', async () => {
  const { journal } = await makeJournal();
  const { run } = await record(journal);
  await journal.prune([run], NOTE);
  expect(await journal.prune([run], NOTE)).toMatchObject({ runs: [], events: 0 });
  expect((await journal.run(run)).events).toBe(5);
});

test('a run that has not ended is refused, and stays as it was', async () => {
  const { journal } = await makeJournal();
  const run = nextId();
  await journal.append(run, [REQUESTED, STARTED], 0);
  expect(await codeOf(() => journal.prune([run], NOTE))).toBe('TOKA_RUN_ACTIVE');
  expect(await journal.read(run)).toHaveLength(2);
});

test('a run that was asked for by one that has not ended is refused', async () => {
  const { journal } = await makeJournal();
  const [parent, child] = [nextId(), nextId()];
  await journal.append(parent, [REQUESTED, STARTED], 0);
  await journal.append(child, [{ ...REQUESTED, parent }, STARTED, FINISHED], 0);
  expect(await codeOf(() => journal.prune([child], NOTE))).toBe('TOKA_RUN_ACTIVE');
  await journal.append(parent, [FINISHED], 2);
  expect((await journal.prune([child], NOTE)).runs).toEqual([child]);
});

test('nothing is added to a run that was pruned', async () => {
  const { journal } = await makeJournal();
  const { run } = await record(journal);
  await journal.prune([run], NOTE);
  const imported = { v: 1, type: 'run.imported', origin: 'x', exportedAt: 'x', file: '0'.repeat(64), by: 'user', toka: '0.1.0' } as const;
  expect(await codeOf(() => journal.append(run, [imported], 5))).toBe('TOKA_EVENT_ILLEGAL');
});

test.each([
  ['an event', 'UPDATE events SET time = time - 1 WHERE run = ? AND seq = 2'],
  ['its chain', "UPDATE events SET hash = x'00' WHERE run = ? AND seq = 2"],
  ['the log', 'UPDATE log SET nodes = zeroblob(64) WHERE position = (SELECT position FROM events WHERE run = ? AND seq = 2)'],
  ['its summary', `UPDATE entries SET value = CAST(replace(CAST(value AS TEXT), 'file-reader', 'file-writer') AS BLOB) WHERE key = 'run/' || ?`],
  ['a blob', `UPDATE entries SET value = zeroblob(7) WHERE key LIKE 'blob/%' AND ? <> ''`],
])('a run of which somebody has changed %s is not pruned, since that would not be found any more', async (_, edit) => {
  const { journal, file } = await makeJournal();
  const { run } = await record(journal);
  tamper(file, (db) => change(db, edit, run));
  const other = await record(journal, 'something else');
  expect(await journal.prune([run, other.run], NOTE)).toMatchObject({ runs: [other.run], damaged: [run] });
  expect((await journal.verify()).ok).toBe(false);
});

test('the feed passes over what was pruned, and over nothing else', async () => {
  const { journal, file } = await makeJournal();
  const [{ run }, other] = [await record(journal), await record(journal)];
  await journal.prune([run], NOTE);
  const read = async (): Promise<number[]> => {
    const found: number[] = [];
    for await (const { events } of journal.feed.read(0, await journal.feed.end())) found.push(...events.map(({ position }) => position));
    return found;
  };
  expect(await read()).toEqual([5, 6, 7, 8, 9]);
  tamper(file, (db) => change(db, "UPDATE events SET body = '{}' WHERE run = ? AND seq = 2", other.run));
  expect(await codeOf(read)).toBe('TOKA_INTEGRITY');
});

test('a copy to another storage holds pruned runs as they are', async () => {
  const { journal, file } = await makeJournal();
  const [{ run }] = [await record(journal), await record(journal)];
  await journal.prune([run], NOTE);
  await journal.close();
  const [source, target] = [await sqliteStorage.open({ location: file, readOnly: true }), await lmdb.open({ location: join(makeFolder(), 'state', 'journal.lmdb') })];
  expect(await copyStorage(source, target, () => {})).toMatchObject({ events: 9, runs: 2 });
  await Promise.all([source.close(), target.close()]);
});

test('whichever runs are pruned, in whichever order, the record is in order, all hashes stay, and other runs are as they were', async () => {
  const kinds = fc.array(fc.constantFrom('whole', 'telling', 'large', 'child'), { minLength: 1, maxLength: 8 });
  const property = fc.asyncProperty(kinds, fc.infiniteStream(fc.boolean()), fc.infiniteStream(fc.nat()), async (all, chosen, order) => {
    const journal = journalOn(await memoryStorage.open({ location: '' }), 'here', { now: () => 1_755_555_555_555 });
    const runs: string[] = [];
    for (const kind of all) {
      const parent = kind === 'child' ? runs.at(-1) : undefined;
      const [events, blobs] = kind === 'large' ? telling('large') : kind === 'telling' ? telling(String(runs.length)) : [WHOLE_RUN, new Map<string, Uint8Array>()];
      const [first, ...rest] = events;
      const run = nextId();
      await journal.append(run, [parent === undefined ? (first as RunEvent) : { ...REQUESTED, parent }, ...rest], 0, blobs);
      runs.push(run);
    }
    const going = runs.filter(() => chosen.next().value).map((run) => ({ run, at: order.next().value })).toSorted((a, b) => a.at - b.at).map(({ run }) => run);
    const staying = runs.filter((run) => !going.includes(run));
    const told = async (): Promise<unknown> => Promise.all(staying.map(async (run) => ({ run: await journal.run(run), events: await journal.read(run) })));
    const hashes = async (): Promise<string[]> => (await journal.consult(async (log) => Promise.all(runs.map((run) => log.entries(run))))).flat().filter(({ body }) => !body.includes('run.pruned')).map(({ hash }) => hash);
    const size = 4 * runs.length;
    const [before, chains, root] = [await told(), await hashes(), (await journal.verify()).root];
    await journal.prune(going, NOTE);
    expect(await journal.verify()).toMatchObject({ ok: true, events: size + going.length, pruned: 4 * going.length });
    const tree = await journal.consult((log) => log.tree(size));
    expect(Buffer.from(tree.root).toString('hex')).toBe(root);
    expect([await told(), await hashes()]).toEqual([before, chains]);
    await journal.close();
  });
  await fc.assert(property, { numRuns: 60 });
});
