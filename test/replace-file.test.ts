import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile } from '../src/replace-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toka-replace-'));
  file = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file has the new text and mode, and nothing lies beside it', () => {
  writeFileSync(file, 'old', { mode: 0o644 });
  replaceFile(file, 'new', 0o600);
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, readdirSync(folder)]).toEqual(['new', 0o600, ['file']]);
});

test('a link is replaced, not followed', () => {
  writeFileSync(join(folder, 'other'), 'kept');
  symlinkSync('other', file);
  replaceFile(file, 'new', 0o600);
  expect([readFileSync(join(folder, 'other'), 'utf8'), readFileSync(file, 'utf8')]).toEqual(['kept', 'new']);
});

test('what cannot be replaced stays, and nothing lies beside it', () => {
  mkdirSync(file);
  expect(() => replaceFile(file, 'new', 0o600)).toThrow(expect.objectContaining({ syscall: 'rename' }));
  expect(readdirSync(folder)).toEqual(['file']);
});
