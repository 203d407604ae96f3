import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder } from '../src/make-folder.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'toka-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a folder and those above it are made, each with the mode', () => {
  const folder = scratch();
  expect(makeFolder(join(folder, 'a/b/c'), 0o700)).toBe(join(folder, 'a'));
  for (const made of ['a', 'a/b', 'a/b/c']) expect(statSync(join(folder, made)).mode & 0o777).toBe(0o700);
});

test('what is there stays, a link to a folder as well', () => {
  const folder = scratch();
  symlinkSync(folder, join(folder, 'link'));
  expect(makeFolder(folder)).toBeUndefined();
  expect(makeFolder(join(folder, 'link/inside'))).toBe(join(folder, 'link/inside'));
  expect(existsSync(join(folder, 'inside'))).toBe(true);
});

test.each([
  ['a file', 'file', 'EEXIST'],
  ['below a file', 'file/a/b', 'ENOTDIR'],
  ['a link to nowhere', 'nowhere', 'EEXIST'],
])('%s is an error', (_, path, code) => {
  const folder = scratch();
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('missing', join(folder, 'nowhere'));
  expect(() => makeFolder(join(folder, path))).toThrow(expect.objectContaining({ code }));
});

test.runIf(process.platform === 'linux')('where none can be made, that is an error and no endless loop', () => {
  expect(() => makeFolder('/proc/nothing/here')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
