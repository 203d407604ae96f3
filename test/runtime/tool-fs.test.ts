import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokaError } from '../../src/errors.ts';
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
  writeFileSync(join(outside, 'secret.txt'), 'secret');
});

afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

describe.each(LOCATORS)('files located %s', (_name, locate) => {
  const open = (signal?: AbortSignal) => {
    const allows = (_action: string, path: string) => path === root || path.startsWith(`${root}/`);
    return createToolFs({ cwd: root, allows, ...(signal === undefined ? {} : { signal }) }, locate);
  };

  it('reads a range of bytes', async () => {
    writeFileSync(join(root, 'a.txt'), '0123456789');
    expect(Buffer.from(await open().read('a.txt', { start: 3, length: 4 })).toString()).toBe('3456');
    expect(Buffer.from(await open().read('a.txt', { start: 8, length: 40 })).toString()).toBe('89');
    expect((await open().read('a.txt', { start: 50 })).length).toBe(0);
  });

  it('keeps a byte order mark in text', async () => {
    writeFileSync(join(root, 'a.txt'), '\uFEFFé');
    expect(await open().readText('a.txt')).toBe('\uFEFFé');
  });

  it('refuses more than the limit and reads exactly the limit', async () => {
    writeFileSync(join(root, 'a.txt'), 'x'.repeat(1000));
    await expect(open().read('a.txt', { maxBytes: 999 })).rejects.toMatchObject({ code: 'TOKA_FS_TOO_LARGE' });
    expect((await open().read('a.txt', { maxBytes: 1000 })).length).toBe(1000);
    expect((await open().read('a.txt', { maxBytes: 10, length: 10 })).length).toBe(10);
  });

  it('reads a file of several pieces whole', async () => {
    const bytes = Buffer.alloc(9_000_001, 'abcdefg');
    writeFileSync(join(root, 'big'), bytes);
    expect(bytes.equals(await open().read('big'))).toBe(true);
  });

  it('streams from start up to, not including, end', async () => {
    const bytes = Buffer.alloc(700_000, 'abcdefg');
    writeFileSync(join(root, 'big'), bytes);
    const pieces: Uint8Array[] = [];
    for await (const piece of open().stream('big', { start: 5, end: 600_001 })) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).equals(bytes.subarray(5, 600_001))).toBe(true);
  });

  it('lists sorted, with types, hidden names and symlinks', async () => {
    writeFileSync(join(root, 'b.txt'), '');
    writeFileSync(join(root, '.env'), '');
    mkdirSync(join(root, 'a'));
    symlinkSync('nowhere', join(root, 'c'));
    expect((await open().list('.')).map(({ name, path, type }) => [name, path, type])).toEqual([
      ['.env', join(root, '.env'), 'file'],
      ['a', join(root, 'a'), 'directory'],
      ['b.txt', join(root, 'b.txt'), 'file'],
      ['c', join(root, 'c'), 'symlink'],
    ]);
  });

  it('names entries below the path that was asked for, not below its real one', async () => {
    mkdirSync(join(root, 'real'));
    writeFileSync(join(root, 'real', 'a.txt'), '');
    symlinkSync('real', join(root, 'link'));
    expect((await open().list('link')).map(({ path }) => path)).toEqual([join(root, 'link', 'a.txt')]);
    const walked: string[] = [];
    for await (const { path } of open().walk('link')) walked.push(path);
    expect(walked).toEqual([join(root, 'link', 'a.txt')]);
  });

  it('tells size, type and mode, and undefined where there is nothing', async () => {
    writeFileSync(join(root, 'a.sh'), '12345');
    chmodSync(join(root, 'a.sh'), 0o750);
    expect(await open().stat('a.sh')).toMatchObject({ type: 'file', size: 5, mode: 0o750 });
    expect(await open().stat('.')).toMatchObject({ type: 'directory' });
    expect(await open().stat('none')).toBeUndefined();
    expect(await open().stat('a.sh/below')).toBeUndefined();
  });

  it.each([
    ['a missing file', 'none', 'TOKA_FS_NOT_FOUND'],
    ['a path below a file', 'file/x', 'TOKA_FS_NOT_FOUND'],
    ['a folder', 'folder', 'TOKA_FS_NOT_FILE'],
    ['symlinks in a circle', 'circle', 'TOKA_FS_FAILED'],
    ['a NUL byte in the path', 'a\0b', 'TOKA_FS_FAILED'],
  ])('refuses to read %s', async (_case, path, code) => {
    mkdirSync(join(root, 'folder'));
    writeFileSync(join(root, 'file'), '');
    symlinkSync('circle', join(root, 'circle'));
    await expect(open().read(path)).rejects.toMatchObject({ code });
    await expect(async () => {
      for await (const piece of open().stream(path)) expect(piece).toBeUndefined();
    }).rejects.toMatchObject({ code });
  });

  it('refuses to list or walk what is no folder', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(open().list('file')).rejects.toMatchObject({ code: 'TOKA_FS_NOT_DIRECTORY' });
    await expect(open().walk('file')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'TOKA_FS_NOT_DIRECTORY' });
    await expect(open().list('none')).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FOUND' });
  });

  it('does not hang on a named pipe, nor open a socket', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const server = createServer().listen(join(root, 'socket'));
    await new Promise((done) => void server.once('listening', done));
    try {
      for (const path of ['pipe', 'socket']) {
        await expect(open().read(path)).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FILE' });
        await expect(open().write(path, 'x')).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FILE' });
        expect(await open().stat(path)).toMatchObject({ type: 'other' });
      }
    } finally {
      server.close();
    }
  });

  it('refuses a device even where it is granted', async () => {
    const all = createToolFs({ cwd: root, allows: () => true }, locate);
    await expect(all.read('/dev/zero')).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FILE' });
    await expect(all.write('/dev/null', 'x')).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FILE' });
  });

  it.skipIf(!existsSync('/proc/self/status'))('reads files that do not tell their size', async () => {
    const all = createToolFs({ cwd: root, allows: () => true }, locate);
    expect(await all.readText(`/proc/${process.pid}/status`)).toMatch(/^Name:/);
    await expect(all.read(`/proc/${process.pid}/status`, { maxBytes: 10 })).rejects.toMatchObject({ code: 'TOKA_FS_TOO_LARGE' });
  });

  it.skipIf(isRoot)('reports what the system forbids', async () => {
    writeFileSync(join(root, 'private'), '', { mode: 0 });
    await expect(open().read('private')).rejects.toMatchObject({ code: 'TOKA_FS_FAILED', data: { system: 'EACCES' } });
  });

  describe('the jail', () => {
    it('asks about the real path and names it with the hint', async () => {
      symlinkSync(outside, join(root, 'out'));
      const asked: string[] = [];
      const fs = createToolFs(
        {
          cwd: root,
          allows: (action, path) => {
            asked.push(`${action} ${path}`);
            return false;
          },
          hint: (action, path) => `ask for ${action} ${path}`,
        },
        locate,
      );
      const capability = `fs:read:${outside}/secret.txt`;
      const error: unknown = await fs.read('out/secret.txt').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'TOKA_CAPABILITY_DENIED', data: { capability }, hint: `ask for read ${outside}/secret.txt` });
      expect(String(error)).toContain(capability);
      expect(asked).toEqual([`read ${outside}/secret.txt`]);
    });

    const escapes = [
      'link.txt',
      'out/secret.txt',
      '../outside/secret.txt',
      'sub/../../outside/secret.txt',
      'chain',
      'out/../outside/secret.txt',
    ];
    it.each(escapes)('denies every method the way out by %s', async (path) => {
      symlinkSync(join(outside, 'secret.txt'), join(root, 'link.txt'));
      symlinkSync('../outside', join(root, 'out'));
      symlinkSync('link.txt', join(root, 'chain'));
      mkdirSync(join(root, 'sub'));
      const target = path === 'out/../outside/secret.txt' ? `${root}/../outside/secret.txt` : path;
      const fs = open();
      const denied = { code: 'TOKA_CAPABILITY_DENIED' };
      await expect(fs.read(target)).rejects.toMatchObject(denied);
      await expect(fs.readText(target)).rejects.toMatchObject(denied);
      await expect(fs.stat(target)).rejects.toMatchObject(denied);
      await expect(fs.write(target, 'x')).rejects.toMatchObject(denied);
      await expect(fs.stream(target)[Symbol.asyncIterator]().next()).rejects.toMatchObject(denied);
      expect(fs.can('read', target)).toBe(false);
      expect(fs.can('write', target)).toBe(false);
    });

    it('does not tell what exists outside', async () => {
      const fs = open();
      for (const path of ['secret.txt', 'none', 'secret.txt/below', 'none/below']) {
        await expect(fs.stat(join(outside, path))).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
        await expect(fs.read(join(outside, path))).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
        await expect(fs.list(join(outside, path))).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
        await expect(fs.write(join(outside, path), '', { parents: true })).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
      }
      expect(existsSync(join(outside, 'none'))).toBe(false);
    });

    it('follows a symlink that stays inside', async () => {
      writeFileSync(join(root, 'a.txt'), 'a');
      symlinkSync('a.txt', join(root, 'b.txt'));
      expect(await open().readText('b.txt')).toBe('a');
      expect(open().can('read', 'b.txt')).toBe(true);
    });

    it('answers can() for files that are not there yet, through dangling symlinks too', () => {
      symlinkSync(join(outside, 'new.txt'), join(root, 'dangling'));
      expect(open().can('write', 'new/deep/file.txt')).toBe(true);
      expect(open().can('write', 'dangling')).toBe(false);
      expect(open().can('write', 'dangling/below')).toBe(false);
    });
  });

  it('throws the reason of the abort once the run is cancelled', async () => {
    writeFileSync(join(root, 'a.txt'), 'a');
    const controller = new AbortController();
    const fs = open(controller.signal);
    const stream = fs.stream('a.txt')[Symbol.asyncIterator]();
    controller.abort();
    await expect(fs.read('a.txt')).rejects.toMatchObject({ code: 'TOKA_CANCELLED' });
    await expect(fs.write('b.txt', '')).rejects.toMatchObject({ code: 'TOKA_CANCELLED' });
    await expect(stream.next()).rejects.toMatchObject({ code: 'TOKA_CANCELLED' });
    const timedOut = open(AbortSignal.abort(new TokaError('TOKA_TIMED_OUT', 'too long')));
    await expect(timedOut.stat('a.txt')).rejects.toMatchObject({ code: 'TOKA_TIMED_OUT' });
    expect(existsSync(join(root, 'b.txt'))).toBe(false);
  });
});
