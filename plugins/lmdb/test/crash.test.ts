import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StorageBackend } from '@toka/sdk';
import { expect, test } from 'vitest';
import { makeFolder, openFor } from './fixtures.ts';

const WRITER = join(import.meta.dirname, 'writer.ts');
const WRITERS = 8;

interface Writer {
  readonly child: ChildProcess;
  readonly stream: string;
  /** The last pair that it has reported. */
  acknowledged(): number;
  /** Resolves with its exit code once its output is read to the end. */
  readonly ended: Promise<number | null>;
}

let started = 0;

function startWriter(location: string, pairs = 1e6): Writer {
  const stream = `writer-${++started}`;
  const child = spawn(process.execPath, [WRITER, location, stream, String(pairs)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [rest, last] = ['', 0];
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    last = Number(lines.at(-1) ?? last);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  const ended = once(child, 'close').then(([code]) => {
    if (errors !== '') throw new Error(errors);
    return code as number | null;
  });
  return { child, stream, ended, acknowledged: () => last };
}

/** What is wrong with what some writers have left behind. */
async function look(storage: StorageBackend, writers: readonly Writer[]): Promise<{ lost: string[]; halves: string[]; gaps: number[]; damage: string | undefined }> {
  const pairs = new Map<string, number>();
  const gaps: number[] = [];
  for (let after = 0; ; ) {
    const events = await storage.readAll({ after, limit: 1000 });
    if (events.length === 0) break;
    for (const { position, stream, version } of events) {
      if (position !== ++after || version !== (pairs.get(stream) ?? 0) * 2 + 1) gaps.push(position);
      pairs.set(stream, (pairs.get(stream) ?? 0) + 0.5);
    }
  }
  const last = new Map((await storage.list({ prefix: 'last/', limit: 1e6 })).map(({ key, value }) => [key.slice(5), Number(Buffer.from(value).toString())]));
  const lost = writers.filter((writer) => (pairs.get(writer.stream) ?? 0) < writer.acknowledged()).map(({ stream }) => stream);
  const halves = [...pairs.keys(), ...last.keys()].filter((stream) => pairs.get(stream) !== last.get(stream));
  return { lost, halves, gaps, damage: await storage.check() };
}

const SOUND = { lost: [], halves: [], gaps: [], damage: undefined };

test('eight processes that start at once where nothing is all write, and nothing is lost', async () => {
  const folder = makeFolder();
  const writers = Array.from({ length: WRITERS }, () => startWriter(join(folder, 'events'), 20));
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(writers.map(() => 0));
  const storage = await openFor(join(folder, 'events'));
  expect(await look(storage, writers)).toEqual(SOUND);
  expect(await storage.ends()).toEqual({ events: WRITERS * 20 * 2, nodes: WRITERS * 20 * 2 });
  expect(readdirSync(folder)).toEqual(['events']);
});

test('after 200 kills at random points nothing acknowledged is lost and nothing half-written is seen', { timeout: 300_000 }, async () => {
  const folder = makeFolder();
  const all: Writer[] = [];
  const start = (location: string): Writer => {
    const writer = startWriter(location);
    all.push(writer);
    return writer;
  };
  let kills = 0;
  const kill = async ({ child, ended }: Writer): Promise<void> => {
    kills += Number(child.kill('SIGKILL'));
    await ended;
  };
  // All at once, anywhere from the start of the processes on, the making of the storage included.
  for (let round = 0; round < 5; round++) {
    const writers = Array.from({ length: WRITERS }, () => start(join(folder, `round-${round}`)));
    if (round % 2 === 1) await Promise.race(writers.map(({ child }) => once(child.stdout ?? child, 'data')));
    await sleep(Math.random() * 300);
    await Promise.all(writers.map(kill));
    expect(await look(await openFor(join(folder, `round-${round}`)), writers)).toEqual(SOUND);
  }
  // One after the other, while the others go on.
  const location = join(folder, 'events');
  const running = Array.from({ length: WRITERS }, () => start(location));
  const first = all.length - WRITERS;
  const acknowledged = (): number => all.slice(first).reduce((sum, writer) => sum + writer.acknowledged(), 0);
  for (let turn = 0; turn < 200 - 6 * WRITERS; turn++) {
    // However slow the machine is, some of them always write.
    for (const before = acknowledged(); acknowledged() === before; ) await sleep(2);
    await sleep(Math.random() * 30);
    const at = turn % WRITERS;
    await kill(running[at] as Writer);
    running[at] = start(location);
  }
  await Promise.all(running.map(kill));
  const storage = await openFor(location);
  const writers = all.slice(first);
  expect(await look(storage, writers)).toEqual(SOUND);
  expect(kills).toBe(200);
  expect((await storage.append('after', [{ time: 0, body: '{}', hash: '', nodes: '' }], 0)).version).toBe(1);
});
