import { storageChecks, type StoragePlace } from '@toka/sdk/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sqliteStorage } from '../../src/journal/sqlite/storage.ts';

async function makePlace(): Promise<StoragePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'toka-sqlite-'));
  const location = join(folder, 'state', 'journal.db');
  const target = join(folder, 'copy.db');
  return {
    open: (options) => sqliteStorage.open({ location, ...options }),
    copy: { target, open: () => sqliteStorage.open({ location: target, root: folder }) },
    remove: async () => rmSync(folder, { recursive: true }),
  };
}

describe('the SQLite storage', () => {
  test.each(storageChecks)('$name', async ({ run }) => {
    await expect(run(makePlace)).resolves.toBeUndefined();
  });
});
