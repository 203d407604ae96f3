import { chmodSync, lstatSync, rmdirSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { makeFolder } from '../../make-folder.ts';
import { damaged, unavailable } from './failures.ts';

/**
 * Makes the state folder (0700) where it is missing and makes sure that nothing on the way leads elsewhere or belongs to someone else.
 *
 * @param file The journal's file, absolute.
 * @param root A folder above it; no folder below that one may be a symlink. Default: the state folder's parent.
 * @throws TokaError `TOKA_STATE_UNAVAILABLE`.
 */
export function prepareFolder(file: string, root: string = dirname(dirname(file))): void {
  const folder = dirname(file);
  refuseSymlinks(file, root);
  makeFolder(dirname(folder));
  const made = makeFolder(folder, 0o700);
  if (made !== undefined) keepOutOfGit(folder);
  restrict(folder, 0o700, refuseForeign(file, folder));
}

/** It holds parameters and output: nobody should commit it by accident. Where there is no room for that, the next run makes all of it. */
function keepOutOfGit(folder: string): void {
  const file = join(folder, '.gitignore');
  try {
    writeFileSync(file, '*\n', { mode: 0o600 });
  } catch (error) {
    rmSync(file, { force: true });
    rmdirSync(folder);
    throw error;
  }
}

/** The same for readers, who make and change nothing. */
export function checkFolder(file: string, root: string = dirname(dirname(file))): void {
  refuseSymlinks(file, root);
  refuseForeign(file, dirname(file));
}

/**
 * Tells whether the file is there, after the same checks on it and on the two that SQLite keeps beside it.
 *
 * @param file The journal's file, absolute.
 * @param readOnly Whether its permissions shall stay as they are. Otherwise they become 0600.
 * @throws TokaError `TOKA_STATE_UNAVAILABLE`; `TOKA_INTEGRITY` if only its write-ahead log is there.
 */
export function findFile(file: string, readOnly: boolean): boolean {
  const stats = refuseForeign(file, file);
  const log = refuseForeign(file, `${file}-wal`);
  refuseForeign(file, `${file}-shm`);
  if (!stats && log && log.size > 0) throw damaged(file, `the file is gone, while its log ${basename(file)}-wal is there`);
  if (stats && !readOnly) restrict(file, 0o600, stats);
  return stats !== undefined;
}

function refuseSymlinks(file: string, root: string): void {
  const folders = relative(root, dirname(file)).split(sep);
  let path = root;
  for (const folder of folders) {
    path = join(path, folder);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) throw leadsElsewhere(file, path);
  }
}

function refuseForeign(file: string, path: string): Stats | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink()) throw leadsElsewhere(file, path);
  const user = process.geteuid?.();
  if (stats && user !== undefined && stats.uid !== user) {
    const found = `${path} belongs to user ${stats.uid}, not to you (${user})`;
    throw unavailable(file, found, undefined, `take it over (chown) or move it aside: ${path}`);
  }
  return stats;
}

function restrict(path: string, mode: number, stats: Stats | undefined): void {
  if (process.platform !== 'win32' && stats && (stats.mode & 0o777) !== mode) chmodSync(path, mode);
}

function leadsElsewhere(file: string, path: string): Error {
  return unavailable(
    file,
    `${path} is a symbolic link`,
    undefined,
    `toka writes its state only where the path says: remove the link ${path}`,
  );
}
