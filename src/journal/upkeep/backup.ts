import type { Storage, StorageBackend } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { type Content, contentOf, demandSound } from './content.ts';
import type { Report } from './copy.ts';
import { demandFree, settle, withDraft } from './draft.ts';
import { sizeOf } from './size.ts';

export interface BackedUp extends Omit<Content, 'digest'> {
  readonly bytes: number;
}

/**
 * Writes all of one moment to a new file or folder, while others go on writing. It stands there once it is verified.
 *
 * @param storage What the source is a storage of.
 * @throws TokaError `TOKA_STORAGE_TAKEN`, `TOKA_STORAGE_UNSUPPORTED`, `TOKA_FS_FAILED`, `TOKA_INTEGRITY`
 */
export async function backupStorage(storage: Storage, source: StorageBackend, place: string, report: Report): Promise<BackedUp> {
  demandBackups(storage);
  demandFree(place);
  return withDraft(place, 'part', async (draft) => {
    report('writing');
    await source.backup(draft);
    report('verifying');
    const { digest: _, ...content } = await verified(storage, draft);
    settle(draft, place);
    return { ...content, bytes: sizeOf(place) ?? 0 };
  });
}

/** @throws TokaError `TOKA_STORAGE_UNSUPPORTED` */
export function demandBackups({ id, supports }: Storage): void {
  if (supports.backup) return;
  throw new TokaError('TOKA_STORAGE_UNSUPPORTED', `expected a storage that writes backups, found ${id}`, { hint: 'toka storage copy writes all of it to another storage, a file of sqlite for instance' });
}

async function verified(storage: Storage, location: string): Promise<Content> {
  const copy = await storage.open({ location, readOnly: true });
  try {
    const wrong = copy.supports.check ? await copy.check() : undefined;
    if (wrong !== undefined) throw new TokaError('TOKA_INTEGRITY', `expected a whole backup, found that ${wrong}`, { hint: 'nothing was kept; toka storage verify says how the journal itself is' });
    return await copy.snapshot(async (reader) => contentOf(reader, await demandSound(reader, 'the backup')));
  } finally {
    await copy.close();
  }
}
