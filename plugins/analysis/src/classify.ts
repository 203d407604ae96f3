import { constants } from 'node:os';
import { type Analysis, type AnalysisResult, defineAnalyser, type Finding, type RunFacts } from '@toka/sdk';
import { compare, entry, ordered } from './lib/order.ts';
import { ends, seriesOf } from './lib/series.ts';
import { templateOf } from './lib/template.ts';

/** Runs that ended in the same way. */
interface Kind {
  readonly tools: Set<string>;
  readonly times: number[];
  /** The ids of the latest. */
  examples: { readonly id: string; readonly time: number }[];
}

const EXAMPLES = 5;

export default defineAnalyser({
  id: 'classify',
  summary: 'Group runs that failed, were denied or were killed by how they ended',
  options: { minimumRuns: { description: 'kinds with fewer runs are left out', default: 1, minimum: 1, maximum: 1_000_000 } },
  start: ({ minimumRuns }) => new Classification(minimumRuns),
});

class Classification implements Analysis {
  readonly #minimumRuns: number;
  readonly #kinds = new Map<string, Kind>();
  #runs = 0;
  #from = Infinity;
  #to = -Infinity;

  constructor(minimumRuns: number) {
    this.#minimumRuns = minimumRuns;
  }

  add(run: RunFacts): void {
    const time = run.finishedAt ?? run.requestedAt;
    this.#runs += 1;
    this.#from = Math.min(this.#from, time);
    this.#to = Math.max(this.#to, time);
    const name = kindOf(run);
    if (name === undefined) return;
    const kind = entry(this.#kinds, name, () => ({ tools: new Set<string>(), times: [], examples: [] }));
    kind.tools.add(run.tool);
    kind.times.push(time);
    kind.examples.push({ id: run.id, time });
    if (kind.examples.length > 2 * EXAMPLES) kind.examples = latest(kind.examples);
  }

  finish(): AnalysisResult {
    const kinds = ordered(this.#kinds, ([, { times }]) => -times.length, ([name]) => name);
    return { findings: kinds.filter(([, { times }]) => times.length >= this.#minimumRuns).map(([name, kind]) => this.#finding(name, kind)), tooFew: [] };
  }

  #finding(name: string, { tools, times, examples }: Kind): Finding {
    return {
      kind: 'outcome',
      severity: 'info',
      summary: name,
      measured: { observed: times.length, n: this.#runs },
      tools: [...tools].toSorted(compare),
      runs: latest(examples).map(({ id }) => id),
      ...ends(times),
      series: seriesOf(times, this.#from, this.#to),
    };
  }
}

function latest(examples: Kind['examples']): Kind['examples'] {
  return ordered(examples, ({ time }) => -time, ({ id }) => id).slice(0, EXAMPLES);
}

/** The rules, of which the first that fits says the kind; undefined for what ended well, or was ended by somebody. */
function kindOf({ status, denied, error, exitCode }: RunFacts): string | undefined {
  const message = templateOf(error?.message ?? '');
  if (status === 'succeeded' || status === 'cancelled') return undefined;
  if (status === 'denied' && denied.length > 0) return `denied for want of ${[...new Set(denied.map(actionOf))].toSorted(compare).join(', ')}`;
  if (status === 'interrupted') return 'interrupted: its process was gone before it ended';
  if (status === 'timed-out') return 'timed out';
  const signal = error?.message.match(/\bSIG[A-Z\d]+\b/g)?.find((name) => Object.hasOwn(constants.signals, name));
  if (signal !== undefined) return `ended by ${signal}`;
  const code = error?.code ? ` with ${error.code}` : '';
  const exit = exitCode === undefined || exitCode === 0 ? '' : `, exit code ${exitCode}`;
  return withoutStop(`${status}${code}${exit}${message === '' ? '' : `: ${message}`}`);
}

/** A capability without its scope. */
function actionOf(capability: string): string {
  return capability.split(':').slice(0, 2).join(':');
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.+$/, '');
}
