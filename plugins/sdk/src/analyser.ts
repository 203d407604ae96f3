import { coded } from './errors.ts';

/** What analysers are told of a run that has ended: names, figures and digests; of parameters and output nothing else. */
export interface RunFacts {
  readonly id: string;
  /** The qualified name; of what has none, what kind of run it is. */
  readonly tool: string;
  readonly status: 'succeeded' | 'failed' | 'denied' | 'cancelled' | 'timed-out' | 'killed' | 'interrupted';
  readonly principal: string;
  /** What it ended with, where that was an error. Secrets are replaced in the message. */
  readonly error?: { readonly code: string; readonly message: string };
  /** The process's own code; absent where none ended by itself. */
  readonly exitCode?: number;
  /** The capabilities that it lacked, of a denied run. */
  readonly denied: readonly string[];
  /** Milliseconds since 1970, as all times. */
  readonly requestedAt: number;
  /** Absent where it never started. */
  readonly startedAt?: number;
  /** Absent of an interrupted run. */
  readonly finishedAt?: number;
  /** What it used, as far as that was measured. */
  readonly wallMs?: number;
  readonly cpuMs?: number;
  readonly maxRssBytes?: number;
  readonly outputBytes?: number;
  /** Connections made to hosts. */
  readonly connections?: number;
  /** The capabilities in force, printed. */
  readonly capabilities: readonly string[];
  /** The run that asked for it, and its tool. */
  readonly parent?: { readonly id: string; readonly tool?: string };
  /** Of the parameters without secrets, hex; absent where it has none. */
  readonly parametersDigest?: string;
}

/** Something that an analyser has found. */
export interface Finding {
  /** Which of the things that it looks for, such as `failure-burst`. */
  readonly kind: string;
  /** `warning`: somebody should look at it. `info`: good to know. */
  readonly severity: 'info' | 'warning';
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  /** What was measured: `observed`, `expected`, `p`, `n` and the like. */
  readonly measured: Readonly<Record<string, number>>;
  readonly tools: readonly string[];
  /** Examples, at most 10. */
  readonly runs: readonly string[];
  /** When it was seen first and last, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** How often in equal spans of time, at most 60 of them, for a small picture. */
  readonly series?: readonly number[];
}

/** What could not be judged. */
export interface TooFew {
  readonly tool: string;
  /** What was to be looked for. */
  readonly kind: string;
  /** How many there were, and how many it takes. */
  readonly n: number;
  readonly needed: number;
}

/** What an analysis has come to. */
export interface AnalysisResult {
  readonly findings: readonly Finding[];
  readonly tooFew: readonly TooFew[];
}

/** One analysis under way. It is told of each run once, in whatever order: its result must not depend on that. */
export interface Analysis {
  /** Keeps no more of a run than it needs: there may be millions. */
  add(run: RunFacts): void;
  /** Is called once, after the last run. */
  finish(): AnalysisResult;
}

/** A number that decides what is found, which people may change. */
export interface AnalyserOption {
  readonly description: string;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** What the author of an analyser writes. */
export interface AnalyserDefinition<Name extends string = string> {
  /** By which people name it. */
  readonly id: string;
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  readonly options: Readonly<Record<Name, AnalyserOption>>;
  /** Begins an analysis, with a value for each option. */
  start(options: Readonly<Record<Name, number>>): Analysis;
}

/** A defined analyser, ready to be used. */
export interface Analyser {
  readonly id: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, AnalyserOption>>;
  /**
   * Begins an analysis.
   *
   * @param options Those that shall be other than by default.
   * @throws `ANALYSER_OPTION` for one that is not known, or a number outside its limits.
   */
  start(options?: Readonly<Record<string, number>>): Analysis;
}

/**
 * Defines an analyser: the default export of a file that a plugin names under `contributes.analysers`.
 *
 * @example
 * export default defineAnalyser({
 *   id: 'repeats',
 *   summary: 'Find tools that are run again and again',
 *   options: { often: { description: 'how many runs are too many', default: 100, minimum: 2, maximum: 1_000_000 } },
 *   start: ({ often }) => new Repeats(often),
 * });
 */
export function defineAnalyser<Name extends string>({ id, summary, options, start }: AnalyserDefinition<Name>): Analyser {
  const names = Object.keys(options) as Name[];
  return {
    id,
    summary,
    options,
    start(given = {}) {
      const unknown = Object.keys(given).find((name) => !Object.hasOwn(options, name));
      if (unknown !== undefined) throw coded('ANALYSER_OPTION', `${id} has no option ${unknown}`, { hint: `it has ${names.join(', ') || 'none'}` });
      const values = names.map((name) => [name, within(`${id}.${name}`, options[name], given[name])] as const);
      return start(Object.fromEntries(values) as Record<Name, number>);
    },
  };
}

function within(name: string, { default: otherwise, minimum, maximum }: AnalyserOption, given: number | undefined): number {
  const value = given ?? otherwise;
  if (value >= minimum && value <= maximum) return value;
  throw coded('ANALYSER_OPTION', `expected a number from ${minimum} to ${maximum} as ${name}, found ${value}`);
}
