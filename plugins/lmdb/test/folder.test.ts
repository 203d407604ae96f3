import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { describe, expect, test } from 'vitest';
import { codeOf, event, makeFolder, openFor } from './fixtures.ts';

function modes(folder: string): string[] {
  return ['.', ...readdirSync(folder).toSorted()].map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`);
}

const PRIVATE = ['. 700', 'data.mdb 600', 'lock.mdb 600'];

describe('the folder of a storage', () => {
  test('is made for its user alone, with the folders above it', async () => {
    const location = join(makeFolder(), 'a', 'b.c');
    await openFor(location);
    expect(modes(location)).toEqual(PRIVATE);
  });

  test('may be there and empty', async () => {
    const location = makeFolder();
    chmodSync(location, 0o755);
    await openFor(location);
    expect(modes(location)).toEqual(PRIVATE);
  });

  test('is taken away from others when it is opened', async () => {
    const location = makeFolder();
    await (await openFor(location)).close();
    chmodSync(location, 0o755);
    chmodSync(join(location, 'data.mdb'), 0o644);
    await openFor(location);
    expect(modes(location)).toEqual(PRIVATE);
  });

  test.runIf(process.platform === 'linux')('is refused where no folder can be made', async () => {
    expect(await codeOf(() => openFor('/proc/none/events'))).toBe('STORAGE_UNAVAILABLE');
  });

  test('may be no symbolic link, nor lie below one, from the root on', async () => {
    const root = makeFolder();
    await (await openFor(join(root, 'real', 'events'))).close();
    symlinkSync('real', join(root, 'link'));
    symlinkSync('events', join(root, 'real', 'other'));
    expect(await codeOf(() => openFor(join(root, 'link', 'events'), { root }))).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(() => openFor(join(root, 'real', 'other')))).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(() => openFor(join(root, 'link', 'events'), { root, readOnly: true }))).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(() => openFor(join(root, 'link', 'events'), { root: join(root, 'link') }))).toBe(undefined);
  });

  test('may hold no symbolic link in the place of its files', async () => {
    const [location, elsewhere] = [makeFolder(), makeFolder()];
    await (await openFor(elsewhere)).close();
    symlinkSync(join(elsewhere, 'data.mdb'), join(location, 'data.mdb'));
    expect(await codeOf(() => openFor(location))).toBe('STORAGE_UNAVAILABLE');
  });

  test.runIf(process.geteuid?.() === 0)("is refused where it is another user's", async () => {
    const location = makeFolder();
    await (await openFor(location)).close();
    execFileSync('chown', ['65534', join(location, 'data.mdb')]);
    expect(await codeOf(() => openFor(location))).toBe('STORAGE_UNAVAILABLE');
  });

  test('with something else in it is damaged, and left alone', async () => {
    const location = makeFolder();
    writeFileSync(join(location, 'notes.txt'), 'mine');
    expect(await codeOf(() => openFor(location))).toBe('STORAGE_DAMAGED');
    expect(readdirSync(location)).toEqual(['notes.txt']);
    expect(await codeOf(() => openFor(join(location, 'notes.txt')))).toBe('STORAGE_DAMAGED');
  });

  test('with the data of another program is damaged, and left alone', async () => {
    const location = makeFolder();
    const other = openLmdb({ path: location, noSubdir: false, overlappingSync: false });
    await other.put('theirs', 1);
    await other.close();
    const before = readFileSync(join(location, 'data.mdb'));
    expect(await codeOf(() => openFor(location))).toBe('STORAGE_DAMAGED');
    expect(readFileSync(join(location, 'data.mdb')).equals(before)).toBe(true);
  });

  test('of a newer version is unavailable', async () => {
    const location = makeFolder();
    await (await openFor(location)).close();
    const database = openLmdb<Buffer, Buffer>({ path: location, noSubdir: false, overlappingSync: false, encoding: 'binary', keyEncoding: 'binary' });
    database.putSync(Buffer.of(1), Buffer.from('toka 2'));
    await database.close();
    expect(await codeOf(() => openFor(location))).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(() => openFor(location, { readOnly: true }))).toBe('STORAGE_UNAVAILABLE');
  });

  test('is not made by who only reads', async () => {
    const folder = makeFolder();
    const reader = await openFor(join(folder, 'events'), { readOnly: true });
    expect([await reader.ends(), await reader.list({ prefix: '', limit: 9 }), await reader.check()]).toEqual([{ events: 0, nodes: 0 }, [], undefined]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is not changed by who only reads', async () => {
    const location = makeFolder();
    await (await openFor(location)).close();
    chmodSync(join(location, 'data.mdb'), 0o640);
    const before = statSync(join(location, 'data.mdb'));
    const reader = await openFor(location, { readOnly: true });
    await reader.readAll({ limit: 9 });
    await reader.close();
    expect(statSync(join(location, 'data.mdb'))).toMatchObject({ mode: before.mode, mtimeMs: before.mtimeMs, size: before.size });
  });

  test('can be opened to be read first, and to be written then, in one process', async () => {
    const location = makeFolder();
    await (await openFor(location)).close();
    const reader = await openFor(location, { readOnly: true });
    const storage = await openFor(location);
    await storage.append('one', [event(1)], 0);
    expect(await reader.ends()).toEqual({ events: 1, nodes: 1 });
  });

  test('works without the lock file that somebody has removed', async () => {
    const location = makeFolder();
    await (await openFor(location)).close();
    rmSync(join(location, 'lock.mdb'));
    const storage = await openFor(location);
    expect(await storage.append('one', [event(1)], 0)).toMatchObject({ position: 1 });
  });
});

describe('a backup', () => {
  test('is private, and whole where it is', async () => {
    const folder = makeFolder();
    const storage = await openFor(join(folder, 'events'));
    await storage.append('one', [event(1)], 0);
    await storage.backup(join(folder, 'new', 'copy'));
    expect(modes(join(folder, 'new', 'copy'))).toEqual(PRIVATE);
    expect(readdirSync(join(folder, 'new'))).toEqual(['copy']);
    expect(await (await openFor(join(folder, 'new', 'copy'))).check()).toBe(undefined);
  });

  test('replaces nothing', async () => {
    const folder = makeFolder();
    const storage = await openFor(join(folder, 'events'));
    mkdirSync(join(folder, 'notes'));
    writeFileSync(join(folder, 'notes', 'notes.txt'), 'mine');
    expect(await codeOf(() => storage.backup(join(folder, 'events')))).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(() => storage.backup(join(folder, 'notes')))).toBe('STORAGE_UNAVAILABLE');
    expect(readdirSync(folder).toSorted()).toEqual(['events', 'notes']);
  });
});
