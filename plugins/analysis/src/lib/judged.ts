import type { Finding, TooFew } from '@toka/sdk';

/** A test whose result is rare. */
export interface Candidate {
  readonly p: number;
  /** Of two that are so rare that their p-values are both 0, the one with more is told of. */
  readonly extent: number;
  /** Those of one group are told of together. */
  readonly group: string;
  readonly ids: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Tells of itself and of the others of its group that are findings too. */
  describe(group: readonly Candidate[], q: number): Finding;
}

/** Tests that were made: which of them are findings depends on the p-values of all. */
export interface Judged {
  readonly p: readonly number[];
  /** More of one of them, which most are not asked for. */
  candidate(at: number): Candidate;
  readonly tooFew: readonly TooFew[];
}

/** Nothing was tested. */
export function unjudged(...tooFew: readonly TooFew[]): Judged {
  return {
    p: [],
    candidate() {
      throw new RangeError('nothing was tested');
    },
    tooFew,
  };
}

/** What is said of all findings of a group. */
export function common(tool: string, group: readonly Candidate[]): Pick<Finding, 'severity' | 'tools' | 'runs' | 'from' | 'to'> {
  return {
    severity: 'warning',
    tools: [tool],
    runs: group.flatMap(({ ids }) => ids).slice(0, 10),
    from: group.reduce((least, { from }) => Math.min(least, from), Infinity),
    to: group.reduce((most, { to }) => Math.max(most, to), -Infinity),
  };
}
