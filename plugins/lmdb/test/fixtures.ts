import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { NewEvent, StorageBackend } from '@toka/sdk';
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

export function event(at: number, text = ''): NewEvent {
  return { key: `key ${at}`, time: 1000 + at, body: JSON.stringify({ type: 'noted', at, text }), hash: 'ab', nodes: 'cdef' };
}

/** The code of what a call rejects with; undefined if it does not. */
export async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  return undefined;
}
