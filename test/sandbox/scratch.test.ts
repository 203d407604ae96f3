import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
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
  await setImmediate();
  expect([existsSync(gone), existsSync(elsewhere), existsSync(scratchFolder())]).toEqual([false, true, true]);
});
