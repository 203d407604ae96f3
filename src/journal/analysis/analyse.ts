import { type Analysis, type AnalysisResult, isCoded, type RunFacts } from '@toka/sdk';
import { TokaError, toTokaError } from '../../errors.ts';
import { type ListedAnalyser, loadAnalyser } from './analysers.ts';
import { parseResult } from './result.ts';

/** What came of one analyser. */
export interface Analysed {
  readonly id: string;
  readonly plugin: string;
  /** The options that were in force. */
  readonly options: Readonly<Record<string, number>>;
  /** Absent where it failed. */
  readonly result?: AnalysisResult;
  readonly error?: TokaError;
}

/** One analyser under way, until it fails. */
interface Going {
  readonly listed: ListedAnalyser;
  readonly options: Readonly<Record<string, number>>;
  analysis?: Analysis;
  error?: TokaError;
}

/**
 * Tells all analysers of each run, once. One that cannot be loaded, throws, or answers what is no result is said to have failed; the others go on.
 *
 * @param options By analyser; those that shall be other than by default.
 * @throws TokaError TOKA_USAGE for an option that an analyser does not have, or not with that value.
 */
export async function analyse(chosen: readonly ListedAnalyser[], options: Readonly<Record<string, Readonly<Record<string, number>>>>, runs: AsyncIterable<RunFacts>): Promise<{ readonly runs: number; readonly analysed: readonly Analysed[] }> {
  const going = chosen.map((listed) => begin(listed, options[listed.id] ?? {}));
  let count = 0;
  for await (const run of runs) {
    count += 1;
    for (const one of going) attempt(one, (analysis) => analysis.add(run));
  }
  return { runs: count, analysed: going.map(end) };
}

function begin(listed: ListedAnalyser, given: Readonly<Record<string, number>>): Going {
  const defaults: Record<string, number> = {};
  for (const [name, option] of Object.entries(listed.options)) defaults[name] = option.default;
  const going: Going = { listed, options: { ...defaults, ...given } };
  try {
    going.analysis = loadAnalyser(listed).start(given);
  } catch (thrown) {
    if (isCoded(thrown) && thrown.code === 'ANALYSER_OPTION') throw new TokaError('TOKA_USAGE', thrown.message, { cause: thrown, hint: thrown.hint ?? 'toka events analyze --help shows how options are given' });
    fail(going, thrown);
  }
  return going;
}

/** Does something with an analyser that has not failed yet. */
function attempt<T>(going: Going, work: (analysis: Analysis) => T): T | undefined {
  if (!going.analysis) return undefined;
  try {
    return work(going.analysis);
  } catch (thrown) {
    fail(going, thrown);
    return undefined;
  }
}

function fail(going: Going, thrown: unknown): void {
  const error = toTokaError(thrown);
  delete going.analysis;
  going.error = error.code === 'TOKA_INTERNAL' ? failed(going, error.message, thrown) : error;
}

function end(going: Going): Analysed {
  const { listed, options } = going;
  const parsed = attempt(going, (analysis) => parseResult(analysis.finish()));
  if (parsed && 'fault' in parsed) going.error = failed(going, `its answer is no result: ${parsed.fault}`);
  return { id: listed.id, plugin: listed.plugin, options, ...(parsed && 'result' in parsed && { result: parsed.result }), ...(going.error && { error: going.error }) };
}

function failed({ listed: { id, plugin } }: Going, why: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_ANALYSER_FAILED', `the analyser ${id} failed: ${why}`, { cause, hint: `this is a defect of ${plugin}; the others are not concerned` });
}
