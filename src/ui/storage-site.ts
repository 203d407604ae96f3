import { existsSync } from 'node:fs';
import type { Storage, StorageBackend } from '@toka/sdk';
import { stateFolder } from '../config/paths.ts';
import { locateFrom, parseStorage, placeOf } from '../config/storage.ts';
import { TokaError } from '../errors.ts';
import { findStorage, type ListedStorage, listStorages } from '../journal/backends.ts';
import { translate } from '../journal/failures.ts';
import { pluginFiles } from '../workspace.ts';
import type { Door } from './door.ts';

/** A place that a storage backend keeps a journal at, or could. */
export interface Site {
  readonly storage: Storage;
  readonly location: string;
  /** A folder above it below which no folder may be a symlink. */
  readonly root?: string;
  /** Whether the location is a file or a folder, and not an address. */
  readonly isPath: boolean;
}

/**
 * Finds the place that a text of the command line means, in the words of `--storage`; without one, that of the configuration.
 *
 * @throws TokaError TOKA_USAGE, TOKA_CONFIG_INVALID, TOKA_STORAGE_UNKNOWN, TOKA_RUNTIME_UNAVAILABLE
 */
export async function siteOf(text: string | undefined, door: Door): Promise<Site> {
  const { cwd, env, project, root, settings, registry } = await door.workspace();
  registry.close();
  const choice = text === undefined ? (settings.storage ?? { backend: 'sqlite' }) : locateFrom(cwd, parseStorage(text));
  const storage = findStorage(choice.backend, pluginFiles(env));
  if (!storage.supports.durable) {
    throw new TokaError('TOKA_USAGE', `expected a storage that keeps what is recorded, found ${storage.id}, which forgets it when the process ends`, { hint: 'toka storage info lists the others' });
  }
  const { location } = placeOf(choice, { root, state: stateFolder(project?.root, env) });
  return { storage, location, isPath: !location.includes('://'), ...(project && choice.location === undefined ? { root } : {}) };
}

/** Whether something is there; undefined for an address, where only the backend can tell. */
export function exists({ isPath, location }: Site): boolean | undefined {
  return isPath ? existsSync(location) : undefined;
}

/**
 * Looking after what is not there would make it, and calling it in order would be believed of what lies elsewhere.
 *
 * @throws TokaError TOKA_USAGE
 */
export function demandThere(site: Site): void {
  if (exists(site) !== false) return;
  throw new TokaError('TOKA_USAGE', `expected a journal at ${site.location}, found nothing`, { hint: 'toka storage info shows where it is looked for' });
}

/** Opens a storage for some work, and closes it. Errors come with codes of toka. */
export async function withStorage<T>({ storage, location, root }: Site, readOnly: boolean, work: (storage: StorageBackend) => Promise<T>): Promise<T> {
  try {
    const backend = await storage.open({ location, readOnly, ...(root === undefined ? {} : { root }) });
    try {
      return await work(backend);
    } finally {
      await backend.close();
    }
  } catch (error) {
    throw translate(error, location);
  }
}

export function installed(env: Door['env']): ListedStorage[] {
  return listStorages(pluginFiles(env));
}
