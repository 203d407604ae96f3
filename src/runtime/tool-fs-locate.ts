import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { notFound, unstable } from './tool-fs-errors.ts';

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
/** More than the links that a kernel follows, each followed by a second look: what needs more can be reached by none. */
const HOPS = 100;
/** PATH_MAX of Linux, other systems take less: no call takes a longer path. */
const LONGEST = 4096;

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
  if (path.length > LONGEST) return path;
  let start = path;
  let current = path;
  let rest: string[] = [];
  for (let hops = 0; hops < HOPS; ) {
    const isThere = mayBeThere(current);
    const real = isThere ? realOrUndefined(current) : undefined;
    const parent = dirname(current);
    const target = isThere && real === undefined ? linkTarget(current) : undefined;
    if (target !== undefined) {
      // Not made shorter: a `..` in it is of the folder that the kernel has reached by then, not of the name before it.
      current = isAbsolute(target) ? target : `${parent}/${target}`;
      hops++;
    } else if (real === undefined && parent !== current) {
      rest.push(basename(current));
      current = parent;
    } else {
      const whole = join(real ?? current, ...rest.toReversed());
      // What is named by fewer links, or without the missing folder before a `..`, may be there after all.
      if (whole === start || !mayBeThere(whole)) return whole;
      start = current = whole;
      rest = [];
      hops++;
    }
  }
  return path;
}

function realOrUndefined(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
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
