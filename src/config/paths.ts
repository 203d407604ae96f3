import { realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { hexDigest } from '../digest.ts';
import { TokaError } from '../errors.ts';
import { findHome, foldersIn, type UserFolders } from './user-folders.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Names of a project's configuration file, the preferred one first. */
const CONFIG_NAMES = ['toka.yaml', 'toka.config.yaml', 'toka.config.json'] as const;

/** The project that a folder belongs to. */
export interface Project {
  /** Absolute, as the working directory names it (links are not followed). */
  readonly root: string;
  /** Its configuration file, absolute. Absent where the root is that of a git repository without one. */
  readonly configFile?: string;
}

/** The user's folders. */
export function userFolders(env: Env = process.env): UserFolders {
  return foldersIn(homeFolder(env), env);
}

/** The user's configuration for all projects. */
export function userConfigFile(env?: Env): string {
  return join(userFolders(env).config, 'config.yaml');
}

/** The user's configuration for one project; approvals given for ever are written here. */
export function userProjectConfigFile(root: string, env?: Env): string {
  return join(userFolders(env).config, 'projects', `${projectId(root)}.yaml`);
}

/** Where journal, index and the like are kept: in the project, or by XDG where there is none. */
export function stateFolder(root: string | undefined, env?: Env): string {
  return root === undefined ? userFolders(env).state : join(root, '.toka', 'state');
}

/** No file system of today takes longer names than 255 bytes. */
const LONGEST_NAME = 200;

/**
 * Names a project by the real path of its root, as one part of a path: two roots never have the same name. A path that is too long for
 * that is named by its SHA-256; the others are not, because loading `node:crypto` takes a third of a start of Node.js.
 */
export function projectId(root: string): string {
  const name = encodeURIComponent(realPath(root)).replaceAll('%2F', '+');
  return name.length <= LONGEST_NAME ? name : hexDigest(name);
}

/**
 * Finds the project of a folder: the nearest folder upwards with a configuration file, else the nearest with `.git`.
 *
 * @param folder Default: the working directory.
 * @returns The project, or `undefined` where there is none.
 * @throws TokaError TOKA_CONFIG_INVALID if the root has two configuration files: which of them counts is never guessed.
 */
export function findProject(folder: string = process.cwd()): Project | undefined {
  const start = resolve(folder);
  for (const candidate of upwards(start)) {
    const found = CONFIG_NAMES.map((name) => join(candidate, name)).filter(isFile);
    if (found.length > 1) throw severalFiles(found);
    if (found[0] !== undefined) return { root: candidate, configFile: found[0] };
  }
  const root = upwards(start).find((candidate) => exists(join(candidate, '.git')));
  return root === undefined ? undefined : { root };
}

function severalFiles(found: readonly string[]): TokaError {
  return new TokaError('TOKA_CONFIG_INVALID', `expected one configuration file, found ${found.join(' and ')}`, {
    hint: 'keep one of them',
    where: { file: found[0]! },
  });
}

/**
 * The user's home: HOME, or where that is no absolute path, what the system says.
 *
 * @throws TokaError TOKA_STATE_UNAVAILABLE where neither is known, for instance for a user id of a container
 */
export function homeFolder(env: Env = process.env): string {
  try {
    return findHome(env);
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', 'expected a home folder, found no HOME and none that the system knows for this user', {
      cause,
      hint: 'set HOME to a folder that you may write to',
    });
  }
}

function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

function isFile(path: string): boolean {
  return kind(path) === 'file';
}

function exists(path: string): boolean {
  return kind(path) !== undefined;
}

/** What cannot be looked at counts as absent: a parent folder of the project may be closed to us. */
function kind(path: string): 'file' | 'other' | undefined {
  try {
    const info = statSync(path, { throwIfNoEntry: false });
    return info === undefined ? undefined : info.isFile() ? 'file' : 'other';
  } catch {
    return undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}
