import { TokaError } from '../errors.ts';
import { RegistryIndex, sourcesKey } from './index-file.ts';
import type { IndexOptions, Source } from './sources.ts';

/**
 * Opens the index of these sources, built anew first where it is missing, damaged or out of date.
 *
 * @throws TokaError TOKA_STATE_UNAVAILABLE
 */
export async function openIndex(file: string, sources: readonly Source[], options: IndexOptions, rebuild = false): Promise<RegistryIndex> {
  const key = sourcesKey(sources, options.tokaVersion);
  const found = rebuild ? undefined : RegistryIndex.open(file, key);
  if (found) return found;
  const { buildIndex } = await import('./build-index.ts');
  await buildIndex(file, sources, options);
  const built = RegistryIndex.open(file, key, { evenIfStale: true });
  if (built) return built;
  throw new TokaError('TOKA_STATE_UNAVAILABLE', `the index ${file} was written but cannot be read`, {
    hint: 'check the permissions of that folder, or set XDG_CACHE_HOME to another one',
  });
}
