import type { Storage } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import { type Contributed, contributedBy, loadContributed } from './contributed.ts';
import { memoryStorage } from './memory.ts';
import { sqliteStorage } from './sqlite/storage.ts';

type Contribution = Contributed<Pick<Storage, 'id' | 'summary' | 'supports'>>;

/** A backend as lists show it; listing loads none of them. */
export type ListedStorage = Pick<Storage, 'id' | 'summary' | 'supports'> & {
  /** The package of the plugin that brings it. */
  readonly plugin?: string;
};

const OWN: readonly Storage[] = [sqliteStorage, memoryStorage];

/** All backends that are installed, toka's own first. */
export function listStorages(packageFiles: readonly string[]): ListedStorage[] {
  return [
    ...OWN.map(({ id, summary, supports }) => ({ id, summary, supports })),
    ...packageFiles.flatMap(storagesOf).map(({ id, summary, supports, plugin }) => ({ id, summary, supports, plugin })),
  ];
}

/**
 * Finds a storage backend by its id: one of toka's own, or one of a plugin.
 *
 * @param packageFiles The package.json of each plugin.
 * @throws TokaError `TOKA_STORAGE_UNKNOWN`; `TOKA_RUNTIME_UNAVAILABLE` where it cannot be loaded.
 */
export function findStorage(id: string, packageFiles: readonly string[]): Storage {
  const found = OWN.find((storage) => storage.id === id);
  if (found) return found;
  const contributed = packageFiles.flatMap(storagesOf);
  const [first] = contributed.filter((one) => one.id === id);
  if (first) return load(first.file);
  throw new TokaError('TOKA_STORAGE_UNKNOWN', `expected the name of a storage backend, found "${id}"`, {
    hint: `there are ${[...OWN, ...contributed].map((one) => one.id).join(', ')}`,
  });
}

function storagesOf(packageFile: string): Contribution[] {
  return contributedBy<Contribution>(packageFile, 'storage').map((one) => ({ ...one, supports: one.supports ?? {} }));
}

function load(file: string): Storage {
  const storage = loadContributed<Storage>(file, 'open');
  if (storage) return storage;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${file} does not export a storage backend as its default`, { hint: 'export default defineStorage({…})' });
}
