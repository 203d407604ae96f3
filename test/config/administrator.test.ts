import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadAdministrator } from '../../src/config/administrator.ts';

let folder: string;
let file: string;
const owner = process.getuid?.() ?? 0;

beforeEach(() => {
  folder = join(realpathSync(mkdtempSync(join(tmpdir(), 'toka-administrator-'))), 'toka');
  file = join(folder, 'policy.yaml');
  mkdirSync(folder, { mode: 0o755 });
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

function write(policy: string, mode = 0o644): void {
  writeFileSync(file, `apiVersion: toka/v1\n${policy}`);
  chmodSync(file, mode);
}

const load = async (as = owner) => loadAdministrator({ file, owner: as });
const unsafe = expect.objectContaining({ code: 'TOKA_POLICY_UNSAFE' }) as unknown;

test('no file is no policy', async () => {
  expect(await load()).toBeUndefined();
  rmSync(folder, { recursive: true });
  expect(await load()).toBeUndefined();
});

test('what takes away is read', async () => {
  write('policy: { ask: [proc:exec:git], deny: [{ capability: fs:read:/srv/**, reason: private }] }\nsandbox: { require: hard }\n');
  expect(await load()).toMatchObject({
    origin: 'administrator',
    trusted: true,
    config: { policy: { allow: [], ask: [{ line: 2 }], deny: [{ reason: 'private' }] }, sandbox: { require: 'hard' } },
  });
});

test.each([
  'policy: { allow: [fs:read] }',
  'prefer: { file-reader: files }',
  'sandbox: { require: watchdog }',
  'tools: { paths: [/srv] }',
  'policy: { deny: [nonsense] }',
  'policy: { forbid: [fs:read] }',
  '{',
])('what adds, or is no policy, is an error of the file: %s', async (policy) => {
  write(policy);
  await expect(load()).rejects.toMatchObject({ code: 'TOKA_CONFIG_INVALID', where: { file, line: 2 } });
});

describe('a file that others could have written is refused', () => {
  beforeEach(() => write('policy: { deny: [fs:write] }'));

  test.each([0o664, 0o646, 0o666])('by its mode %o', async (mode) => {
    chmodSync(file, mode);
    await expect(load()).rejects.toEqual(unsafe);
  });

  test.each([0o775, 0o777, 0o757])('by that of its folder, %o', async (mode) => {
    chmodSync(folder, mode);
    await expect(load()).rejects.toEqual(unsafe);
  });

  test('by its owner', async () => {
    await expect(load(owner + 1)).rejects.toEqual(unsafe);
  });

  test('where it is a link', async () => {
    rmSync(file);
    writeFileSync(join(folder, 'other.yaml'), 'apiVersion: toka/v1\n');
    symlinkSync('other.yaml', file);
    await expect(load()).rejects.toEqual(unsafe);
    rmSync(join(folder, 'other.yaml'));
    await expect(load()).rejects.toEqual(unsafe);
  });

  test('where it is a folder, which says nothing', async () => {
    rmSync(file);
    mkdirSync(file);
    await expect(load()).rejects.toMatchObject({ code: 'TOKA_CONFIG_INVALID' });
  });
});
