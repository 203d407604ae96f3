import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchForPlanted } from '../../src/sandbox/planted.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'planted-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('tells of what was made where there was nothing, links too', () => {
  writeFileSync(join(folder, '.npmrc'), '');
  const planted = watchForPlanted({ mounts: [{ path: folder, access: 'write' }], cwd: '/tmp' });
  mkdirSync(join(folder, '.git/hooks'), { recursive: true });
  symlinkSync('/nowhere', join(folder, '.envrc'));
  expect(planted().toSorted()).toEqual([join(folder, '.envrc'), join(folder, '.git')]);
});

test('has nothing to tell of read mounts, of single files and of folders that are not there', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const planted = watchForPlanted({
    mounts: [
      { path: folder, access: 'read' },
      { path: file, access: 'write' },
      { path: join(folder, 'new'), access: 'write', create: 'folder' },
    ],
    cwd: folder,
  });
  mkdirSync(join(folder, '.git'));
  expect(planted()).toEqual([]);
});

test('looks into every folder from the mount down to where the process starts', () => {
  const below = join(folder, 'packages/api');
  mkdirSync(below, { recursive: true });
  const planted = watchForPlanted({ mounts: [{ path: folder, access: 'write' }], cwd: below });
  for (const name of ['packages/toka.yaml', 'packages/api/toka.lock', 'packages/api/other']) writeFileSync(join(folder, name), '');
  expect(planted().toSorted()).toEqual([join(below, 'toka.lock'), join(folder, 'packages/toka.yaml')]);
});
