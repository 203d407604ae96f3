import { createRequire } from 'node:module';
import type { ListedRuntime } from '../../registry/runtimes.ts';
import { loadRuntime } from './load.ts';

/** Ends what isolates keep for later runs, of those runtimes that have been loaded. */
export async function closeRuntimes(runtimes: readonly ListedRuntime[]): Promise<void> {
  const loaded = runtimes.filter(({ file, isolation }) => isolation === 'isolate' && file in createRequire(file).cache);
  await Promise.all(
    loaded.map(async ({ file }) => loadRuntime(file, 'isolate').close?.()),
  );
}
