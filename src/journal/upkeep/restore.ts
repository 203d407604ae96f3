import { cpSync, existsSync, lstatSync } from 'node:fs';
import { isCoded, type Storage, type StorageBackend } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { exchange } from '../sqlite/exchange.ts';
import { demandBackups } from './backup.ts';
import { type Content, contentOf, demandSound } from './content.ts';
import { copyStorage, type Report } from './copy.ts';
import { attempt, withDraft } from './draft.ts';

/** Where a journal is to be restored to. */
export interface Destination {
  readonly storage: Storage;
  /** A path. */
  readonly location: string;
  readonly root?: string;
}

export interface Restored extends Content {
  /** Where the journal is that was there before. */
  readonly kept?: string;
}

/**
 * Puts a backup in the place of a journal: all of it or, whatever happens, nothing. It is verified before.
 *
 * @param backup The file or folder that a backup was written to; it stays as it is.
 * @param replace Whether a journal that has events gives way; it is kept beside.
 * @throws TokaError `TOKA_STORAGE_TAKEN` without `replace`; `TOKA_INTEGRITY` for a backup that is not in order, `TOKA_STATE_UNAVAILABLE` for one
 *   of a newer version, or while another process uses the journal that is to give way.
 */
export async function restoreStorage(backup: string, to: Destination, { replace, report }: { readonly replace: boolean; readonly report: Report }): Promise<Restored> {
  const { storage, location } = to;
  demandBackups(storage);
  if (!existsSync(backup)) throw new TokaError('TOKA_USAGE', `expected a backup at ${backup}, found nothing`, { hint: 'toka storage backup writes one' });
  if (!replace && (await isUsed(to))) throw new TokaError('TOKA_STORAGE_TAKEN', `expected no events in ${location}, found some`, { hint: 'nothing was changed; with --replace the backup takes the place, and what is there is kept beside' });
  // Its folder has to be there, and to be as the backend makes it.
  if (!existsSync(location)) await withOpen(to, async () => {});
  return withDraft(location, 'restoring', async (draft) => {
    report('reading');
    attempt(draft, () => stage(backup, draft));
    // To be written, since one of an older format is brought to the present one first.
    const source = await opened(storage, draft, backup);
    let content: Content;
    try {
      report('verifying');
      content = await examined(source, backup);
      if (await isEmpty(to)) return await withOpen(to, (target) => copyStorage(source, target, report));
    } finally {
      await source.close();
    }
    return { ...content, kept: exchangeFile(to, draft) };
  });
}

function stage(backup: string, draft: string): void {
  cpSync(backup, draft, { recursive: true, errorOnExist: true, force: false });
  // A file that was copied by hand while it was used has its newest part there.
  const log = lstatSync(`${backup}-wal`, { throwIfNoEntry: false });
  if (log && log.size > 0) cpSync(`${backup}-wal`, `${draft}-wal`);
}

/** What is wrong with the copy is wrong with the backup: its own place is gone when that is read. */
async function opened(storage: Storage, draft: string, backup: string): Promise<StorageBackend> {
  try {
    return await storage.open({ location: draft });
  } catch (cause) {
    if (!isCoded(cause) || cause.code !== 'STORAGE_DAMAGED') throw cause;
    throw new TokaError('TOKA_INTEGRITY', `expected a backup of a journal, found something else or a damaged one in ${backup}`, { cause, where: { file: backup }, hint: 'nothing was changed; restore another one' });
  }
}

async function examined(source: StorageBackend, backup: string): Promise<Content> {
  const wrong = source.supports.check ? await source.check() : undefined;
  if (wrong !== undefined) throw new TokaError('TOKA_INTEGRITY', `expected a whole backup in ${backup}, found that ${wrong}`, { hint: 'nothing was changed; restore another one' });
  return source.snapshot(async (reader) => contentOf(reader, await demandSound(reader, backup)));
}

async function withOpen<T>({ storage, ...place }: Destination, work: (storage: StorageBackend) => Promise<T>): Promise<T> {
  const there = await storage.open(place);
  try {
    return await work(there);
  } finally {
    await there.close();
  }
}

/** Only files of SQLite can change places at once. */
function exchangeFile({ storage, location, root }: Destination, draft: string): string {
  if (storage.id === 'sqlite') return exchange(location, draft, root);
  throw new TokaError('TOKA_STORAGE_UNSUPPORTED', `expected an empty ${storage.id} storage at ${location}, found one that holds something`, { hint: 'move it aside, or restore to another place' });
}

/** Whether a journal there has events, or is damaged so that nobody can tell. */
async function isUsed(to: Destination): Promise<boolean> {
  return existsSync(to.location) && !(await isEmpty(to));
}

async function isEmpty({ storage, ...place }: Destination): Promise<boolean> {
  try {
    const there = await storage.open({ ...place, readOnly: true });
    try {
      return await there.snapshot(async (reader) => (await reader.ends()).events === 0 && (await reader.count('')) === 0);
    } finally {
      await there.close();
    }
  } catch (error) {
    if (isCoded(error) && error.code === 'STORAGE_DAMAGED') return false;
    throw error;
  }
}
