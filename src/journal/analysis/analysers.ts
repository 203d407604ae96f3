import type { Analyser } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { type Contributed, contributedBy, loadContributed } from '../contributed.ts';

/** An analyser as lists show it; listing loads none of them. */
export type ListedAnalyser = Contributed<Pick<Analyser, 'id' | 'summary' | 'options'>>;

/**
 * Finds analysers by their ids; without any, all that are installed.
 *
 * @param packageFiles The package.json of each plugin.
 * @throws TokaError TOKA_ANALYSER_UNKNOWN
 */
export function chooseAnalysers(ids: readonly string[], packageFiles: readonly string[]): ListedAnalyser[] {
  const all = packageFiles.flatMap((file): ListedAnalyser[] => contributedBy<ListedAnalyser>(file, 'analysers').map((one) => ({ ...one, options: one.options ?? {} })));
  const unknown = ids.find((id) => !all.some((one) => one.id === id));
  if (unknown === undefined) return all.filter(({ id }) => ids.length === 0 || ids.includes(id));
  throw new TokaError('TOKA_ANALYSER_UNKNOWN', `expected the name of an analyser, found "${unknown}"`, { hint: `there are ${all.map(({ id }) => id).join(', ')}` });
}

/** @throws TokaError TOKA_RUNTIME_UNAVAILABLE */
export function loadAnalyser({ file }: ListedAnalyser): Analyser {
  const analyser = loadContributed<Analyser>(file, 'start');
  if (analyser) return analyser;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${file} does not export an analyser as its default`, { hint: 'export default defineAnalyser({…})' });
}
