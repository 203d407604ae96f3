import type { Stats } from 'node:fs';
import { resolve } from 'node:path';
import { TokaError } from '../errors.ts';
import { realPathOf, type Locate, type Located } from './tool-fs-locate.ts';

export type FileAction = 'read' | 'write';

export interface ToolFsOptions {
  /** Where relative paths start. Absolute. */
  readonly cwd: string;
  /** Whether the grants allow it; asked about real paths, all symlinks resolved. */
  allows(action: FileAction, path: string): boolean;
  /** What a person can do about a denial. */
  hint?(action: FileAction, path: string): string;
  /** Once aborted, every method throws its reason if that is a `TokaError`, else `TOKA_CANCELLED`. */
  readonly signal?: AbortSignal;
}

/** What the parts of the file layer share. */
export interface Jail {
  readonly locate: Locate;
  /** The absolute path that a tool means. */
  absolute(path: string): string;
  allows(action: FileAction, real: string): boolean;
  /** Throws `TOKA_CAPABILITY_DENIED` unless the real path is granted. */
  demand(action: FileAction, real: string): void;
  /** Throws once the run is cancelled. */
  checkAborted(): void;
}

export function createJail({ cwd, allows, hint, signal }: ToolFsOptions, locate: Locate): Jail {
  return {
    locate,
    absolute: (path) => {
      if (path.includes('\0')) throw new TokaError('TOKA_FS_FAILED', `expected a path, found a NUL byte in ${JSON.stringify(path)}`);
      return resolve(cwd, path);
    },
    allows,
    demand: (action, real) => {
      if (allows(action, real)) return;
      throw new TokaError('TOKA_CAPABILITY_DENIED', `the run needs fs:${action}:${real}, which was not granted`, {
        hint: hint?.(action, real) ?? `grant it with --allow 'fs:${action}:${real}'`,
        data: { capability: `fs:${action}:${real}` },
      });
    },
    checkAborted: () => {
      if (signal?.aborted !== true) return;
      if (signal.reason instanceof TokaError) throw signal.reason;
      throw new TokaError('TOKA_CANCELLED', 'the run was cancelled', { cause: signal.reason });
    },
  };
}

/** Pins what a path names and demands the right to read it; that there is nothing is told only to who may read there. */
export function locateToRead(jail: Jail, absolute: string): Located {
  let located: Located;
  try {
    located = jail.locate(absolute);
  } catch (error) {
    jail.demand('read', realPathOf(absolute));
    throw error;
  }
  try {
    jail.demand('read', located.real);
    return located;
  } catch (error) {
    located.close();
    throw error;
  }
}

/** What a person calls it. */
export function typeName(stat: Stats): string {
  if (stat.isFile()) return 'a regular file';
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a named pipe';
  if (stat.isSocket()) return 'a socket';
  return stat.isSymbolicLink() ? 'a symlink' : 'a device';
}
