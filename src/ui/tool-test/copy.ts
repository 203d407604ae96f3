import { cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { createHash } from 'node:crypto';
import { entriesBelow } from '../../files-below.ts';

/** A copy of a folder in which examples may do what they like; removed with the value. */
export interface Copy extends Disposable {
  readonly folder: string;
  /** What is there now, by path: a digest of each file. */
  content(): ReadonlyMap<string, string>;
}

/** Neither what packages were installed nor what toka has recorded is part of a project. */
const LEFT_OUT = new Set(['node_modules']);
const STATE = join('.toka', 'state');

export function copyOf(source: string | undefined): Copy {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-tools-test-')));
  const folder = join(base, basename(source ?? 'empty'));
  if (source === undefined) mkdirSync(folder);
  else cpSync(source, folder, { recursive: true, verbatimSymlinks: true, filter: (path) => !LEFT_OUT.has(basename(path)) && !path.endsWith(STATE) && isPlain(path) });
  return {
    folder,
    content: () => contentOf(folder),
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** Sockets and devices cannot be copied. */
function isPlain(path: string): boolean {
  const entry = lstatSync(path);
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
}

function contentOf(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of entriesBelow(folder)) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (name === STATE || name.startsWith(join(STATE, '/')) || name === '.toka') continue;
    const { mode } = lstatSync(path);
    const text = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : entry.isSymbolicLink() ? readlinkSync(path) : '';
    found.set(name, `${mode} ${text}`);
  }
  return found;
}

/** The paths at which two contents differ. */
export function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name)).toSorted();
}
