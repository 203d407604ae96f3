import { storageChecks, type StoragePlace } from '@toka/sdk/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import lmdb from '../src/lmdb.ts';

async function makePlace(): Promise<StoragePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'toka-lmdb-'));
  const location = join(folder, 'state', 'journal');
  const target = join(folder, 'copy');
  return {
    open: (options) => lmdb.open({ location, ...options }),
    copy: { target, open: () => lmdb.open({ location: target, root: folder }) },
    remove: async () => rmSync(folder, { recursive: true }),
  };
}

describe('the LMDB storage', () => {
  test.each(storageChecks)('$name', async ({ run }) => {
    await expect(run(makePlace)).resolves.toBeUndefined();
  });
});
