import type { RunFacts } from '@toka/sdk';
import { entry, ordered } from './order.ts';

/** Two tools, how often they were seen together, and how often that would be by chance. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly observed: number;
  readonly expected: number;
  readonly p: number;
  /** Among how many. */
  readonly n: number;
  readonly examples: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** The pairs that were seen together, and how many were tested: to leave out those that never were would be to choose by the outcome. */
export interface Tested {
  readonly pairs: readonly Pair[];
  readonly tests: number;
}

export interface Counted {
  readonly a: string;
  readonly b: string;
  readonly count: number;
  /** Of the latest runs. */
  readonly examples: readonly string[];
  readonly from: number;
  readonly to: number;
}

interface Count {
  readonly a: string;
  readonly b: string;
  count: number;
  from: number;
  to: number;
  examples: { readonly id: string; readonly time: number }[];
}

const EXAMPLES = 5;

/** Counts pairs of tools. */
export class Pairs {
  readonly #counts = new Map<string, Count>();

  add(a: string, b: string, { id, requestedAt: time }: Pick<RunFacts, 'id' | 'requestedAt'>): void {
    const count = entry(this.#counts, JSON.stringify([a, b]), (): Count => ({ a, b, count: 0, from: Infinity, to: -Infinity, examples: [] }));
    count.count += 1;
    count.from = Math.min(count.from, time);
    count.to = Math.max(count.to, time);
    count.examples.push({ id, time });
    if (count.examples.length > 2 * EXAMPLES) count.examples = latest(count.examples);
  }

  /** The most frequent first. */
  all(): Counted[] {
    const counts = ordered(this.#counts, ([, { count }]) => -count, ([key]) => key);
    return counts.map(([, { examples, ...rest }]) => ({ ...rest, examples: latest(examples).map(({ id }) => id) }));
  }
}

function latest(examples: Count['examples']): Count['examples'] {
  return ordered(examples, ({ time }) => -time, ({ id }) => id).slice(0, EXAMPLES);
}
