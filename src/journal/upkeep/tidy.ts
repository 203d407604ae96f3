import type { Storage, StorageOptions } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { sizeOf } from './size.ts';

export interface Compacted {
  /** What it took before and takes now; absent where nobody can tell. */
  readonly before?: number;
  readonly after?: number;
}

/**
 * Gives space back, and measures how much.
 *
 * @throws TokaError `TOKA_STORAGE_UNSUPPORTED`
 */
export async function compactStorage(storage: Storage, options: StorageOptions): Promise<Compacted> {
  if (!storage.supports.compact) {
    throw new TokaError('TOKA_STORAGE_UNSUPPORTED', `expected a storage that gives space back, found ${storage.id}`, { hint: 'toka storage copy writes a new one, which takes no more than it needs' });
  }
  const opened = await storage.open(options);
  try {
    const measure = async (): Promise<number | undefined> => (await opened.describe()).bytes ?? sizeOf(options.location);
    const before = await measure();
    await opened.compact();
    const after = await measure();
    return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  } finally {
    await opened.close();
  }
}

export interface Migrated {
  readonly from: number;
  readonly to: number;
  readonly events: number;
  /** Whether anything was changed. */
  readonly migrated: boolean;
}

/**
 * Brings a storage to the present format, which every command that records would do as well.
 *
 * @param dryRun Whether it is only told what would be done.
 * @throws TokaError `TOKA_STORAGE_UNSUPPORTED` for a backend that does not tell its formats.
 */
export async function migrateStorage(storage: Storage, options: StorageOptions, dryRun: boolean): Promise<Migrated> {
  const before = await formatsOf(storage, { ...options, readOnly: true });
  if (dryRun || before.from === before.to) return { ...before, migrated: false };
  const { from: now, events } = await formatsOf(storage, options);
  return { from: before.from, to: now, events, migrated: true };
}

async function formatsOf(storage: Storage, options: StorageOptions): Promise<Omit<Migrated, 'migrated'>> {
  const opened = await storage.open(options);
  try {
    const { format, newestFormat } = await opened.describe();
    if (format === undefined || newestFormat === undefined) {
      throw new TokaError('TOKA_STORAGE_UNSUPPORTED', `expected a storage that tells its format, found ${storage.id}`, { hint: 'it is brought to the present one by the first run that is recorded in it' });
    }
    return { from: format, to: newestFormat, events: (await opened.ends()).events };
  } finally {
    await opened.close();
  }
}
