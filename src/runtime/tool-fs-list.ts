import { readdirSync, type Dirent } from 'node:fs';
import { sep } from 'node:path';
import type { FileEntry, FileInfo } from '@toka/sdk';
import { notDirectory, systemCode } from './tool-fs-errors.ts';
import { locateToRead, typeName, type Jail } from './tool-fs-jail.ts';
import type { Located } from './tool-fs-locate.ts';

/** Information about what a path names, symlinks followed. */
export function statInfo(jail: Jail, absolute: string): FileInfo | undefined {
  let located: Located;
  try {
    located = locateToRead(jail, absolute);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return undefined;
    throw error;
  }
  const { stat } = located;
  located.close();
  const type = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';
  return { type, size: stat.size, mtimeMs: stat.mtimeMs, mode: stat.mode & 0o7777 };
}

/** The entries of a pinned folder, sorted by name, with paths below `absolute`. */
export function readFolder(located: Located, absolute: string): FileEntry[] {
  if (!located.stat.isDirectory()) throw notDirectory(absolute, typeName(located.stat));
  const entries = readdirSync(located.handle, { withFileTypes: true });
  located.recheck();
  const prefix = absolute.endsWith(sep) ? absolute : absolute + sep;
  return entries
    .map((entry) => ({ name: entry.name, path: prefix + entry.name, type: entryType(entry) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The direct children of a folder. */
export function listFolder(jail: Jail, absolute: string): FileEntry[] {
  const located = locateToRead(jail, absolute);
  try {
    return readFolder(located, absolute);
  } finally {
    located.close();
  }
}

function entryType(entry: Dirent): FileEntry['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}
