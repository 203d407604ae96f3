import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CodedError, Storage } from '@toka/sdk';
import { storageChecks, type StoragePlace } from '@toka/sdk/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findStorage } from '../../../src/journal/backends.ts';
import { systemClock } from '../../../src/journal/ids.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import { sqliteStorage } from '../../../src/journal/sqlite/storage.ts';
import { inThread } from '../../../src/journal/thread/storage.ts';
import { createToka, type Toka } from '../../../src/toka.ts';
import { codeOf, journalIn, makeFolder, nextId, openFor, WHOLE_RUN } from '../fixtures.ts';

const THREAD = join(import.meta.dirname, '../../../dist/journal-thread.js');
const HOLDER = join(import.meta.dirname, 'holder.ts');
const PLUGINS = ['../../../plugins/lmdb/package.json', 'package.json'].map((file) => join(import.meta.dirname, file));

function threaded(id: string): Storage {
  return inThread(findStorage(id, PLUGINS), { thread: THREAD, plugins: PLUGINS });
}

async function makePlace(storage: Storage): Promise<StoragePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'toka-thread-'));
  const target = join(folder, 'copy');
  return {
    open: (options) => storage.open({ location: join(folder, 'state', 'journal'), root: folder, ...options }),
    copy: { target, open: () => storage.open({ location: target, root: folder }) },
    remove: async () => rmSync(folder, { recursive: true }),
  };
}

// The others tell the same story in a thread as without one: storages.test.ts.
describe('the storage sqlite in a thread', () => {
  test.each(storageChecks)('$name', async ({ run }) => {
    await expect(run(() => makePlace(threaded('sqlite')))).resolves.toBeUndefined();
  });
});

/** Keeps the write lock of a journal. Its last line says whether it let go because it was asked to. */
async function hold(file: string): Promise<{ readonly child: ChildProcess; readonly why: Promise<string> }> {
  const child = spawn(process.execPath, [HOLDER, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  return { child, why: lines.next().then(({ value }) => String(value)) };
}

/** Counts turns of the event loop, and asks the holder to let go after some. */
function letGoAfterTurns({ stdin }: ChildProcess): void {
  let turns = 0;
  const timer = setInterval(() => {
    if (++turns === 20) stdin?.write('let go\n');
  }, 10);
  onTestFinished(() => clearInterval(timer));
}

async function openToka(): Promise<{ readonly toka: Toka; readonly file: string }> {
  const folder = makeFolder();
  const env = { HOME: folder, XDG_STATE_HOME: join(folder, 'home'), XDG_CONFIG_HOME: join(folder, 'home'), XDG_CACHE_HOME: join(folder, 'home') };
  const toka = await createToka({ cwd: folder, env, journalThread: true, storage: { backend: 'sqlite', location: 'journals' } });
  onTestFinished(() => toka.close());
  return { toka, file: join(folder, 'journals', 'journal.db') };
}

describe('while another process holds the lock', () => {
  test('the event loop of who embeds toka with a thread goes on, and then the run succeeds', async () => {
    const { toka, file } = await openToka();
    await toka.journal();
    const { child, why } = await hold(file);
    const run = toka.run({ ...toka.request({ name: 'file-lister' }, { path: '.' }), allow: ['fs:read:.'] });
    letGoAfterTurns(child);
    expect(await why).toBe('asked');
    expect((await run).status).toBe('succeeded');
    expect(await (await toka.journal()).verify()).toMatchObject({ ok: true });
  });

  test('the event loop stands still without a thread', async () => {
    const file = journalIn(makeFolder());
    const journal = await openFor(file);
    await journal.append(nextId(), WHOLE_RUN, 0);
    const { child, why } = await hold(file);
    letGoAfterTurns(child);
    await journal.append(nextId(), WHOLE_RUN, 0);
    expect(await why).toBe('alone');
  });
});

describe('a thread that dies', () => {
  test('fails what waits for it, and all that comes', async () => {
    const storage = await threaded('deadly').open({ location: '' });
    const waiting = codeOf(() => storage.get('key'));
    expect(await codeOf(() => storage.put('key', new Uint8Array(1)))).toBe('STORAGE_UNAVAILABLE');
    expect(await waiting).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(() => storage.ends())).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(() => storage.transaction(() => {}))).toBe('STORAGE_UNAVAILABLE');
    await storage.close();
  });

  test('is a journal that cannot be used now', async () => {
    const journal = await openJournal('here', { clock: systemClock, storage: threaded('deadly') });
    expect(await codeOf(() => journal.append(nextId(), WHOLE_RUN, 0))).toBe('TOKA_STATE_UNAVAILABLE');
    await journal.close();
  });
});

test('what cannot be opened says why, in its own words', async () => {
  const folder = makeFolder();
  const open = async (storage: Storage): Promise<unknown> =>
    storage.open({ location: join(folder, 'a'), root: folder }).catch((error: unknown) => {
      const { code, message, hint } = error as CodedError;
      return { code, message, hint };
    });
  mkdirSync(join(folder, 'a'));
  expect(await open(threaded('sqlite'))).toEqual(await open(sqliteStorage));
  expect(await codeOf(() => inThread({ ...sqliteStorage, id: 'unknown' }, { thread: THREAD, plugins: PLUGINS }).open({ location: '' }))).toBe('TOKA_STORAGE_UNKNOWN');
});

test('closing waits for what was asked before', async () => {
  const location = journalIn(makeFolder());
  const storage = await threaded('sqlite').open({ location });
  const event = { time: 1, body: '{}', hash: '', nodes: '' };
  const begun = Promise.withResolvers<void>();
  const long = storage.transaction(async (own) => {
    begun.resolve();
    await own.append('one', [event], 0);
    await new Promise((resolve) => void setTimeout(resolve, 50));
    await own.append('one', [event], 1);
  });
  await begun.promise;
  const asked = storage.append('two', [event], 0);
  await Promise.all([storage.close(), long, asked]);
  expect(await codeOf(() => storage.ends())).toBe('STORAGE_CLOSED');
  const again = await sqliteStorage.open({ location });
  expect(await again.ends()).toEqual({ events: 3, nodes: 3 });
  await again.close();
});

test('a thread that nothing is asked of does not keep the process', () => {
  const script = `
    const { createToka } = await import(process.argv[1]);
    const toka = await createToka({ cwd: process.argv[2], journalThread: true });
    const { status } = await toka.run({ ...toka.request({ name: 'file-lister' }, { path: '.' }), allow: ['fs:read:.'] });
    console.log(status);`;
  const folder = makeFolder();
  const env = { ...process.env, HOME: folder, XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder };
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script, join(import.meta.dirname, '../../../dist/toka.js'), folder], { encoding: 'utf8', env, timeout: 50_000 });
  expect({ stdout, status }).toEqual({ stdout: 'succeeded\n', status: 0 });
});
