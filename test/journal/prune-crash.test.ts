import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createKeeper } from '../../src/journal/blobs.ts';
import { FINISHED, journalIn, makeFolder, nextId, openFor, OUTPUT, REQUESTED, STARTED } from './fixtures.ts';

const PRUNER = join(import.meta.dirname, 'pruner.ts');
const RUNS = 400;
const MOST_AT_ONCE = 15;

test('after 20 kills in the middle of pruning each run is pruned as a whole or not at all, and what was acknowledged is', { timeout: 60_000 }, async () => {
  const file = journalIn(makeFolder());
  const journal = await openFor(file);
  const runs = Array.from({ length: RUNS }, () => nextId());
  for (const [at, run] of runs.entries()) {
    const keeper = createKeeper();
    // Two runs name each blob.
    const output = { ...OUTPUT, kept: keeper.output(Buffer.alloc(20_000, String(Math.floor(at / 2)))) };
    await journal.append(run, [REQUESTED, STARTED, output, FINISHED], 0, keeper.blobs);
  }
  const acknowledged = new Set<string>();
  for (let kills = 0; kills < 20; kills++) {
    const left = (await journal.runs({ limit: RUNS })).filter(({ prunedAt }) => prunedAt === undefined).map(({ id }) => id);
    const child = spawn(process.execPath, [PRUNER, file, ...left], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    // By what it has done, not by the clock: a quick machine would have pruned them all.
    const enough = Math.random() * MOST_AT_ONCE;
    const { promise: isEnough, resolve } = Promise.withResolvers<void>();
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\n').length > enough) resolve();
    });
    await isEnough;
    await sleep(Math.random() * 5);
    child.kill('SIGKILL');
    await once(child, 'close');
    for (const line of text.split('\n').slice(1, -1)) acknowledged.add(line);
    expect(await journal.verify()).toMatchObject({ ok: true });
  }
  const pruned = new Set((await journal.runs({ limit: RUNS })).flatMap(({ id, prunedAt }) => (prunedAt === undefined ? [] : [id])));
  expect([...acknowledged].filter((run) => !pruned.has(run))).toEqual([]);
  expect(await journal.verify()).toMatchObject({ events: RUNS * 4 + pruned.size, pruned: pruned.size * 4 });
  expect([acknowledged.size > 0, pruned.size < RUNS]).toEqual([true, true]);
  for (const run of runs) if (!pruned.has(run)) expect(await journal.read(run)).toHaveLength(4);
});
