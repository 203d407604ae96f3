import { join } from 'node:path';
import type { FileEntry, ToolFs } from '@toka/sdk';

const MAX_BYTES = 64 * 1024 ** 2;

/** A folder as the detectors see it: what may not be read counts as absent. */
export interface Folder {
  /** Absolute. */
  readonly path: string;
  has(name: string): Promise<boolean>;
  /** The text of a file, without byte order mark; `undefined` where there is none. */
  read(name: string): Promise<string | undefined>;
  list(name?: string): Promise<FileEntry[]>;
}

export function openFolder(fs: ToolFs, path: string): Folder {
  const typeOf = async (name: string) => {
    const full = join(path, name);
    return fs.can('read', full) ? (await fs.stat(full))?.type : undefined;
  };
  return {
    path,
    has: async (name) => (await typeOf(name)) !== undefined,
    read: async (name) => {
      if ((await typeOf(name)) !== 'file') return undefined;
      return (await fs.readText(join(path, name), { maxBytes: MAX_BYTES })).replace(/^\uFEFF/, '');
    },
    list: async (name = '.') => ((await typeOf(name)) === 'directory' ? fs.list(join(path, name)) : []),
  };
}

/** The first of several names that is there. */
export async function firstOf(folder: Folder, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await folder.has(name)) return name;
  return undefined;
}
