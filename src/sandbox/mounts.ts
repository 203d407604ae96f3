import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { PROTECTED } from '../capability/protected.ts';
import { TokaError } from '../errors.ts';
import type { Mount, SandboxPlan } from './plan.ts';
import { scratchBases } from './scratch.ts';

/** One step in building the file system of a sandbox; later ones lie on top of earlier ones. */
export type Layer =
  | { readonly kind: 'read' | 'write'; readonly source: string; readonly path: string }
  | { readonly kind: 'link'; readonly target: string; readonly path: string }
  | { readonly kind: 'hide-file' | 'hide-folder'; readonly path: string };

const STATE = join('.toka', 'state');
/** The sandbox has its own; a mount over them would undo it. */
const OWN_FOLDERS = ['/dev', '/proc', '/sys'];

const PROGRAM_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** What every sandbox shows: whoever could write it would change what other programs are. */
const SYSTEM_FOLDERS = [...PROGRAM_FOLDERS, '/etc', '/usr/bin', '/usr/sbin', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/libexec'];
const STORES = ['/usr', '/nix/store', '/gnu/store'];
/** Configuration that programs need to start; nothing in it is secret. */
const SETTINGS = [
  'alternatives',
  'ca-certificates',
  'crypto-policies',
  'gai.conf',
  'gitconfig',
  'host.conf',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'magic',
  'mime.types',
  'nsswitch.conf',
  'perl',
  'pki/ca-trust/extracted',
  'pki/tls/cert.pem',
  'pki/tls/certs',
  'protocols',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'timezone',
];

let system: readonly Layer[] | undefined;

/** Programs, libraries and harmless configuration of this machine. */
export function systemLayers(): readonly Layer[] {
  if (system) return system;
  const layers: Layer[] = STORES.filter((path) => existsSync(path)).map((path) => ({ kind: 'read', source: path, path }));
  for (const path of PROGRAM_FOLDERS.filter((each) => existsSync(each))) {
    const isLink = lstatSync(path).isSymbolicLink();
    layers.push(isLink ? { kind: 'link', target: readlinkSync(path), path } : { kind: 'read', source: path, path });
  }
  const versioned = readdirSync('/etc').filter((name) => name.startsWith('python') && /^\d/.test(name.slice('python'.length)));
  for (const name of [...SETTINGS, ...versioned]) {
    const path = join('/etc', name);
    if (existsSync(path)) layers.push({ kind: 'read', source: realpathSync.native(path), path });
  }
  return (system = layers);
}

/** A mount that was found on this machine. */
interface Tree {
  readonly path: string;
  readonly real: string;
  readonly access: Mount['access'];
}

export interface Layout {
  /** The mount of the whole machine, where one was granted; it comes before everything else. */
  readonly root: boolean;
  readonly layers: readonly Layer[];
  /** Real paths of the trees and files that may be written. */
  readonly writable: readonly string[];
}

/**
 * Lays out the mounts of a plan. A mount that does not exist is left out; grants add up, so a read mount inside a write mount changes
 * nothing.
 *
 * @param stagedAt where the copy of a file stands that is written through a copy, by its path
 * @throws TOKA_SCOPE_UNSUPPORTED for a mount that would undo the sandbox
 */
export function layOut(plan: Pick<SandboxPlan, 'mounts' | 'hidden' | 'cwd'>, stagedAt: ReadonlyMap<string, string> = new Map()): Layout {
  const trees = plan.mounts.flatMap(findTree);
  const kept = trees.filter((tree) => !isRedundant(tree, trees)).toSorted((one, other) => depth(one.real) - depth(other.real));
  const layers: Layer[] = [];
  const covered = covers(plan, kept);
  for (const tree of kept) {
    if (tree.real === '/') continue;
    const source = stagedAt.get(tree.path) ?? tree.real;
    layers.push({ kind: tree.access, source, path: tree.real });
    if (tree.access === 'write' && source === tree.real) layers.push(...guarded(tree, protections(tree, plan.cwd), covered));
  }
  const links = kept.filter(({ path, real }) => path !== real && !isInside(path, [...kept, ...systemTrees()]));
  layers.push(...links.map(({ path, real }): Layer => ({ kind: 'link', target: real, path })));
  layers.push(...covered);
  return {
    root: kept.some(({ real }) => real === '/'),
    layers,
    writable: kept.filter(({ access, path }) => access === 'write' && !stagedAt.has(path)).map(({ real }) => real),
  };
}

/** Whether a path of this machine exists under the same name inside the sandbox. */
export function isVisible(path: string, mounts: readonly Mount[]): boolean {
  const real = realpathOrUndefined(path);
  if (real === undefined) return false;
  return isInside(real, [...mounts.flatMap(findTree), ...systemTrees()]);
}

/** `real` and its folders read from the top: is it one of the trees or inside one? */
function isInside(path: string, trees: readonly { readonly real: string }[]): boolean {
  return trees.some(({ real }) => contains(real, path));
}

export function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function findTree({ path, access }: Mount): Tree[] {
  if (!isAbsolute(path)) throw scopeError(path, 'expected an absolute path');
  const real = realpathOrUndefined(path);
  if (real === undefined) return [];
  if (OWN_FOLDERS.some((folder) => contains(folder, real))) throw scopeError(path, 'the sandbox has its own /dev, /proc and /sys');
  if (access === 'write' && real === '/') throw scopeError(path, 'a write grant for the whole machine is no sandbox');
  if (access === 'write' && SYSTEM_FOLDERS.some((folder) => contains(folder, real) || contains(real, folder))) {
    throw scopeError(path, 'the programs and settings of the machine are never written from a sandbox');
  }
  if (`${real}${sep}`.includes(`${sep}${STATE}${sep}`)) throw scopeError(path, 'the state of toka is hidden from every sandbox');
  const kind = statSync(real);
  if (!kind.isDirectory() && !kind.isFile()) throw scopeError(path, 'expected a file or a folder');
  return [{ path, real, access }];
}

function isRedundant(tree: Tree, all: readonly Tree[]): boolean {
  if (tree.access === 'read' && isInside(tree.real, systemTrees())) return true;
  return all.some((other, at) => {
    if (other === tree || (tree.access === 'write' && other.access === 'read')) return false;
    if (other.real === tree.real) return other.access === tree.access ? at < all.indexOf(tree) : true;
    return tree.access === 'read' && other.access === 'write' && contains(other.real, tree.real);
  });
}

/** Every folder from the root of a mount down to the working directory can be a project. */
export function projectFolders(root: string, cwd: string): string[] {
  const folders = [root];
  const inside = realpathOrUndefined(cwd);
  if (inside === undefined || !contains(root, inside)) return folders;
  for (let folder = inside; folder !== root; folder = dirname(folder)) folders.push(folder);
  return folders;
}

function protections(tree: Tree, cwd: string): Layer[] {
  const layers = new Map<string, Layer>();
  for (const folder of projectFolders(tree.real, cwd)) {
    for (const name of PROTECTED) {
      // A link is protected where it leads to: nothing can be mounted over the link itself.
      const real = realpathOrUndefined(join(folder, name));
      if (real === undefined || real === tree.real || !contains(tree.real, real)) continue;
      layers.set(real, { kind: 'read', source: real, path: real });
    }
  }
  for (const real of installed().filter((path) => contains(tree.real, path))) layers.set(real, { kind: 'read', source: real, path: real });
  return [...layers.values()];
}

/** What the next start of toka runs, where a project has toka among its packages. Its own sources are for whoever works on them. */
function installed(): string[] {
  const own = [packageRoot(), join(dirname(packageRoot()), '@toka'), process.execPath].map(realpathOrUndefined);
  return own.filter((path) => path?.includes(`${sep}node_modules${sep}`) === true) as string[];
}

/**
 * The protections of a tree, and each folder on the way to one of them or to a cover as a mount of its own: a folder that is no mount could be
 * renamed, with all that lies on it, and made anew.
 */
function guarded(tree: Tree, shields: readonly Layer[], covered: readonly Layer[]): Layer[] {
  const held = new Map<string, Layer>();
  for (const { path } of [...shields, ...covered].filter((layer) => contains(tree.real, layer.path))) {
    for (let folder = dirname(path); contains(tree.real, folder) && folder !== tree.real; folder = dirname(folder)) {
      if (!shields.some((layer) => contains(layer.path, folder))) held.set(folder, { kind: 'write', source: folder, path: folder });
    }
  }
  return [...held.values(), ...shields].toSorted((one, other) => depth(one.path) - depth(other.path));
}

/** What the plan hides, toka's state in every mount, and its scratch folders, each wherever a mount shows it. */
function covers(plan: Pick<SandboxPlan, 'hidden' | 'cwd'>, trees: readonly Tree[]): Layer[] {
  const states = trees.flatMap((tree) => projectFolders(tree.real, plan.cwd)).map((folder) => join(folder, STATE));
  const paths = new Set<string>();
  for (const path of [...plan.hidden, ...states, ...scratchBases()]) {
    const real = realpathOrUndefined(path);
    if (real !== undefined && isInside(real, [...trees, ...systemTrees()])) paths.add(real);
  }
  const sorted = [...paths].toSorted((one, other) => depth(one) - depth(other));
  const outermost = sorted.filter((path, at) => !sorted.slice(0, at).some((folder) => contains(folder, path)));
  return outermost.map((path): Layer => ({ kind: statSync(path).isDirectory() ? 'hide-folder' : 'hide-file', path }));
}

let trees: readonly { readonly real: string }[] | undefined;

function systemTrees(): readonly { readonly real: string }[] {
  return (trees ??= systemLayers().flatMap((layer) => (layer.kind === 'read' ? [{ real: layer.source }] : [])));
}

function depth(path: string): number {
  return path === '/' ? 0 : relative('/', path).split(sep).length;
}

function realpathOrUndefined(path: string): string | undefined {
  try {
    // A throw takes ten times as long as a look.
    return existsSync(path) ? realpathSync.native(path) : undefined;
  } catch {
    return undefined;
  }
}

function scopeError(path: string, why: string): TokaError {
  return new TokaError('TOKA_SCOPE_UNSUPPORTED', `the mount ${path} cannot be made: ${why}`, {
    hint: 'grant the folder or file that the tool really needs',
  });
}
