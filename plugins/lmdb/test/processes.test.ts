import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { event, makeFolder, openFor } from './fixtures.ts';

const HERE = import.meta.dirname;

test('a lock that a dead process has held keeps nobody out, and nothing of its transaction stays', async () => {
  const location = makeFolder();
  const storage = await openFor(location);
  const holder = spawn(process.execPath, [join(HERE, 'holder.ts'), location], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  await once(holder, 'close');
  expect(await storage.append('one', [event(1)], 0)).toEqual({ position: 1, version: 1, known: false });
  expect(await storage.check()).toBe(undefined);
});

test('others are read while a process holds a transaction', async () => {
  const location = makeFolder();
  const storage = await openFor(location);
  await storage.put('key', Buffer.from('value'));
  const holder = spawn(process.execPath, [join(HERE, 'holder.ts'), location], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  expect([await storage.ends(), Buffer.from((await storage.get('key')) ?? '').toString()]).toEqual([{ events: 0, nodes: 0 }, 'value']);
  holder.kill('SIGKILL');
  await once(holder, 'close');
});

test('threads of one process write one after the other', async () => {
  const location = makeFolder();
  const storage = await openFor(location);
  const threads = [1, 2].map(() => new Worker(join(HERE, 'thread.ts'), { argv: [location, '50'] }));
  const ended = Promise.all(threads.map((thread) => once(thread, 'exit')));
  for (let time = 0; time < 50; time++) {
    await storage.transaction(async (own) => {
      const before = Number(Buffer.from((await own.get('count')) ?? '0').toString());
      await Promise.resolve();
      await own.put('count', Buffer.from(String(before + 1)));
    });
  }
  expect(await ended).toEqual([[0], [0]]);
  expect(Buffer.from((await storage.get('count')) ?? '').toString()).toBe('150');
});

test('what is written without a pause after something was read does not make the file grow with each commit', async () => {
  const location = makeFolder();
  const storage = await openFor(location);
  for (let version = 0; version < 300; version++) {
    await storage.ends();
    await storage.append('one', [event(version)], version);
  }
  expect(statSync(join(location, 'data.mdb')).size).toBeLessThan(1024 * 1024);
});

test('it is closed when what reads in it has ended', async () => {
  const storage = await openFor(makeFolder());
  await storage.append('one', [event(1)], 0);
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const reading = storage.snapshot(async (reader) => {
    begin();
    await sleep(20);
    return reader.ends();
  });
  await begun;
  await storage.close();
  expect(await reading).toEqual({ events: 1, nodes: 1 });
});

test('events without keys are known again by those beside them', async () => {
  const storage = await openFor(makeFolder());
  const { key: _, ...plain } = event(2);
  const events = [event(1), plain, event(3)];
  await storage.append('one', events, 0);
  expect(await storage.append('one', events, 0)).toEqual({ position: 1, version: 1, known: true });
});

test('LMDB is loaded when a storage is opened, and not before', () => {
  const script = `
    const { default: lmdb } = await import(process.argv[1]);
    const isLoaded = () => process.report.getReport().sharedObjects.some((path) => path.includes('lmdb'));
    const before = isLoaded();
    await lmdb.open({ location: process.argv[2] });
    console.log(before, isLoaded());`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, join(HERE, '../src/lmdb.ts'), makeFolder()], { encoding: 'utf8' });
  expect(stdout).toBe('false true\n');
});
