import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'toka-fs-')));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe.skipIf(!canMount)('on a file system that refuses', () => {
  const module = join(import.meta.dirname, '../../src/runtime/tool-fs.ts');
  const script = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { createToolFs } from ${JSON.stringify(module)};
    const fs = createToolFs({ cwd: process.argv[1], allows: () => true });
    const codes = [];
    for (const [path, size] of JSON.parse(process.argv[2])) {
      const writing = fs.write(path, 'x'.repeat(size), { parents: true });
      codes.push(await writing.then(() => 'done', ({ code, data }) => code + ' ' + data.system));
    }
    const a = readFileSync(process.argv[1] + '/a.txt', 'utf8').length;
    console.log(JSON.stringify({ codes, names: readdirSync(process.argv[1]), a }));`;

  const run = (mount: string, writes: readonly (readonly [string, number])[]) => {
    const node = 'exec "$2" --input-type=module -e "$3" "$1" "$4"';
    const inner = `mount -t tmpfs -o size=256k none "$1" && printf old > "$1/a.txt" && ${mount} && ${node}`;
    const out = execFileSync('unshare', ['-rm', 'sh', '-c', inner, 'sh', root, process.execPath, script, JSON.stringify(writes)], {
      encoding: 'utf8',
    });
    return JSON.parse(out) as unknown;
  };

  it('keeps the old file and leaves no other when the disk is full', () => {
    expect(
      run('true', [
        ['a.txt', 1_000_000],
        ['new/b.txt', 1_000_000],
        ['c.txt', 10],
      ]),
    ).toEqual({
      codes: ['TOKA_FS_FAILED ENOSPC', 'TOKA_FS_FAILED ENOSPC', 'done'],
      names: ['a.txt', 'c.txt'],
      a: 3,
    });
  });

  it('says so when it is mounted read-only', () => {
    expect(
      run('mount -o remount,bind,ro "$1"', [
        ['a.txt', 10],
        ['new/b.txt', 10],
      ]),
    ).toEqual({
      codes: ['TOKA_FS_FAILED EROFS', 'TOKA_FS_FAILED EROFS'],
      names: ['a.txt'],
      a: 3,
    });
  });
});
