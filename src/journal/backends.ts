import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Storage } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import { memoryStorage } from './memory.ts';
import { sqliteStorage } from './sqlite/storage.ts';

/** What is read of a plugin's package.json. */
interface PackageFile {
  readonly name: string;
  readonly toka?: { readonly contributes?: { readonly storage?: readonly Contribution[] } };
}

type Contribution = Pick<Storage, 'id' | 'summary' | 'supports'> & { readonly entry: string };

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

function storagesOf(packageFile: string): (Contribution & { readonly file: string; readonly plugin: string })[] {
  const { name, toka } = JSON.parse(readFileSync(packageFile, 'utf8')) as PackageFile;
  return (toka?.contributes?.storage ?? []).map((one) => ({ ...one, file: join(dirname(packageFile), one.entry), plugin: name }));
}

function load(file: string): Storage {
  let module: unknown;
  try {
    module = createRequire(file)(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `cannot load the storage backend ${file}: ${why}`, { cause, hint: 'is it built and complete?' });
  }
  // A default export, also where a bundler wrapped it once more.
  const { default: inner } = module as { default?: Partial<Storage> & { default?: Partial<Storage> } };
  const storage = inner?.default ?? inner;
  if (typeof storage?.open === 'function') return storage as Storage;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${file} does not export a storage backend as its default`, { hint: 'export default defineStorage({…})' });
}
