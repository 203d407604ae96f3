import { extname } from 'node:path';
import type { Runtime } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import { type Contributed, contributedBy } from '../journal/contributed.ts';
import { nearest } from '../manifest/nearest.ts';

/** A runtime as its plugin's package.json lists it; nothing of it is loaded. */
export type ListedRuntime = Contributed<Pick<Runtime, 'id' | 'summary' | 'languages' | 'isolation' | 'supports'>>;

/** @param packageFiles The package.json of each plugin. */
export function listRuntimes(packageFiles: readonly string[]): ListedRuntime[] {
  return packageFiles.flatMap((file) => contributedBy<Omit<ListedRuntime, 'file' | 'plugin'>>(file, 'runtimes'));
}

/**
 * Finds the runtime of a language.
 *
 * @throws TokaError TOKA_LANGUAGE_UNKNOWN, TOKA_LANGUAGE_AMBIGUOUS
 */
export function runtimeOf(language: string, runtimes: readonly ListedRuntime[]): ListedRuntime {
  const [found, other] = runtimes.filter(({ languages }) => Object.hasOwn(languages, language));
  if (found && other) {
    throw new TokaError('TOKA_LANGUAGE_AMBIGUOUS', `two plugins run the language "${language}": ${found.plugin} and ${other.plugin}`, { hint: 'uninstall one of them', data: { language, plugins: [found.plugin, other.plugin] } });
  }
  if (found) return found;
  const known = runtimes.flatMap(({ languages }) => Object.keys(languages));
  const near = nearest(language, known);
  throw new TokaError('TOKA_LANGUAGE_UNKNOWN', `no runtime runs the language "${language}"`, {
    hint: `${near === undefined ? '' : `did you mean ${near}? `}there ${known.length === 0 ? 'is none' : `are ${known.toSorted().join(', ')}`}`,
    data: { language, languages: known.toSorted() },
  });
}

/** The language of a file by its ending; undefined where no runtime claims that. */
export function languageOf(file: string, runtimes: readonly ListedRuntime[]): string | undefined {
  const ending = extname(file).toLowerCase();
  return runtimes.flatMap(({ languages }) => Object.entries(languages)).find(([, endings]) => endings.includes(ending))?.[0];
}
