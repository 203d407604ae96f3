import type { ToolFs } from '@toka/sdk';
import { fsError } from './tool-fs-errors.ts';
import { createJail, type Jail, type ToolFsOptions } from './tool-fs-jail.ts';
import { listFolder, statInfo } from './tool-fs-list.ts';
import { platformLocate, realPathOf, type Locate } from './tool-fs-locate.ts';
import { readBytes, streamBytes } from './tool-fs-read.ts';

export type { FileAction, ToolFsOptions } from './tool-fs-jail.ts';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Makes the view of the file system that a tool gets.
 *
 * Every path is pinned first, then the grants are asked about the real path of what was pinned, then exactly that is opened: neither a
 * symlink nor a folder exchanged at the wrong moment leads out. FIFOs, sockets and devices are refused without opening them.
 *
 * @param options See `ToolFsOptions`.
 * @param locate How a place is pinned. Default: the best way this platform has.
 * @returns The file system of one run; every method may throw the errors named in `ToolFs`, and `TOKA_CANCELLED`.
 */
export function createToolFs(options: ToolFsOptions, locate: Locate = platformLocate()): ToolFs {
  const jail = createJail(options, locate);
  return {
    can: (action, path) => jail.allows(action, realPathOf(jail.absolute(path))),
    read: async (path, { start = 0, length, maxBytes = DEFAULT_MAX_BYTES } = {}) =>
      guarded(jail, 'read', path, (absolute) => readBytes(jail, absolute, start, length, maxBytes)),
    readText: async (path, { maxBytes = DEFAULT_MAX_BYTES } = {}) => {
      const bytes = await guarded(jail, 'read', path, (absolute) => readBytes(jail, absolute, 0, undefined, maxBytes));
      return bytes.toString('utf8');
    },
    stream: (path, { start = 0, end = Infinity } = {}) => streamBytes(jail, jail.absolute(path), start, end),
    write: async (path, data, writeOptions = {}) => {
      const { writeFile } = await import('./tool-fs-write.ts');
      return guarded(jail, 'write', path, (absolute) => writeFile(jail, absolute, data, writeOptions));
    },
    stat: async (path) => guarded(jail, 'read', path, (absolute) => statInfo(jail, absolute)),
    list: async (path) => guarded(jail, 'list', path, (absolute) => listFolder(jail, absolute)),
    walk: async function* (path, walkOptions = {}) {
      const { walkFolder } = await import('./tool-fs-walk.ts');
      yield* walkFolder(jail, jail.absolute(path), walkOptions);
    },
  };
}

async function guarded<T>(jail: Jail, verb: string, path: string, work: (absolute: string) => T | Promise<T>): Promise<T> {
  jail.checkAborted();
  const absolute = jail.absolute(path);
  try {
    return await work(absolute);
  } catch (error) {
    throw fsError(error, verb, absolute);
  }
}
