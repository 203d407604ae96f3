import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { TokaError } from '../errors.ts';
import type { Mount } from './plan.ts';
import { scratchPath } from './scratch.ts';

/** Files that a sandboxed process writes as copies, and folders that were made for it. */
export interface Staging {
  /** Where the copy of a mounted file stands, by the path of the mount. */
  readonly at: ReadonlyMap<string, string>;
  /** Replaces each file whose copy was changed, in one step; `keep: false` drops the changes. */
  finish(options: { readonly keep: boolean }): void;
}

interface Staged {
  readonly target: string;
  /** The target itself where no copies are made. */
  readonly copy: string;
  readonly isNew: boolean;
  readonly before: string;
}

/**
 * Makes what the write mounts of a plan need: a private copy of each single file (a process can be stopped half-way through writing
 * it), and the folders and files that do not exist yet.
 *
 * @param options `copies: false` where the platform cannot show a copy under the name of the file
 * @throws TOKA_FS_FAILED where a file cannot be copied or made
 */
export function stage(mounts: readonly Mount[], { copies = true }: { readonly copies?: boolean } = {}): Staging {
  const at = new Map<string, string>();
  const staged: Staged[] = [];
  const madeFolders: string[] = [];
  const undo = (): void => {
    for (const { copy, target, isNew } of staged) {
      if (copy !== target) rmSync(copy, { force: true });
      if (isNew) rmSync(target, { force: true });
    }
    for (const folder of madeFolders.toReversed()) removeIfEmpty(folder);
  };
  try {
    for (const mount of mounts) {
      if (mount.access !== 'write') continue;
      if (mount.create === 'folder') makeFolders(mount.path, madeFolders);
      const file = stageFile(mount, copies);
      if (file === undefined) continue;
      staged.push(file);
      if (copies) at.set(mount.path, file.copy);
    }
  } catch (error) {
    undo();
    throw new TokaError('TOKA_FS_FAILED', `a file that the tool may write could not be prepared: ${String(error)}`, { cause: error });
  }
  return { at, finish: ({ keep }) => finish(staged, madeFolders, keep) };
}

function stageFile({ path, create }: Mount, copies: boolean): Staged | undefined {
  let isNew = false;
  if (create === 'file' && lstatSync(path, { throwIfNoEntry: false }) === undefined) {
    closeSync(openSync(path, 'wx', 0o644));
    isNew = true;
  }
  const kind = statSync(path, { throwIfNoEntry: false });
  if (!kind?.isFile()) return undefined;
  const target = realpathSync.native(path);
  if (!copies) return { target, copy: target, isNew, before: fingerprint(target) };
  const copy = scratchPath('staged');
  copyFileSync(target, copy);
  chmodSync(copy, kind.mode & 0o777);
  return { target, copy, isNew, before: fingerprint(copy) };
}

function finish(staged: readonly Staged[], madeFolders: readonly string[], keep: boolean): void {
  for (const { target, copy, isNew, before } of staged) {
    const changed = fingerprint(copy) !== before;
    if (copy === target) {
      if (isNew && !changed) rmSync(target, { force: true });
      continue;
    }
    if (keep && changed) replace(target, copy);
    else if (isNew) rmSync(target, { force: true });
    rmSync(copy, { force: true });
  }
  for (const folder of madeFolders.toReversed()) removeIfEmpty(folder);
}

/**
 * The copy is moved within the target's own folder, since only that is one step. A link that lies there must not lead it elsewhere, so its
 * name cannot be foreseen and it must be new.
 */
function replace(target: string, copy: string): void {
  const beside = join(dirname(target), `.toka-${randomBytes(9).toString('base64url')}.tmp`);
  try {
    copyFileSync(copy, beside, constants.COPYFILE_EXCL);
    const fd = openSync(beside, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      fchmodSync(fd, statSync(copy).mode & 0o777);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    const message = `the tool wrote ${target}, but its copy could not be moved there: ${String(error)}`;
    throw new TokaError('TOKA_FS_FAILED', message, { cause: error });
  }
}

/** A rename inside the sandbox cannot replace a mounted file, so every change shows in these. */
function fingerprint(path: string): string {
  const { size, mtimeNs, mode } = statSync(path, { bigint: true });
  return `${size} ${mtimeNs} ${mode}`;
}

function makeFolders(path: string, made: string[]): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  makeFolders(dirname(path), made);
  mkdirSync(path);
  made.push(path);
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // The tool wrote into it.
  }
}
