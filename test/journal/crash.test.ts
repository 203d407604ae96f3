import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { journalIn, makeFolder, openFor } from './fixtures.ts';

const WRITER = join(import.meta.dirname, 'writer.ts');

interface Writer {
  readonly child: ChildProcess;
  /** What it has acknowledged so far. */
  acknowledged(): Map<string, number>;
  /** Resolves with its exit code once its output is read to the end. */
  readonly ended: Promise<number | null>;
}

function startWriter(file: string, runs: number): Writer {
  const child = spawn(process.execPath, [WRITER, file, String(runs)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  const ended = once(child, 'close').then(([code]) => {
    if (errors !== '') throw new Error(errors);
    return code as number | null;
  });
  return { child, ended, acknowledged: () => new Map(text.split('\n').slice(0, -1).map(parseLine)) };
}

function parseLine(line: string): [string, number] {
  const [run = '', seq] = line.split(' ');
  return [run, Number(seq)];
}

test('eight processes that start at once on a fresh folder all write, and nothing is lost', { timeout: 60_000 }, async () => {
  const file = journalIn(makeFolder());
  const writers = Array.from({ length: 8 }, () => startWriter(file, 15));
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(writers.map(() => 0));
  const journal = await openFor(file);
  expect(await journal.verify()).toMatchObject({ ok: true, events: 8 * 15 * 5 });
  for (const run of writers.flatMap((writer) => [...writer.acknowledged().keys()])) expect(await journal.read(run)).toHaveLength(5);
  expect(readdirSync(dirname(file)).filter((name) => name.includes('.new-'))).toEqual([]);
});

test('after 100 kills at random points nothing acknowledged is lost and nothing half-written is seen', { timeout: 120_000 }, async () => {
  const file = journalIn(makeFolder());
  const acknowledged = new Map<string, number>();
  let kills = 0;
  for (let round = 0; kills < 100; round++) {
    // Half of the rounds end anywhere from the start of the process on, its first opening and the making of the file included.
    const writers = Array.from({ length: 5 }, () => startWriter(file, 1e6));
    if (round % 2 === 1) await once(writers[0]?.child.stdout ?? process.stdin, 'data');
    await sleep(Math.random() * 200);
    for (const { child } of writers) kills += Number(child.kill('SIGKILL'));
    await Promise.all(writers.map(({ ended }) => ended));
    for (const writer of writers) for (const [run, seq] of writer.acknowledged()) acknowledged.set(run, seq);
  }
  const journal = await openFor(file);
  expect((await journal.verify()).ok).toBe(true);
  const recorded = new Map((await journal.runs({ limit: 1e6 })).map(({ id, events }) => [id, events]));
  const lost = [...acknowledged].filter(([run, seq]) => (recorded.get(run) ?? 0) < seq);
  const halves = [...recorded].filter(([, events]) => ![2, 4, 5].includes(events));
  expect({ lost, halves }).toEqual({ lost: [], halves: [] });
  expect(acknowledged.size).toBeGreaterThan(0);
});
