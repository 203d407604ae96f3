import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { TokaError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { replaceFile } from '../replace-file.ts';

/** Readable, or writable, for anybody but the owner. */
const OTHERS = 0o077;

/**
 * Reads a file that nobody but this user may read or change: neither it nor its folder may be a link, belong to another user or be open to one.
 *
 * @returns Undefined where it does not exist.
 * @throws TokaError TOKA_FILE_UNSAFE, TOKA_STATE_UNAVAILABLE
 */
export function readPrivate(file: string): string | undefined {
  const folder = dirname(file);
  const info = attempt(file, () => lstatSync(folder, { throwIfNoEntry: false }));
  if (info === undefined) return undefined;
  demandPrivate(folder, info, 'directory', '0700');
  return attempt(file, () => {
    const fd = openUnlinked(file);
    if (fd === undefined) return undefined;
    try {
      demandPrivate(file, fstatSync(fd), 'file', '0600');
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  });
}

/** Replaces such a file as a whole, durably; readers see the old or the new one. */
export function writePrivate(file: string, text: string): void {
  attempt(file, () => replaceFile(file, text, 0o600));
}

/** Makes the folder of such a file, and refuses one that is open to others. */
export function privateFolder(folder: string): void {
  attempt(folder, () => {
    makeFolder(folder, 0o700);
    demandPrivate(folder, lstatSync(folder), 'directory', '0700');
  });
}

function openUnlinked(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw unsafe(file, 'it is a link', 'replace it by the file itself');
    throw error;
  }
}

function demandPrivate(path: string, info: Stats, kind: 'file' | 'directory', mode: string): void {
  if (kind === 'file' ? !info.isFile() : !info.isDirectory()) throw unsafe(path, `it is no ${kind}`, 'move it away');
  const user = process.getuid?.();
  if (user === undefined) return;
  if (info.uid !== user) throw unsafe(path, `it belongs to user ${info.uid}, this is user ${user}`, 'is HOME that of another user?');
  const found = (info.mode & 0o777).toString(8).padStart(4, '0');
  if ((info.mode & OTHERS) !== 0) throw unsafe(path, `its mode is ${found}, expected ${mode}`, 'find out who could read it; then close it with chmod');
}

function unsafe(path: string, why: string, hint: string): TokaError {
  return new TokaError('TOKA_FILE_UNSAFE', `${path} is not for its user alone: ${why}`, { hint, where: { file: path } });
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof TokaError) throw cause;
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot use ${file}`, { cause, hint: 'check its permissions and free space' });
  }
}
