import { randomBytes } from 'node:crypto';
import { accessSync, constants, lstatSync, mkdirSync, rmdirSync, unlinkSync, type Stats } from 'node:fs';
import { link, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { WriteOptions } from '@toka/sdk';
import { exists, fsError, notDirectory, notFile, notFound, systemCode, unstable } from './tool-fs-errors.ts';
import { typeName, type Jail } from './tool-fs-jail.ts';
import { linkTarget, realPathOf, type Located } from './tool-fs-locate.ts';

/** A pinned folder and a name in it that is no symlink; `real` is granted. */
interface Place {
  readonly folder: Located;
  readonly name: string;
  readonly real: string;
}

interface MadeFolder {
  readonly parent: Located;
  readonly name: string;
}

const LINKS = 40;

// What folders answer that cannot be synced: not readable for us, or on a file system that has no such call.
const UNSYNCABLE = new Set(['EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM']);
const NO_HARD_LINKS = new Set(['EMLINK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM']);

/** Writes a whole file so that every reader sees the old content or the new, also after a crash; leaves nothing behind when it fails. */
export async function writeFile(jail: Jail, absolute: string, data: string | Uint8Array, options: WriteOptions): Promise<void> {
  const made: MadeFolder[] = [];
  let place: Place | undefined;
  try {
    place = findPlace(jail, absolute, options.parents === true, made);
    await replace(jail, place, data, options.exclusive === true);
    for (const { parent } of made) await syncFolder(parent);
  } catch (error) {
    removeFolders(made);
    throw fsError(error, 'write', place?.real ?? absolute);
  } finally {
    place?.folder.close();
    for (const { parent } of made) parent.close();
  }
}

function findPlace(jail: Jail, absolute: string, parents: boolean, made: MadeFolder[]): Place {
  let path = absolute;
  for (let links = 0; links < LINKS; links++) {
    const name = basename(path);
    if (name === '') throw notFile(path, 'a folder');
    const folder = findFolder(jail, path, parents, made);
    try {
      const target = linkTarget(childPath(folder, name));
      if (target === undefined) {
        const real = join(folder.real, name);
        jail.demand('write', real);
        return { folder, name, real };
      }
      const next = isAbsolute(target) ? target : `${folder.real}/${target}`;
      path = join(realPathOf(dirname(next)), basename(next));
    } catch (error) {
      folder.close();
      throw error;
    }
    folder.close();
  }
  throw unstable(absolute);
}

/** The folder that `path` lies in, symlinks followed. What is missing or is no folder is told only where the grants allow the write. */
function findFolder(jail: Jail, path: string, parents: boolean, made: MadeFolder[]): Located {
  const parent = dirname(path);
  let folder: Located;
  try {
    folder = jail.locate(parent);
  } catch (error) {
    const real = realPathOf(path);
    jail.demand('write', real);
    if (systemCode(error) !== 'ENOENT') throw error;
    if (!parents) throw notFound(parent, error);
    return makeFolders(jail, dirname(real), made);
  }
  if (folder.stat.isDirectory()) return folder;
  folder.close();
  jail.demand('write', join(folder.real, basename(path)));
  throw notDirectory(parent, typeName(folder.stat));
}

/** Makes the folders of a resolved path step by step, each in its pinned parent; a symlink that appears on the way is not followed. */
function makeFolders(jail: Jail, real: string, made: MadeFolder[]): Located {
  const existing = locateIfThere(jail, real);
  if (existing !== undefined) return existing;
  const parent = makeFolders(jail, dirname(real), made);
  const name = basename(real);
  const isNew = makeFolder(parent, name);
  if (isNew) made.push({ parent, name });
  try {
    const folder = locateIfThere(jail, real);
    if (folder === undefined) throw unstable(real);
    return folder;
  } finally {
    if (!isNew) parent.close();
  }
}

function locateIfThere(jail: Jail, real: string): Located | undefined {
  let folder: Located;
  try {
    folder = jail.locate(real);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (folder.real === real && folder.stat.isDirectory()) return folder;
  folder.close();
  throw folder.real === real ? notDirectory(real, typeName(folder.stat)) : unstable(real);
}

function makeFolder(parent: Located, name: string): boolean {
  try {
    parent.recheck();
    mkdirSync(childPath(parent, name));
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    parent.close();
    throw error;
  }
}

function removeFolders(made: readonly MadeFolder[]): void {
  for (const { parent, name } of made.toReversed()) {
    try {
      rmdirSync(childPath(parent, name));
    } catch {
      return;
    }
  }
}

async function replace(jail: Jail, { folder, name, real }: Place, data: string | Uint8Array, exclusive: boolean): Promise<void> {
  const target = childPath(folder, name);
  const old = lstatSync(target, { throwIfNoEntry: false });
  if (old !== undefined) {
    if (!old.isFile()) throw notFile(real, typeName(old));
    if (exclusive) throw exists(real);
    // A rename would replace even what its owner has made read-only.
    accessSync(target, constants.W_OK);
  }
  const temporary = childPath(folder, `.toka-${randomBytes(9).toString('base64url')}.tmp`);
  let done = false;
  try {
    await writeTemporary(folder, temporary, data, old);
    jail.checkAborted();
    folder.recheck();
    if (exclusive) await moveExclusively(temporary, target);
    else await rename(temporary, target);
    done = true;
  } finally {
    if (!done) removeQuietly(temporary);
  }
  await syncFolder(folder);
}

async function writeTemporary(folder: Located, temporary: string, data: string | Uint8Array, old: Stats | undefined): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  // Private until it has the mode of the file that it replaces.
  const file = await open(temporary, flags, old === undefined ? 0o666 : 0o600);
  try {
    folder.recheck();
    await file.writeFile(data);
    if (old !== undefined) {
      const { uid, gid } = await file.stat();
      // Only root may give a file away; for anyone else the new file is theirs, as with every editor.
      if (uid !== old.uid || gid !== old.gid) await file.chown(old.uid, old.gid).catch(() => undefined);
      await file.chmod(old.mode & 0o7777);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives the file its name unless the name is taken. */
async function moveExclusively(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
    await unlink(temporary);
  } catch (error) {
    if (!NO_HARD_LINKS.has(systemCode(error))) throw error;
    // No hard links here: reserve the name, then replace the empty file.
    await (await open(target, 'wx')).close();
    await rename(temporary, target);
  }
}

async function syncFolder(folder: Located): Promise<void> {
  try {
    const opened = await open(folder.handle, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await opened.sync();
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (!UNSYNCABLE.has(systemCode(error))) throw error;
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or its folder is gone with it.
  }
}

function childPath(folder: Located, name: string): string {
  return join(folder.handle, name);
}
