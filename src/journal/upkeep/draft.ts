import { linkSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isCoded } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { syncPath } from '../sqlite/create.ts';

/**
 * Lets something be made in a folder beside the place that it is for, which is gone afterwards. Who is killed leaves the folder, and never
 * half of the thing in its place.
 *
 * @param place A path in a folder that exists.
 * @param work Is given the path to make it at.
 */
export async function withDraft<T>(place: string, word: string, work: (draft: string) => Promise<T>): Promise<T> {
  const folder = attempt(place, () => mkdtempSync(`${place}.${word}-`));
  try {
    return await work(join(folder, basename(place)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Puts a draft that is whole where it belongs, durably and at once.
 *
 * @throws TokaError `TOKA_STORAGE_TAKEN` where something is there by now.
 */
export function settle(draft: string, place: string): void {
  attempt(place, () => {
    syncPath(draft);
    if (lstatSync(draft).isDirectory()) moveFolder(draft, place);
    else linkFile(draft, place);
    syncPath(dirname(place));
  });
}

export function demandFree(place: string): void {
  if (attempt(place, () => lstatSync(place, { throwIfNoEntry: false }))) throw taken(place);
}


/** What the operating system refuses gets a code. */
export function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(isCoded(cause) && 'syscall' in cause)) throw cause;
    throw new TokaError('TOKA_FS_FAILED', `expected to write ${path}: ${cause.message}`, { cause, hint: 'check that its folder exists, may be written, and has room' });
  }
}

function moveFolder(draft: string, place: string): void {
  demandFree(place);
  renameSync(draft, place);
}

/** A link, unlike a renaming, replaces nothing. */
function linkFile(draft: string, place: string): void {
  try {
    linkSync(draft, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw taken(place);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    demandFree(place);
    renameSync(draft, place);
  }
}

function taken(place: string): TokaError {
  return new TokaError('TOKA_STORAGE_TAKEN', `expected nothing at ${place}, found something`, { hint: 'nothing was changed: name another place' });
}
