import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { ownerName } from '../../src/sandbox/owner.ts';
import { scratchBase, scratchFolder } from '../../src/sandbox/scratch.ts';
import { temporaryFolder } from './support.ts';

it('the scratch folder is private, and those of processes that were killed are swept', async () => {
  using folder = temporaryFolder();
  process.env['XDG_RUNTIME_DIR'] = folder.path;
  const base = join(folder.path, 'toka');
  // Larger than any process id of Linux.
  const gone = join(base, ownerName().replace(/\d+$/, '4194305'));
  mkdirSync(gone, { recursive: true, mode: 0o700 });
  const elsewhere = join(base, 'toka-1-4194305');
  mkdirSync(elsewhere);
  expect(scratchBase()).toBe(base);
  expect(statSync(scratchFolder()).mode & 0o777).toBe(0o700);
  await expect.poll(() => existsSync(gone)).toBe(false);
  expect([existsSync(elsewhere), existsSync(scratchFolder())]).toEqual([true, true]);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

const inside = (make: (path: string) => void) => (path: string): void => {
  mkdirSync(path);
  make(join(path, 'toka'));
};
const openFolder = (path: string): void => {
  mkdirSync(path);
  chmodSync(path, 0o755);
};

it.each<[string, (path: string) => void]>([
  ['is a link that leads to itself', (path) => symlinkSync(path, path)],
  ['is a file', (path) => writeFileSync(path, '')],
  ['has a file where toka has its folder', inside((path) => writeFileSync(path, ''))],
  ['has a link there', inside((path) => symlinkSync('.', path))],
  ['has a folder there that others may read', inside(openFolder)],
])('the temporary folder is used where $XDG_RUNTIME_DIR %s', async (_, make) => {
  using folder = temporaryFolder();
  const runtime = join(folder.path, 'runtime');
  make(runtime);
  vi.stubEnv('XDG_RUNTIME_DIR', runtime);
  vi.stubEnv('TMPDIR', folder.path);
  vi.resetModules();
  const scratch = await import('../../src/sandbox/scratch.ts');
  expect(scratch.scratchBase()).toBe(join(folder.path, `toka-${process.getuid?.()}`));
});
