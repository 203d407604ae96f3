import { lstatSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { FileEntry, WalkOptions } from '@toka/sdk';
import { fsError } from './tool-fs-errors.ts';
import { isExcluded, loadGitignore, type Rules } from './tool-fs-gitignore.ts';
import { locateToRead, type Jail } from './tool-fs-jail.ts';
import { readFolder } from './tool-fs-list.ts';
import { readRules } from './tool-fs-read.ts';

interface Frame {
  readonly entries: readonly FileEntry[];
  next: number;
  /** Real path of the folder, with a separator at its end. */
  readonly realPrefix: string;
  readonly layers: readonly Rules[];
  readonly level: number;
}

type Compile = (text: string, folder: string) => Rules;

// How many entries are handled before other work of the process gets its turn.
const TURN = 1024;

/** Walks a folder as `ToolFs.walk` promises. */
export async function* walkFolder(jail: Jail, absolute: string, options: WalkOptions): AsyncGenerator<FileEntry> {
  const { gitignore = true, hidden = false, extensions, directories = false, depth = Infinity } = options;
  const compile = gitignore ? await loadGitignore() : undefined;
  jail.checkAborted();
  const stack: Frame[] = [openStart(jail, absolute, compile)];
  let handled = 0;
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const entry = frame.entries[frame.next++];
    if (entry === undefined) {
      stack.pop();
      continue;
    }
    if (++handled % TURN === 0) {
      await new Promise((done) => void setImmediate(done));
      jail.checkAborted();
    }
    if (!hidden && entry.name.startsWith('.')) continue;
    if (gitignore && entry.name === '.git') continue;
    const isFolder = entry.type === 'directory';
    if (!isFolder && extensions !== undefined && !extensions.some((extension) => entry.name.endsWith(extension))) continue;
    const real = frame.realPrefix + entry.name;
    if (isExcluded(frame.layers, isFolder ? real + sep : real) || !jail.allows('read', real)) continue;
    if (!isFolder || directories) yield entry;
    if (!isFolder || frame.level >= depth) continue;
    const below = openBelow(jail, entry, real, frame, compile);
    if (below !== undefined) stack.push(below);
  }
}

function openStart(jail: Jail, absolute: string, compile: Compile | undefined): Frame {
  try {
    const located = locateToRead(jail, absolute);
    try {
      const entries = readFolder(located, absolute);
      const outer = compile === undefined ? [] : outerRules(jail, located.real, compile).map((rules) => rules.within(located.real));
      return makeFrame(jail, entries, located.real, outer, 1, compile);
    } finally {
      located.close();
    }
  } catch (error) {
    throw fsError(error, 'walk', absolute);
  }
}

/** A folder on the way; left out when it cannot be read, is gone, or became a symlink meanwhile. */
function openBelow(jail: Jail, { path }: FileEntry, real: string, parent: Frame, compile: Compile | undefined): Frame | undefined {
  try {
    const located = jail.locate(real);
    try {
      if (located.real !== real) return undefined;
      const layers = parent.layers.map((rules) => rules.within(real));
      return makeFrame(jail, readFolder(located, path), real, layers, parent.level + 1, compile);
    } finally {
      located.close();
    }
  } catch {
    return undefined;
  }
}

function makeFrame(
  jail: Jail,
  entries: readonly FileEntry[],
  real: string,
  outer: readonly Rules[],
  level: number,
  compile: Compile | undefined,
): Frame {
  const realPrefix = real.endsWith(sep) ? real : real + sep;
  const frame = { entries, next: 0, realPrefix, level };
  if (compile === undefined) return { ...frame, layers: [] };
  // A repository inside another one knows nothing of the outer one's rules.
  const isRepository = entries.some(({ name }) => name === '.git');
  const layers = isRepository ? rulesOf(jail, join(real, '.git', 'info', 'exclude'), real, compile) : outer;
  const hasRules = entries.some(({ name, type }) => name === '.gitignore' && type === 'file');
  return { ...frame, layers: hasRules ? [...layers, ...rulesOf(jail, realPrefix + '.gitignore', real, compile)] : layers };
}

/** The rules of the folders above, up to the root of the repository; none where there is no repository. */
function outerRules(jail: Jail, real: string, compile: Compile): Rules[] {
  if (isThere(join(real, '.git'))) return [];
  const root = repositoryAbove(real);
  if (root === undefined) return [];
  const names = relative(root, dirname(real))
    .split(sep)
    .filter((name) => name !== '');
  const folders = names.reduce<string[]>((list, name) => [...list, join(list.at(-1) ?? root, name)], [root]);
  const nested = folders.flatMap((folder) => rulesOf(jail, join(folder, '.gitignore'), folder, compile));
  return [...rulesOf(jail, join(root, '.git', 'info', 'exclude'), root, compile), ...nested];
}

function repositoryAbove(real: string): string | undefined {
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    if (isThere(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Rules that the grants do not let us read do not count, like rules that are not there. */
function rulesOf(jail: Jail, file: string, folder: string, compile: Compile): Rules[] {
  try {
    return [compile(readRules(jail, file), folder)];
  } catch {
    return [];
  }
}
