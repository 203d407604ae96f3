import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageBackend, StorageTransaction } from '@toka/sdk';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { findStorage, listStorages } from '../../../src/journal/backends.ts';
import { memoryStorage } from '../../../src/journal/memory.ts';
import { sqliteStorage } from '../../../src/journal/sqlite/storage.ts';
import { copyStorage } from '../../../src/journal/upkeep/copy.ts';
import { codeOf, journalIn, makeFolder } from '../fixtures.ts';
import { change, checkpoint, newKey, tamper } from '../tamper.ts';
import { contentIn, opened, packageFiles, recordAll, silent } from './support.ts';

let file: string;
let source: StorageBackend;

beforeEach(async () => {
  file = journalIn(makeFolder());
  await recordAll(file);
  await checkpoint(file, newKey());
  source = await opened(sqliteStorage, file, true);
});

/** A storage in memory whose transactions are not as they should be. */
async function faulty(fault: (own: StorageTransaction) => Partial<StorageTransaction>): Promise<StorageBackend> {
  const storage = await opened(memoryStorage, '');
  const transaction: StorageBackend['transaction'] = (work, options) => storage.transaction((own) => work({ ...own, ...fault(own) }), options);
  return { ...storage, transaction };
}

const isEmpty = async (storage: StorageBackend): Promise<boolean> => (await storage.ends()).events === 0 && (await storage.count('')) === 0;

test('a copy holds the same events, entries and states, and says so', async () => {
  const target = await opened(memoryStorage, '');
  const copied = await copyStorage(source, target, silent);
  expect(copied).toEqual(await contentIn(source));
  expect(copied).toEqual(await contentIn(target));
  expect(copied).toMatchObject({ events: 18, runs: 5 });
});

test('events keep the keys by which they are known', async () => {
  const keyed = await opened(memoryStorage, '');
  for (const { stream, version, position: _, ...event } of await source.readAll({ limit: 100 })) await keyed.append(stream, [{ ...event, key: `key-${version}` }], version - 1);
  for (const { key, value, until } of await source.list({ prefix: '', limit: 100 })) await keyed.put(key, value, until);
  const target = await opened(sqliteStorage, journalIn(makeFolder()));
  await copyStorage(keyed, target, silent);
  expect((await target.readAll({ limit: 2 })).map(({ key }) => key)).toEqual(['key-1', 'key-2']);
});

test('how far it is, is told', async () => {
  const said: string[] = [];
  await copyStorage(source, await opened(memoryStorage, ''), (text) => said.push(text));
  expect(said).toContain('18 of 18 events');
});

describe('nothing is written, where', () => {
  test('the target holds something', async () => {
    const target = await opened(memoryStorage, '');
    await target.put('ledger/rate', Buffer.from('1'));
    expect(await codeOf(() => copyStorage(source, target, silent))).toBe('TOKA_STORAGE_TAKEN');
    expect(await target.count('')).toBe(1);
  });

  test('the source holds nothing', async () => {
    const nothing = await opened(memoryStorage, '');
    expect(await codeOf(() => copyStorage(nothing, nothing, silent))).toBe('TOKA_USAGE');
  });

  test('the source is not as it was recorded', async () => {
    tamper(file, (db) => change(db, "UPDATE events SET body = replace(body, 'files/', 'other/') WHERE position = 1"));
    const target = await opened(memoryStorage, '');
    expect(await codeOf(() => copyStorage(source, target, silent))).toBe('TOKA_INTEGRITY');
    expect(await isEmpty(target)).toBe(true);
  });

  test.each<[string, (own: StorageTransaction) => Partial<StorageTransaction>]>([
    ['drops an entry', (own) => ({ put: (key, ...rest) => (key.startsWith('ledger/') ? undefined : own.put(key, ...rest)) })],
    ['forgets how long an entry counts', (own) => ({ put: (key, value) => own.put(key, value) })],
    ['changes a value', (own) => ({ put: (key, value, until) => own.put(key, key.startsWith('ledger/') ? Buffer.from('9') : value, until) })],
    ['changes the time of an event', (own) => ({ append: (stream, events, version) => own.append(stream, events.map((event) => ({ ...event, time: 1 })), version) })],
    ['drops nodes of the log', (own) => ({ append: (stream, events, version) => own.append(stream, events.map((event) => ({ ...event, nodes: '' })), version) })],
  ])('the target %s', async (_, fault) => {
    const target = await faulty(fault);
    expect(await codeOf(() => copyStorage(source, target, silent))).toBe('TOKA_INTEGRITY');
    expect(await isEmpty(target)).toBe(true);
  });
});

test('others go on writing meanwhile, and a copy is of one moment', async () => {
  const writer = spawn(process.execPath, [join(import.meta.dirname, '../writer.ts'), file, '150'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(writer, 'exit');
  await once(writer.stdout, 'data');
  writer.stdout.resume();
  const sizes: number[] = [];
  while (writer.exitCode === null && sizes.length < 20) sizes.push((await copyStorage(source, await opened(memoryStorage, ''), silent)).events);
  expect(await ended).toEqual([0, null]);
  expect(sizes.toSorted((a, b) => a - b)).toEqual(sizes);
  expect((await copyStorage(source, await opened(memoryStorage, ''), silent)).events).toBe(18 + 150 * 5);
});

/** Where a backend can keep a journal on this machine; undefined where it cannot. */
async function placeFor(id: string): Promise<string | undefined> {
  const folder = makeFolder();
  if (id !== 'postgres') return join(folder, '.toka', 'state', `journal.${id}`);
  const support = join(import.meta.dirname, '../../../plugins/postgres/test/support/cluster.ts');
  if (!existsSync(support)) return undefined;
  const { Cluster, programs } = (await import(support)) as { programs?: string; Cluster: { make(): Promise<{ location(): string; remove(): Promise<void> }> } };
  if (programs === undefined) return undefined;
  const cluster = await Cluster.make();
  onTestFinished(() => cluster.remove());
  return cluster.location();
}

test('from SQLite through every backend that can run here and back to SQLite, all states stay the same', { timeout: 120_000 }, async ({ annotate }) => {
  const first = await contentIn(source);
  let from = source;
  const passed: string[] = [];
  for (const { id } of [...listStorages(packageFiles).filter((one) => one.id !== 'sqlite'), { id: 'sqlite' }]) {
    const location = await placeFor(id);
    if (location === undefined) continue;
    const to = await opened(findStorage(id, packageFiles), location);
    expect(await copyStorage(from, to, silent)).toEqual(first);
    const { format, newestFormat, bytes = 1 } = await to.describe();
    expect([format === newestFormat, bytes > 0]).toEqual([true, true]);
    from = to;
    passed.push(id);
  }
  await annotate(`passed through ${passed.join(', ')}`);
  expect(passed.at(-1)).toBe('sqlite');
  expect(await contentIn(from)).toEqual(first);
});
