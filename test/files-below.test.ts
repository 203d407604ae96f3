import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entriesBelow } from '../src/files-below.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'toka-below-'));
  mkdirSync(join(base, 'outside'));
  writeFileSync(join(base, 'outside/secret'), '');
  mkdirSync(join(base, 'tree/deep/er'), { recursive: true });
  writeFileSync(join(base, 'tree/deep/er/file'), '');
});
afterEach(() => rmSync(base, { recursive: true }));

test('links are told and lead nowhere, so circles of them have an end', () => {
  symlinkSync('../outside', join(base, 'tree/out'));
  for (const name of ['one', 'other']) symlinkSync('.', join(base, 'tree', name));
  const found = [...entriesBelow(join(base, 'tree'))].map(({ parentPath, name }) => relative(base, join(parentPath, name)));
  expect(found.toSorted()).toEqual(['tree/deep', 'tree/deep/er', 'tree/deep/er/file', 'tree/one', 'tree/other', 'tree/out']);
});
