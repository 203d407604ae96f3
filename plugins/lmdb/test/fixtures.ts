import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StorageBackend } from '@toka/sdk';
import lmdb from '../src/lmdb.ts';

/** A folder that is gone after the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'toka-lmdb-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a storage that is closed after the test. */
export async function openFor(location: string, options: { readOnly?: boolean; root?: string } = {}): Promise<StorageBackend> {
  const storage = await lmdb.open({ location, ...options });
  onTestFinished(() => storage.close());
  return storage;
}
