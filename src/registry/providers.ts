import type { Provider } from '@toka/sdk';
import { type Contributed, contributedBy } from '../journal/contributed.ts';

/** A provider of models as its plugin's package.json lists it; nothing of it is loaded. */
export type ListedProvider = Contributed<Pick<Provider, 'id' | 'summary' | 'supports' | 'isLanguageModel' | 'capabilities' | 'configSchema'>>;

/** @param packageFiles The package.json of each plugin. */
export function listProviders(packageFiles: readonly string[]): ListedProvider[] {
  return packageFiles.flatMap((file) => contributedBy<Omit<ListedProvider, 'file' | 'plugin'>>(file, 'providers'));
}
