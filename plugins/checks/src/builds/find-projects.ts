import { join, relative } from 'node:path';
import type { ToolFs } from '@toka/sdk';
import { cargoMembers } from './ecosystems/cargo.ts';
import { goMembers } from './ecosystems/go.ts';
import { MAKEFILES } from './ecosystems/make.ts';
import { nodeMembers } from './ecosystems/node.ts';
import { PYTHON_MARKS } from './ecosystems/python.ts';
import { openFolder } from './folder.ts';
import type { Project } from './project.ts';

/** How deep below the checked folder further projects are looked for. */
const DEPTH = 3;
const NOT_SOURCES = new Set([
  'node_modules',
  'bower_components',
  'vendor',
  'target',
  'dist',
  'build',
  'out',
  'venv',
  'site-packages',
  '__pycache__',
  'fixtures',
  '__fixtures__',
  'testdata',
  'coverage',
]);

const MARKS: Readonly<Record<string, readonly string[]>> = {
  node: ['package.json'],
  cargo: ['Cargo.toml'],
  go: ['go.mod', 'go.work'],
  python: PYTHON_MARKS,
  make: MAKEFILES,
};

export interface Place {
  /** Absolute. */
  readonly path: string;
  readonly kinds: readonly string[];
}

export interface FoundProjects {
  readonly checked: readonly Project[];
  /** Projects below that no check here covers. */
  readonly uncovered: readonly Place[];
}

/**
 * Finds what there is to check: the folder itself; its workspaces with it; where it holds no project, the nearest folders below that do.
 * Everything else that looks like a project is told, not checked.
 *
 * @param fs The tool's view of files.
 * @param path The folder, absolute.
 * @param root How far up tools may be looked for, absolute.
 */
export async function findProjects(fs: ToolFs, path: string, root: string): Promise<FoundProjects> {
  const places = await findPlaces(fs, path, DEPTH);
  const tops = places.filter(({ path: each }) => !places.some((other) => other.path !== each && each.startsWith(`${other.path}/`)));
  const checked: Project[] = [];
  const uncovered: Place[] = [];
  for (const top of tops) {
    const below = places.filter((place) => place.path.startsWith(`${top.path}/`));
    const { members, modules, left } = await divide(fs, top, below);
    checked.push({ folder: openFolder(fs, top.path), members, root, fs });
    for (const module of modules) checked.push({ folder: openFolder(fs, module), members: [], root, fs });
    uncovered.push(...left);
  }
  return { checked, uncovered };
}

async function findPlaces(fs: ToolFs, path: string, depth: number): Promise<Place[]> {
  const entries = await fs.list(path);
  const names = new Set(entries.filter(({ type }) => type !== 'directory').map(({ name }) => name));
  const kinds = Object.keys(MARKS).filter((kind) => MARKS[kind]?.some((mark) => names.has(mark)));
  const folders =
    depth === 0 ? [] : entries.filter(({ name, type }) => type === 'directory' && !name.startsWith('.') && !NOT_SOURCES.has(name));
  const below: Place[] = [];
  for (const { name } of folders) below.push(...(await findPlaces(fs, join(path, name), depth - 1)));
  return kinds.length === 0 ? below : [{ path, kinds }, ...below];
}

/** Which of the projects below belong to the one at the top: npm and cargo check theirs from there, Go modules are checked one by one. */
async function divide(fs: ToolFs, top: Place, below: readonly Place[]): Promise<{ members: string[]; modules: string[]; left: Place[] }> {
  const folder = openFolder(fs, top.path);
  const covers: Readonly<Record<string, (path: string) => boolean>> = {
    node: await nodeMembers(folder),
    cargo: await cargoMembers(folder),
    go: await goMembers(folder),
  };
  const covered = (kind: string, path: string) => covers[kind]?.(relative(top.path, path)) === true;
  const owned = (kind: string) => below.filter(({ path, kinds }) => kinds.includes(kind) && covered(kind, path)).map(({ path }) => path);
  const left = below
    .map(({ path, kinds }) => ({ path, kinds: kinds.filter((kind) => !covered(kind, path)) }))
    .filter(({ kinds }) => kinds.length > 0);
  return { members: owned('node'), modules: owned('go'), left };
}
