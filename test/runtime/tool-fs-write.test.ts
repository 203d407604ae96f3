import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateByKernel, locatePortably } from '../../src/runtime/tool-fs-locate.ts';
import { createToolFs } from '../../src/runtime/tool-fs.ts';

const LOCATORS = [
  ...(process.platform === 'linux' ? [['by the kernel', locateByKernel] as const] : []),
  ['portably', locatePortably] as const,
];
const isRoot = process.getuid?.() === 0;

let root: string;
let outside: string;

beforeEach(() => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-fs-')));
  root = join(base, 'project');
  outside = join(base, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
});

afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

const isInside = (_action: string, path: string) => path === root || path.startsWith(`${root}/`);

describe.each(LOCATORS)('writing files located %s', (_name, locate) => {
  const open = () => createToolFs({ cwd: root, allows: isInside }, locate);

  it('makes a file as the umask says and replaces it with its mode kept', async () => {
    writeFileSync(join(root, 'plain'), '');
    await open().write('a.sh', 'one');
    expect(statSync(join(root, 'a.sh')).mode & 0o777).toBe(statSync(join(root, 'plain')).mode & 0o777);
    chmodSync(join(root, 'a.sh'), 0o751);
    await open().write('a.sh', Buffer.from('two'));
    expect(statSync(join(root, 'a.sh')).mode & 0o777).toBe(0o751);
    expect(readFileSync(join(root, 'a.sh'), 'utf8')).toBe('two');
    expect(readdirSync(root)).toEqual(['a.sh', 'plain']);
  });

  it.skipIf(!isRoot)('keeps the owner of a file that it replaces', async () => {
    writeFileSync(join(root, 'a.txt'), '');
    chownSync(join(root, 'a.txt'), 1234, 1235);
    chmodSync(join(root, 'a.txt'), 0o4755);
    await open().write('a.txt', 'x');
    expect(statSync(join(root, 'a.txt'))).toMatchObject({ uid: 1234, gid: 1235 });
    expect(statSync(join(root, 'a.txt')).mode & 0o7777).toBe(0o4755);
  });

  it('writes through a symlink and leaves the symlink', async () => {
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'sub', 'a.txt'), 'old');
    symlinkSync('sub/a.txt', join(root, 'link'));
    symlinkSync('sub/new.txt', join(root, 'dangling'));
    await open().write('link', 'new');
    await open().write('dangling', 'made');
    expect(readFileSync(join(root, 'sub', 'a.txt'), 'utf8')).toBe('new');
    expect(readFileSync(join(root, 'sub', 'new.txt'), 'utf8')).toBe('made');
    expect(lstatSync(join(root, 'link')).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(root, 'dangling')).isSymbolicLink()).toBe(true);
  });

  it('writes through a dangling symlink where the kernel would', async () => {
    mkdirSync(join(root, 'far/away'), { recursive: true });
    symlinkSync('far/away', join(root, 'folder'));
    symlinkSync('folder/../made.txt', join(root, 'dangling'));
    await open().write('dangling', 'new');
    expect(readFileSync(join(root, 'far/made.txt'), 'utf8')).toBe('new');
  });

  it('denies a dangling symlink that leads out', async () => {
    symlinkSync(join(outside, 'new.txt'), join(root, 'dangling'));
    symlinkSync(join(outside, 'folder'), join(root, 'folder'));
    await expect(open().write('dangling', 'x')).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
    await expect(open().write('folder/deep/x', 'x', { parents: true })).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
    expect(readdirSync(outside)).toEqual([]);
  });

  it('gives up on symlinks in a circle', async () => {
    symlinkSync('circle', join(root, 'circle'));
    await expect(open().write('circle', 'x')).rejects.toMatchObject({ code: 'TOKA_FS_FAILED' });
  });

  it('makes missing folders only when asked', async () => {
    await expect(open().write('a/b/c.txt', 'x')).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FOUND' });
    await open().write('a/b/c.txt', 'x', { parents: true });
    await open().write('a/b/d.txt', 'x', { parents: true });
    expect(readdirSync(join(root, 'a', 'b'))).toEqual(['c.txt', 'd.txt']);
    await expect(open().write('a/b/c.txt/d/e', 'x', { parents: true })).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FOUND' });
  });

  it('lets exactly one of many exclusive writers win', async () => {
    const writes = Array.from({ length: 20 }, (_, index) => open().write('a.txt', `${index}`, { exclusive: true }));
    const settled = await Promise.allSettled(writes);
    const winners = settled.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(winners).toHaveLength(1);
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe(`${winners[0]}`);
    const codes = settled.flatMap((result) => (result.status === 'rejected' ? [(result.reason as { code: string }).code] : []));
    expect(new Set(codes)).toEqual(new Set(['TOKA_FS_EXISTS']));
    expect(readdirSync(root)).toEqual(['a.txt']);
  });

  it('refuses to replace a folder and leaves nothing behind', async () => {
    mkdirSync(join(root, 'folder'));
    await expect(open().write('folder', 'x')).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FILE' });
    await expect(open().write('/', 'x')).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FILE' });
    await expect(open().write('new/folder/' + 'n'.repeat(300), 'x', { parents: true })).rejects.toMatchObject({ code: 'TOKA_FS_FAILED' });
    expect(readdirSync(root)).toEqual(['folder']);
  });

  it.skipIf(!existsSync('/proc/self/fd'))('leaves no file open, whether it succeeds or fails', async () => {
    mkdirSync(join(root, 'folder'));
    symlinkSync('../outside', join(root, 'out'));
    symlinkSync('folder', join(root, 'link'));
    const long = 'n'.repeat(300);
    const paths = ['a.txt', 'new/b/c.txt', 'link/d.txt', 'folder', 'out/e.txt', 'out/f/g.txt', `x/${long}`, `y/${long}/z`, 'a.txt/h/i'];
    const round = async () => {
      for (const path of paths) await open().write(path, 'x', { parents: true }).catch(() => undefined);
      for (const path of [...paths, 'none']) {
        await open().read(path).catch(() => undefined);
        await open().stat(path).catch(() => undefined);
        await open().list(path).catch(() => undefined);
      }
    };
    await round();
    const before = readdirSync('/proc/self/fd').length;
    for (let again = 0; again < 10; again++) await round();
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 5);
  });

  it('takes names as long as the file system does', async () => {
    const name = 'n'.repeat(255);
    await open().write(name, 'x');
    await open().write(name, 'y');
    expect(readFileSync(join(root, name), 'utf8')).toBe('y');
  });

  it('names the path that was asked for where the system refuses it, and what the system says', async () => {
    const name = 'x'.repeat(300);
    const refusal = await open().write(name, '').catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'TOKA_FS_FAILED', data: { system: 'ENAMETOOLONG' } });
    expect((refusal as Error).message).toMatch(new RegExp(`^cannot \\w+ \\S*${name}: ENAMETOOLONG: name too long$`));
  });

  it.skipIf(isRoot)('does not replace a read-only file', async () => {
    writeFileSync(join(root, 'a.txt'), 'old', { mode: 0o444 });
    await expect(open().write('a.txt', 'new')).rejects.toMatchObject({ code: 'TOKA_FS_FAILED', data: { system: 'EACCES' } });
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('old');
  });

  it('shows readers the old file or the new one, never half of one', async () => {
    const letters = ['a', 'b'];
    const size = 300_000;
    const path = join(root, 'shared.txt');
    writeFileSync(path, 'a'.repeat(size));
    const reader = `
      const { readFileSync } = require('node:fs');
      const { parentPort, workerData } = require('node:worker_threads');
      let reads = 0, running = true;
      parentPort.on('message', () => { running = false; });
      const step = () => {
        for (let i = 0; i < 20; i++) {
          const text = readFileSync(workerData.path, 'latin1');
          reads++;
          const isTorn = text.length !== workerData.size || text !== text[0].repeat(workerData.size);
          if (isTorn) { parentPort.postMessage({ torn: text.length, reads }); return; }
        }
        if (running) setImmediate(step); else parentPort.postMessage({ torn: undefined, reads });
      };
      step();`;
    const workers = [1, 2].map(() => new Worker(reader, { eval: true, workerData: { path, size } }));
    const ended = workers.map(
      (worker) =>
        new Promise<{ torn?: number; reads?: number }>((done, fail) => {
          worker.once('message', done);
          worker.once('error', fail);
        }),
    );
    for (let round = 1; round <= 60; round++) await open().write(path, (letters[round % 2] ?? '').repeat(size));
    for (const worker of workers) worker.postMessage('stop');
    for (const outcome of await Promise.all(ended)) expect(outcome).toMatchObject({ torn: undefined });
    await Promise.all(workers.map((worker) => worker.terminate()));
  });
});

it('leaves no temporary file when the run is cancelled before the rename', async () => {
  const controller = new AbortController();
  const fs = createToolFs({ cwd: root, allows: isInside, signal: controller.signal });
  const writing = fs.write('new/a.txt', 'x'.repeat(1_000_000), { parents: true });
  controller.abort();
  await expect(writing).rejects.toMatchObject({ code: 'TOKA_CANCELLED' });
  expect(existsSync(join(root, 'new'))).toBe(false);
});
