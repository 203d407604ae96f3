import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { notFound, systemCode, unstable } from './tool-fs-errors.ts';

/** An existing file or folder, held so that it cannot be exchanged between the question whether it is allowed and its use. */
export interface Located {
  /** Where it really is, all symlinks resolved. */
  readonly real: string;
  readonly stat: Stats;
  /** The path to open it by, or to reach the children of a folder by; names the same thing even when `real` is renamed. */
  readonly handle: string;
  /** Throws unless the opened descriptor is the located thing. */
  verify(fd: number): void;
  /** Throws unless `real` still names the located thing. */
  recheck(): void;
  close(): void;
}

/** Finds an existing file or folder, symlinks followed. Throws the system's own errors. */
export type Locate = (path: string) => Located;

const TRIES = 8;
const LINKS = 40;

// Linux' O_PATH (the same on every architecture Node runs on): a reference to a place in the file tree, without opening what is there.
const O_PATH = 0x20_0000;

let best: Locate | undefined;

/** The best way this machine has. */
export function platformLocate(): Locate {
  return (best ??= findBest());
}

function findBest(): Locate {
  if (process.platform !== 'linux') return locatePortably;
  try {
    readlinkSync('/proc/self/exe');
    return locateByKernel;
  } catch {
    return locatePortably;
  }
}

/**
 * Linux: pins the place with O_PATH (nothing is opened, so a FIFO cannot block and a device does not stir), asks the kernel for its
 * real path, and reaches it from then on through /proc/self/fd. (The method of libpathrs and systemd's chase().)
 */
export function locateByKernel(path: string): Located {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const fd = openSync(path, O_PATH | constants.O_RDONLY);
    try {
      const handle = `/proc/self/fd/${fd}`;
      const real = readlinkSync(handle);
      const stat = fstatSync(fd);
      if (isAbsolute(real) && isAt(real, stat)) {
        return { real, stat, handle, verify: () => undefined, recheck: () => undefined, close: () => closeSync(fd) };
      }
      // A pipe, a socket or a memory file has no path at all, however often we look.
      if (!isAbsolute(real)) throw notFound(path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
  throw unstable(path);
}

// The kernel marks what was unlinked meanwhile by a suffix that a file name may also have.
function isAt(real: string, stat: Stats): boolean {
  if (!real.endsWith(' (deleted)')) return true;
  const there = lstatSync(real, { throwIfNoEntry: false });
  return there !== undefined && sameFile(there, stat);
}

/** Elsewhere: the real path, and after opening a comparison of device and inode with what the real path names then. */
export function locatePortably(path: string): Located {
  const real = realpathSync.native(path);
  const stat = lstatSync(real);
  const recheck = (): void => {
    const now = lstatSync(real, { throwIfNoEntry: false });
    if (now === undefined || !sameFile(now, stat) || realpathSync.native(real) !== real) throw unstable(path);
  };
  const verify = (fd: number): void => {
    if (!sameFile(fstatSync(fd), stat)) throw unstable(path);
    recheck();
  };
  return { real, stat, handle: real, verify, recheck, close: () => undefined };
}

function sameFile(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * The real path that a path stands for, whether or not there is anything: the deepest existing folder resolved, dangling symlinks
 * followed, the rest appended. Never throws for what it finds: where the system does not let it look, the rest is appended as it stands.
 */
export function realPathOf(path: string): string {
  let current = path;
  for (let links = 0; links < LINKS; links++) {
    const isThere = mayBeThere(current);
    try {
      if (isThere) return realpathSync.native(current);
    } catch (error) {
      if (systemCode(error) === 'ELOOP') return current;
    }
    const parent = dirname(current);
    if (parent === current) return current;
    const name = current.slice(parent.endsWith('/') ? parent.length : parent.length + 1);
    const realParent = realPathOf(parent);
    const target = isThere ? linkTarget(join(realParent, name)) : undefined;
    if (target === undefined) return join(realParent, name);
    current = resolve(realParent, target);
  }
  return current;
}

/** Asked first, because an error that is thrown and caught takes ten times as long, and each start looks for folders that most people do not have. */
function mayBeThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** Where a symlink points, as written in it; `undefined` for everything that is no symlink. */
export function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
