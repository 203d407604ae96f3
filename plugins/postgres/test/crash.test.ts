import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StorageReader } from '@toka/sdk';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SOUND, Writers as JournalWriters } from '../../../test/journal/crash.ts';
import postgres from '../src/postgres.ts';
import { Cluster, programs } from './support/cluster.ts';

const WRITERS = 8;

/** Writer processes of one storage, each with a stream of its own, that are started again when they are killed. */
class Writers {
  /** The position of the first event of each pair that was acknowledged, by stream and count. */
  readonly acknowledged = new Map<string, number>();
  readonly unexpected: string[] = [];
  readonly #program: string;
  readonly #location: string;
  readonly #children = new Map<string, ChildProcess>();

  constructor(program: string, location: string) {
    this.#program = program;
    this.#location = location;
  }

  start(stream: string): void {
    const child = spawn(process.execPath, [this.#program, this.#location, stream], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.set(stream, child);
    createInterface(child.stdout).on('line', (line) => {
      const [count = '', position] = line.split(' ');
      this.acknowledged.set(`${stream}/${count}`, Number(position));
    });
    child.stderr.on('data', (text: Buffer) => this.unexpected.push(text.toString()));
  }

  /** Kills one at a random moment after it has written something. */
  async kill(stream: string): Promise<void> {
    const child = this.#children.get(stream);
    if (!child?.stdout) throw new Error(`no writer of ${stream}`);
    await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    await new Promise((resolve) => void setTimeout(resolve, Math.random() * 20));
    if (child.exitCode !== null) throw new Error(`the writer of ${stream} ended by itself: ${this.unexpected.join('')}`);
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  /** Those that a test which failed has left. */
  end(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  }
}

describe.skipIf(programs === undefined)('the PostgreSQL storage', () => {
  let cluster: Cluster;
  let program = '';

  beforeAll(async () => {
    cluster = await Cluster.make();
    // In one file, since it starts hundreds of times.
    program = join(cluster.folder, 'writer.cjs');
    await build({ entryPoints: [join(import.meta.dirname, 'support/writer.ts')], outfile: program, bundle: true, format: 'cjs', logLevel: 'warning', platform: 'node' });
  });
  afterAll(async () => {
    await cluster.remove();
  });

  /** Nothing that was acknowledged is missing, nothing is there by half, positions and versions have no gaps. */
  async function expectWhole(location: string, { acknowledged, unexpected }: Writers): Promise<void> {
    const storage = await postgres.open({ location });
    try {
      // Of one moment: the server may still be about to commit what a writer had sent when it was killed.
      await storage.snapshot((reader) => expectWholeIn(reader, acknowledged));
      expect(unexpected).toEqual([]);
      expect(await storage.check()).toBeUndefined();
    } finally {
      await storage.close();
    }
  }

  async function expectWholeIn(reader: StorageReader, acknowledged: ReadonlyMap<string, number>): Promise<void> {
    const events = await reader.readAll({ limit: 1e6 });
    expect(events.map(({ position }) => position)).toEqual(events.map((_, at) => at + 1));
    expect(await reader.ends()).toEqual({ events: events.length, nodes: events.length });
    for (const [stream, own] of Map.groupBy(events, (each) => each.stream)) {
      const pairs = own.length / 2;
      expect(own.map(({ version }) => version)).toEqual(own.map((_, at) => at + 1));
      expect(own.map(({ key }) => key)).toEqual(Array.from({ length: pairs }, (_, count) => [`${stream}/${count}/a`, `${stream}/${count}/b`]).flat());
      expect(Buffer.from((await reader.get(stream)) ?? []).toString()).toBe(String(pairs));
    }
    const positions = new Map(events.map(({ key, position }) => [key, position]));
    expect([...acknowledged].filter(([pair, position]) => positions.get(`${pair}/a`) !== position)).toEqual([]);
  }

  test('loses nothing and shows nothing by half when 8 writers are killed 200 times', { timeout: 300_000 }, async () => {
    const journals = await JournalWriters.make('postgres');
    for (const outcome of await journals.kill((name) => cluster.location({ schema: `killed_${name}` }))) expect(outcome).toMatchObject(SOUND);
  });

  test('loses nothing and shows nothing by half when the server is stopped at once, or its processes are killed', { timeout: 300_000 }, async () => {
    const location = cluster.location({ schema: 'stopped' });
    const writers = new Writers(program, location);
    onTestFinished(() => writers.end());
    const streams = Array.from({ length: WRITERS }, (_, at) => `s${at}`);
    for (const stream of streams) writers.start(stream);
    for (let round = 0; round < 10; round++) {
      const before = writers.acknowledged.size;
      await expect.poll(() => writers.acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(before + 20);
      if (round % 2 === 0) await cluster.restart('SIGQUIT');
      // The server ends all its other processes then, and recovers.
      else for (const pid of cluster.backends().slice(0, 1)) process.kill(pid, 'SIGKILL');
    }
    for (const stream of streams) await writers.kill(stream);
    await expectWhole(location, writers);
  });
});
