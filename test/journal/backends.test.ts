import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findStorage } from '../../src/journal/backends.ts';
import { codeOf, makeFolder } from './fixtures.ts';

const ENTRY = `exports.default = { id: 'shelf', summary: 'Keep it on a shelf', supports: { durable: true }, open: async () => ({}) };`;

/** A plugin that brings a storage backend with that entry. */
function plugin(entry: string | undefined): string {
  const folder = makeFolder();
  mkdirSync(join(folder, 'dist'));
  if (entry !== undefined) writeFileSync(join(folder, 'dist/shelf.cjs'), entry);
  const storage = [{ id: 'shelf', entry: './dist/shelf.cjs', summary: 'Keep it on a shelf' }];
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'shelf', version: '1.0.0', toka: { manifestVersion: 1, api: '^1.0', contributes: { storage } } }));
  return join(folder, 'package.json');
}

test('a storage backend is one of toka, or of a plugin', () => {
  expect(findStorage('sqlite', []).supports.durable).toBe(true);
  expect(findStorage('memory', []).supports.durable).toBe(false);
  expect(findStorage('shelf', [plugin(ENTRY)]).summary).toBe('Keep it on a shelf');
});

test('what nobody brings is refused, with what there is', () => {
  expect(() => findStorage('shelf', [])).toThrow(expect.objectContaining({ code: 'TOKA_STORAGE_UNKNOWN', hint: 'there are sqlite, memory' }));
  expect(() => findStorage('chest', [plugin(ENTRY)])).toThrow(expect.objectContaining({ hint: 'there are sqlite, memory, shelf' }));
});

test.each([
  ['that is not built', undefined],
  ['that throws', 'throw new Error("no");'],
  ['that exports nothing', ''],
  ['that exports something else', 'exports.default = { run() {} };'],
])('a plugin %s is refused', async (_, entry) => {
  expect(await codeOf(() => findStorage('shelf', [plugin(entry)]))).toBe('TOKA_RUNTIME_UNAVAILABLE');
});

test('a plugin cannot take the place of a backend of toka', () => {
  expect(findStorage('sqlite', [plugin(ENTRY)]).summary).toContain('SQLite');
});
