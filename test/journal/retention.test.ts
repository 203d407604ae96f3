import { describe, expect, test } from 'vitest';
import { createKeeper } from '../../src/journal/blobs.ts';
import { type Journal, journalOn } from '../../src/journal/journal.ts';
import { memoryStorage } from '../../src/journal/memory.ts';
import { planByName, planByRules, type PruneRules } from '../../src/journal/retention.ts';
import { FINISHED, nextId, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';

const NOW = 1_755_555_555_555;
const NOTE = { rule: 'x', by: 'user', toka: '0.1.0' };

async function makeJournal(): Promise<Journal> {
  return journalOn(await memoryStorage.open({ location: '' }), 'here', { now: () => NOW });
}

interface Made {
  readonly parent?: string;
  /** How long ago it ended, milliseconds. */
  readonly age?: number;
  readonly tool?: string;
  readonly ended?: boolean;
  /** Bytes of output, the same for all that have as many. */
  readonly output?: number;
}

async function make(journal: Journal, { parent, age = 0, tool = 'a/b', ended = true, output = 1 }: Made = {}): Promise<string> {
  const run = nextId();
  const keeper = createKeeper();
  const wrote = { ...OUTPUT, kept: keeper.output(Buffer.alloc(output, 'x')) };
  const events = [{ ...REQUESTED, tool, ...(parent === undefined ? {} : { parent }) }, STARTED, wrote, ...(ended ? [FINISHED] : [])];
  await journal.append(run, events, 0, keeper.blobs, events.map(() => NOW - age));
  return run;
}

async function chosen(journal: Journal, rules: PruneRules, withChildren = false): Promise<string[]> {
  return (await planByRules(journal, rules, NOW, withChildren)).runs.map(({ run }) => run.id);
}

test('by age those go that ended longer ago', async () => {
  const journal = await makeJournal();
  const old = [await make(journal, { age: 2001 }), await make(journal, { age: 3000 })];
  await make(journal, { age: 2000 });
  expect(await chosen(journal, { age: 2000 })).toEqual(old);
});

test('by count the newest stay, and those that were pruned are not counted', async () => {
  const journal = await makeJournal();
  const runs = [await make(journal), await make(journal), await make(journal), await make(journal)];
  await journal.prune(runs.slice(2, 3), NOTE);
  expect(await chosen(journal, { count: 2 })).toEqual(runs.slice(0, 1));
  expect(await chosen(journal, { count: 0 })).toEqual([runs[0], runs[1], runs[3]]);
});

test('by size the newest stay that take no more, and a blob counts once', async () => {
  const journal = await makeJournal();
  const runs = [await make(journal, { output: 100_000 }), await make(journal, { output: 200_000 }), await make(journal, { output: 200_000 })];
  expect(await chosen(journal, { size: 1_000_000 })).toEqual([]);
  expect(await chosen(journal, { size: 250_000 })).toEqual(runs.slice(0, 1));
  expect(await chosen(journal, { size: 150_000 })).toEqual(runs);
});

test('what is beyond any limit goes, of those that meet the filter', async () => {
  const journal = await makeJournal();
  const [old, , second] = [await make(journal, { age: 5000 }), await make(journal, { age: 5000, tool: 'c/d' }), await make(journal), await make(journal)];
  expect(await chosen(journal, { age: 2000, count: 1, tool: 'a/b' })).toEqual([old, second]);
  expect(await chosen(journal, { tool: 'c/d' })).toHaveLength(1);
  expect(await chosen(journal, { status: 'failed' })).toEqual([]);
});

test('a plan tells what each run takes, and a blob with the last run that names it', async () => {
  const journal = await makeJournal();
  const runs = [await make(journal, { output: 100_000 }), await make(journal, { output: 100_000 })];
  const plan = await planByRules(journal, { count: 0 }, NOW, false);
  expect(plan.runs.map(({ bytes }) => bytes > 100_000)).toEqual([false, true]);
  expect((await journal.prune(runs, NOTE)).bytes).toBe(plan.runs.reduce((sum, { bytes }) => sum + bytes, 0));
});

describe('a run that may still go on', () => {
  test('stays, and so does all that it asked for: it needs their outcomes', async () => {
    const journal = await makeJournal();
    const interrupted = await make(journal, { ended: false });
    const child = await make(journal, { parent: interrupted });
    await make(journal, { parent: child });
    const other = await make(journal);
    expect(await planByRules(journal, { count: 0 }, NOW, false)).toMatchObject({ runs: [{ run: { id: other } }], held: 3 });
    expect(await planByName(journal, [child], true)).toMatchObject({ runs: [], held: 2 });
  });

  test('is none that was imported without an outcome', async () => {
    const journal = await makeJournal();
    const run = await make(journal, { ended: false });
    await journal.append(run, [{ v: 1, type: 'run.imported', origin: 'x', exportedAt: 'x', file: '0'.repeat(64), by: 'user', toka: '0.1.0' }], 3);
    expect(await chosen(journal, { count: 0 })).toEqual([run]);
    expect((await journal.prune([run], NOTE)).runs).toEqual([run]);
    expect((await journal.verify()).ok).toBe(true);
  });
});

test('children go with their parents where that is said, whatever the rules say of them', async () => {
  const journal = await makeJournal();
  const parent = await make(journal, { age: 5000 });
  const child = await make(journal, { parent });
  const grandchild = await make(journal, { parent: child });
  expect(await chosen(journal, { age: 2000 })).toEqual([parent]);
  expect(await chosen(journal, { age: 2000 }, true)).toEqual([parent, child, grandchild]);
  expect((await planByName(journal, [parent], true)).runs).toHaveLength(3);
});

test('runs of a forged record that are above themselves are planned all the same', async () => {
  const journal = await makeJournal();
  const [one, other] = [nextId(), nextId()];
  await journal.append(one, [{ ...REQUESTED, parent: other }, ...WHOLE_RUN.slice(1)], 0);
  await journal.append(other, [{ ...REQUESTED, parent: one }, ...WHOLE_RUN.slice(1)], 0);
  expect(await chosen(journal, { count: 0 }, true)).toEqual([one, other]);
});

test('runs that were named and pruned before are passed over', async () => {
  const journal = await makeJournal();
  const run = await make(journal);
  await journal.prune([run], NOTE);
  expect(await planByName(journal, [run], false)).toEqual({ runs: [], held: 0 });
});
