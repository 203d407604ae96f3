import { guarded } from './storage-guard.ts';
import type { Storage, StorageDefinition } from './storage.ts';

/**
 * Defines a storage backend.
 *
 * @param definition What it can do, and how it is opened. `@toka/sdk/testing` has the checks that it must pass.
 * @returns The backend as its users see it, with every argument checked.
 * @example
 * export default defineStorage({
 *   id: 'lmdb',
 *   summary: 'Keep the journal in a memory-mapped file',
 *   supports: { durable: true, processes: true, text: true, subscribe: true, check: false, compact: false, backup: true, forget: false },
 *   open: ({ location, readOnly }) => new LmdbDriver(location, readOnly),
 * });
 */
export function defineStorage(definition: StorageDefinition): Storage {
  const { id, summary, supports } = definition;
  return { id, summary, supports, open: async (options) => guarded(definition, await definition.open(options), options.readOnly === true) };
}
