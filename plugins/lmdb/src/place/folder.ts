import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, fsyncSync, lstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { damaged, unavailable } from './failures.ts';

/** LMDB's own names. */
export const DATA = 'data.mdb';
const LOCK = 'lock.mdb';

/** So many may read at the same time, over all processes. */
export const READERS = 1000;
/** LMDB needs 64 bytes for each of them, and a few more. */
const LOCK_BYTES = 128 * 1024;

/**
 * Tells whether a storage is there, and makes sure that nothing on the way leads elsewhere or belongs to someone else.
 *
 * @param root A folder above it; no folder below that one may be a symlink. Default: its parent.
 * @param readOnly Whether permissions shall stay as they are. Otherwise they become those of nobody else.
 * @returns False where there is nothing, or an empty folder.
 * @throws `STORAGE_UNAVAILABLE`; `STORAGE_DAMAGED` if something else is there.
 */
export function findStorage(folder: string, root: string = dirname(folder), readOnly: boolean): boolean {
  refuseSymlinks(folder, root);
  const stats = refuseForeign(folder, folder);
  if (!stats) return false;
  if (!stats.isDirectory()) throw damaged(folder, 'it is no folder');
  if (!readOnly) restrict(folder, 0o700, stats);
  const names = readdirSync(folder);
  if (names.length === 0) return false;
  if (!names.includes(DATA)) throw damaged(folder, `it has no ${DATA}, but ${names.slice(0, 3).join(', ')}`);
  for (const name of [DATA, LOCK]) checkFile(folder, join(folder, name), readOnly);
  return true;
}

function checkFile(folder: string, path: string, readOnly: boolean): void {
  const stats = refuseForeign(folder, path);
  if (stats && !stats.isFile()) throw damaged(folder, `${path} is no file`);
  if (stats && !readOnly) restrict(path, 0o600, stats);
}

/**
 * Makes a folder of its own beside the place, and puts it there when it is whole: nobody ever sees half of one. Who finds that another has
 * been faster leaves that one there.
 *
 * @param fill Writes into the folder that it is given.
 * @param onTaken What to do where there is one already.
 */
export async function makeFolder(folder: string, fill: (made: string) => unknown, onTaken: () => void): Promise<void> {
  makeFolders(dirname(folder));
  const made = `${folder}.new-${randomBytes(6).toString('hex')}`;
  mkdirSync(made, { mode: 0o700 });
  try {
    // Written, not only made long: on a full disk LMDB, which maps it, would end the process.
    writeFileSync(join(made, LOCK), Buffer.alloc(LOCK_BYTES), { mode: 0o600 });
    await fill(made);
    chmodSync(join(made, DATA), 0o600);
    for (const path of [join(made, DATA), made]) sync(path);
    if (!moveTo(made, folder)) onTaken();
    sync(dirname(folder));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** As `recursive` does, which never returns where there is a folder in which none can be made (`/proc`). */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(path)) throw error;
  }
}

/** An empty folder in the place is no obstacle. */
function moveTo(made: string, folder: string): boolean {
  try {
    renameSync(made, folder);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function refuseSymlinks(folder: string, root: string): void {
  let path = root;
  for (const part of relative(root, folder).split(sep)) {
    path = join(path, part);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) throw leadsElsewhere(folder, path);
  }
}

function refuseForeign(folder: string, path: string): Stats | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink()) throw leadsElsewhere(folder, path);
  const user = process.geteuid?.();
  if (stats && user !== undefined && stats.uid !== user) {
    throw unavailable(folder, `${path} belongs to user ${stats.uid}, not to you (${user})`, `take it over (chown) or move it aside: ${path}`);
  }
  return stats;
}

function restrict(path: string, mode: number, stats: Stats): void {
  if (process.platform !== 'win32' && (stats.mode & 0o777) !== mode) chmodSync(path, mode);
}

function leadsElsewhere(folder: string, path: string): Error {
  return unavailable(folder, `${path} is a symbolic link`, `a storage stays where its path says: remove the link ${path}`);
}
