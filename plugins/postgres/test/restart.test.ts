import type { Batch, StorageBackend } from '@toka/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import postgres from '../src/postgres.ts';
import { Cluster, programs } from './support/cluster.ts';
import { event } from './support/event.ts';
import { codeOf } from './support/failure.ts';

describe.skipIf(programs === undefined)('a PostgreSQL that restarts', () => {
  let cluster: Cluster;
  let places = 0;
  const opened: StorageBackend[] = [];

  async function open(parameters: Readonly<Record<string, string>> = {}): Promise<StorageBackend> {
    const storage = await postgres.open({ location: cluster.location({ schema: `restart_${places}`, ...parameters }) });
    opened.push(storage);
    return storage;
  }

  beforeAll(async () => {
    cluster = await Cluster.make();
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close();
    places++;
  });
  afterAll(async () => {
    await cluster.remove();
  });

  test.each(['SIGINT', 'SIGQUIT'] as const)('by %s between two calls is not noticed', async (signal) => {
    const storage = await open();
    await storage.append('one', [event('a')], 0);
    await cluster.restart(signal);
    await expect(storage.append('one', [event('b')], 1)).resolves.toEqual({ position: 2, version: 2, known: false });
    await expect(storage.readAll({ limit: 9 })).resolves.toHaveLength(2);
  });

  test('makes a call fail while it is away, and the next one works by itself', async () => {
    const storage = await open();
    await storage.append('one', [event('a')], 0);
    await cluster.stop('SIGQUIT');
    expect(await codeOf(storage.append('one', [event('b')], 1))).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(storage.ends())).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(open())).toBe('STORAGE_UNAVAILABLE');
    await cluster.start();
    await expect(storage.append('one', [event('b')], 1)).resolves.toEqual({ position: 2, version: 2, known: false });
  });

  test.each(['SIGINT', 'SIGQUIT'] as const)('by %s during a transaction undoes all of it', async (signal) => {
    const storage = await open();
    const running = storage.transaction(async (own) => {
      await own.append('one', [event('a')], 0);
      await own.put('key', new Uint8Array(1));
      await cluster.restart(signal);
      await own.append('one', [event('b')], 1);
    });
    expect(await codeOf(running)).toBe('STORAGE_UNAVAILABLE');
    await expect(Promise.all([storage.ends(), storage.get('key')])).resolves.toEqual([{ events: 0, nodes: 0 }, undefined]);
    await expect(storage.append('one', [event('a')], 0)).resolves.toEqual({ position: 1, version: 1, known: false });
  });

  test('during a transaction whose work does not look at what failed undoes all of it', async () => {
    const storage = await open();
    const running = storage.transaction(async (own) => {
      await own.append('one', [event('a')], 0);
      await cluster.restart('SIGQUIT');
    });
    expect(await codeOf(running)).toBe('STORAGE_UNAVAILABLE');
    await expect(storage.ends()).resolves.toEqual({ events: 0, nodes: 0 });
  });

  test('during a snapshot makes it fail', async () => {
    const storage = await open();
    const running = storage.snapshot(async (reader) => {
      await reader.ends();
      await cluster.restart('SIGQUIT');
      return reader.ends();
    });
    expect(await codeOf(running)).toBe('STORAGE_UNAVAILABLE');
    await expect(storage.ends()).resolves.toEqual({ events: 0, nodes: 0 });
  });

  test('ends a subscription with an error, and another goes on from where it was', async () => {
    const storage = await open();
    await storage.append('one', [event('a')], 0);
    const batches: Batch[] = [];
    const ended = codeOf(
      (async () => {
        for await (const batch of storage.subscribe()) batches.push(batch);
      })(),
    );
    await expect.poll(() => batches.length, { timeout: 30_000 }).toBe(1);
    await expect.poll(() => cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"), { timeout: 30_000 }).toBe('1');
    await cluster.restart('SIGQUIT');
    expect(await ended).toBe('STORAGE_UNAVAILABLE');
    const again = storage.subscribe({ after: 1 })[Symbol.asyncIterator]();
    const next = again.next();
    await storage.append('one', [event('b')], 1);
    expect((await next).value).toMatchObject({ events: [{ position: 2 }], lag: 0 });
    await again.return?.();
  });

  test('or that ends one connection only is the same', async () => {
    const storage = await open();
    await storage.append('one', [event('a')], 0);
    const running = storage.transaction(async (own) => {
      await own.append('one', [event('b')], 1);
      cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'toka'");
      await own.ends();
    });
    expect(await codeOf(running)).toBe('STORAGE_UNAVAILABLE');
    await expect(storage.append('one', [event('b')], 1)).resolves.toEqual({ position: 2, version: 2, known: false });
  });

  test('and does not answer is given up after a while', async () => {
    const storage = await open({ timeout: '1' });
    const other = await open();
    const held = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holding = other.transaction(async (own) => {
      await own.ends();
      held.resolve();
      await release.promise;
    });
    await held.promise;
    expect(await codeOf(storage.append('one', [event('a')], 0))).toBe('STORAGE_UNAVAILABLE');
    release.resolve();
    await holding;
    await expect(storage.append('one', [event('a')], 0)).resolves.toMatchObject({ known: false });
  });
});
