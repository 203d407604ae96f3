import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { TokaError } from '../errors.ts';

/** Where the journal is kept. */
export interface StorageChoice {
  /** The id of a storage backend: `sqlite`, or one that a plugin brings. */
  readonly backend: string;
  /** A folder of its own, or an address. Default: the project's state folder. */
  readonly location?: string;
}

/** What a storage is opened with, and the folder that no run may see because of it. */
export interface StoragePlace {
  readonly location: string;
  readonly folder?: string;
}

/** Schemes of addresses that are known by another name than their backend. */
const SCHEMES: ReadonlyMap<string, string> = new Map([['postgresql', 'postgres']]);

/**
 * Reads what `--storage` says: `BACKEND`, `BACKEND:FOLDER`, or an address whose scheme tells the backend.
 *
 * @throws TokaError TOKA_USAGE
 */
export function parseStorage(text: string): StorageChoice {
  const [, scheme] = /^([a-z][a-z0-9-]*):\/\//.exec(text) ?? [];
  if (scheme !== undefined) return { backend: SCHEMES.get(scheme) ?? scheme, location: text };
  const [, backend, location] = /^([a-z][a-z0-9-]*)(?::(.+))?$/s.exec(text) ?? [];
  if (backend === undefined) throw new TokaError('TOKA_USAGE', `--storage takes a backend and where it keeps its data, found "${text}"`, { hint: 'write for instance --storage sqlite:/srv/toka' });
  if (location === '~' || location?.startsWith('~/') === true) {
    throw new TokaError('TOKA_USAGE', `--storage takes a folder, found "${text}", in which no shell replaces the ~`, { hint: 'write $HOME instead' });
  }
  return { backend, ...(location === undefined ? {} : { location }) };
}

/**
 * Finds the place of a choice.
 *
 * @param root The folder that tools work in: a storage has a folder that is its own.
 * @param state The project's state folder.
 * @param mustBeThere Whether a folder is refused that holds no storage: an empty list of what lies elsewhere would be believed. Default false.
 * @throws TokaError TOKA_CONFIG_INVALID, TOKA_USAGE
 */
export function placeOf({ backend, location }: StorageChoice, { root, state, mustBeThere = false }: { readonly root: string; readonly state: string; readonly mustBeThere?: boolean }): StoragePlace {
  const name = backend === 'sqlite' ? 'journal.db' : `journal.${backend}`;
  if (location === undefined) return { location: join(state, name) };
  if (isAddress(location)) {
    if (hasPassword(location)) throw unfit('an address without a password, which would be shown and recorded', 'one with a password', 'give it to the backend in its own way: see docs/storage.md');
    return { location };
  }
  const folder = resolve(root, location);
  const way = relative(folder, root);
  if (way === '' || !(way === '..' || way.startsWith(`..${sep}`))) throw unfit('a folder for the storage alone', `${folder}, in which ${root} stands`, 'name a new folder');
  if (mustBeThere && !existsSync(join(folder, name))) {
    throw new TokaError('TOKA_USAGE', `expected a journal in ${folder}, found none`, { hint: 'check what --storage names: toka run --storage makes one there' });
  }
  return { location: join(folder, name), folder };
}

/** Makes a location that a file names absolute. */
export function locateFrom(folder: string, choice: StorageChoice): StorageChoice {
  const { location } = choice;
  return location === undefined || isAddress(location) ? choice : { ...choice, location: resolve(folder, location) };
}

function isAddress(location: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(location);
}

function hasPassword(address: string): boolean {
  if (URL.canParse(address)) return new URL(address).password !== '' || new URL(address).searchParams.has('password');
  // What cannot be taken apart (`postgres://user@/db?host=/run`) has one where something stands between a colon and the @.
  return /:[^/@]*@/.test(address.slice(address.indexOf('://') + 3)) || address.includes('password=');
}

function unfit(expected: string, found: string, hint: string): TokaError {
  return new TokaError('TOKA_CONFIG_INVALID', `storage.location: expected ${expected}, found ${found}`, { hint });
}
