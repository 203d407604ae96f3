import { dirname, join } from 'node:path';
import type { Provider } from '@toka/sdk';
import { type Contributed, contributedBy } from '../journal/contributed.ts';

/** A provider of models as its plugin's package.json lists it; nothing of it is loaded. */
export type ListedProvider = Contributed<Pick<Provider, 'id' | 'summary' | 'supports' | 'isLanguageModel' | 'catalog' | 'capabilities' | 'configSchema'>>;

/**
 * @param packageFiles The package.json of each plugin.
 * @returns What they list; `catalog` is absolute.
 */
export function listProviders(packageFiles: readonly string[]): ListedProvider[] {
  return packageFiles.flatMap((file) =>
    contributedBy<Omit<ListedProvider, 'file' | 'plugin'>>(file, 'providers').map(({ catalog, ...rest }) => ({ ...rest, ...(catalog === undefined ? {} : { catalog: join(dirname(file), catalog) }) })),
  );
}
