import { extname, join } from 'node:path';
import type { Storage } from '@toka/sdk';
import type { StorageChoice } from './config/storage.ts';
import { TokaError } from './errors.ts';
import { pluginFiles } from './workspace.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** How a record is asked for. */
interface Recording {
  readonly journalThread?: boolean;
  readonly storage?: StorageChoice;
  readonly door?: 'cli' | 'api';
}

/** What keeps the record, where that is not SQLite in this very thread. */
export async function storageFor(backend: string, options: Recording, env: Env): Promise<{ readonly storage?: Storage }> {
  if (options.journalThread !== true) return backend === 'sqlite' ? {} : { storage: await recording(backend, options, env) };
  const { inThread } = await import('./journal/thread/storage.ts');
  const thread = join(import.meta.dirname, `journal-thread${extname(import.meta.filename)}`);
  return { storage: inThread(await recording(backend, options, env), { thread, plugins: pluginFiles(env) }) };
}

/** Who runs toka in a program may have a record that is gone with it; a command, or a configuration, may not. */
async function recording(backend: string, { door, storage: given }: Recording, env: Env): Promise<Storage> {
  const { findStorage } = await import('./journal/backends.ts');
  const storage = findStorage(backend, pluginFiles(env));
  if (storage.supports.durable || (given && door !== 'cli')) return storage;
  throw new TokaError(given ? 'TOKA_USAGE' : 'TOKA_CONFIG_INVALID', `expected a storage that keeps what is recorded, found ${backend}, which forgets it when the process ends`, {
    hint: 'use sqlite, or a backend of a plugin; only a program that embeds toka may use this one',
  });
}
