import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineConnection } from '@toka/sdk';
import { engineChecks } from '@toka/sdk/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import engine from '../src/postgres-engine.ts';
import { Cluster, programs } from './support/cluster.ts';
import { codeOf } from './support/failure.ts';

const NEVER = new AbortController().signal;

describe.skipIf(programs === undefined)('the engine in PostgreSQL', () => {
  let cluster: Cluster;
  let places = 0;

  beforeAll(async () => {
    cluster = await Cluster.make();
  });
  afterAll(async () => {
    await cluster.remove();
  });

  function place(): { location: string; table: string; connect(): Promise<EngineConnection> } {
    const location = cluster.location({ schema: `engine_${++places}` });
    return {
      location,
      table: `engine_${places}_engine.orders`,
      async connect() {
        const connection = await engine.connect({ location });
        onTestFinished(async () => connection.close());
        return connection;
      },
    };
  }

  test.each(engineChecks)('$name', { timeout: 60_000 }, async ({ run }) => {
    await expect(run(engine, async () => place())).resolves.toBeUndefined();
  });

  test('is made once by several that come at once', async () => {
    const { connect } = place();
    const all = await Promise.all(Array.from({ length: 8 }, connect));
    const told = await Promise.all(all.map(async (each) => each.submit({ key: 'same', body: {} })));
    expect(told.toSorted()).toEqual(['accepted', ...Array.from({ length: 7 }, () => 'duplicate')]);
  });

  test('gives to another worker what one was at that was killed', { timeout: 60_000 }, async () => {
    const { connect, location } = place();
    const here = await connect();
    await here.submit({ key: 'a', body: {} });
    const killed = spawn(process.execPath, [join(import.meta.dirname, 'support/queue-worker.ts'), location], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(killed.stdout, 'data');
    killed.kill('SIGKILL');
    const stop = new AbortController();
    const work = here.work(async ({ attempt }) => ({ attempt }), { concurrency: 1, signal: stop.signal });
    expect(await here.result('a', NEVER)).toEqual({ state: 'done', attempts: 2, result: { attempt: 2 } });
    stop.abort();
    await work;
  });

  test('tells a worker that stood still for too long that its order is lost', { timeout: 60_000 }, async () => {
    const { connect, location } = place();
    const here = await connect();
    await here.submit({ key: 'a', body: {} });
    const stopped = spawn(process.execPath, [join(import.meta.dirname, 'support/queue-worker.ts'), location], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void stopped.kill('SIGKILL'));
    const said: string[] = [];
    stopped.stdout.on('data', (text: Buffer) => said.push(String(text)));
    await once(stopped.stdout, 'data');
    stopped.kill('SIGSTOP');
    const stop = new AbortController();
    const work = here.work(async ({ attempt }) => ({ attempt }), { concurrency: 1, signal: stop.signal });
    await here.result('a', NEVER);
    stopped.kill('SIGCONT');
    await once(stopped, 'close');
    expect(said.join('')).toContain('ENGINE_LOST');
    stop.abort();
    await work;
  });

  test('keeps nothing of what an order said once it has ended, and knows it all the same', { timeout: 60_000 }, async () => {
    const { connect, table } = place();
    const here = await connect();
    await here.submit({ key: 'cancelled', body: { token: 'secret' } });
    await here.cancel('cancelled');
    await here.submit({ key: 'done', body: { token: 'secret' } });
    const stop = new AbortController();
    const work = here.work(async () => ({}), { concurrency: 1, signal: stop.signal });
    await here.result('done', NEVER);
    stop.abort();
    await work;
    expect(cluster.sql(`SELECT count(*) FROM ${table}`)).toBe('2');
    expect(cluster.sql(`SELECT o FROM ${table} o`)).not.toContain('secret');
    expect(await here.submit({ key: 'done', body: { token: 'secret' } })).toBe('duplicate');
    expect(await codeOf(here.submit({ key: 'done', body: {} }))).toBe('ENGINE_CONFLICT');
  });

  test('forgets what ended more than a day ago once a worker has nothing to do, and nothing else', { timeout: 60_000 }, async () => {
    const { connect, table } = place();
    const here = await connect();
    for (const key of ['old', 'young']) {
      await here.submit({ key, body: {} });
      await here.cancel(key);
    }
    cluster.sql(`UPDATE ${table} SET ended = ended - interval '25 hours' WHERE key = 'old'`);
    cluster.sql(`UPDATE ${table} SET ended = ended - interval '23 hours' WHERE key = 'young'`);
    const stop = new AbortController();
    const work = here.work(async () => ({}), { concurrency: 1, signal: stop.signal });
    await vi.waitUntil(() => cluster.sql(`SELECT count(*) FROM ${table} WHERE key = 'old'`) === '0', { timeout: 50_000 });
    stop.abort();
    await work;
    expect(await here.status('young')).toEqual({ state: 'cancelled', attempts: 0 });
    expect(await codeOf(here.status('old'))).toBe('ENGINE_UNKNOWN');
  });

  test('tells by a code that nobody answers', async () => {
    expect(await codeOf(engine.connect({ location: 'postgres://toka@/postgres?host=/nowhere' }))).toBe('ENGINE_UNAVAILABLE');
  });
});
