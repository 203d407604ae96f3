import type { Finding, TooFew } from '@toka/sdk';

/** One test that was made: it is a finding if its p-value is small among those of all tests. */
export interface Candidate {
  readonly p: number;
  /** Those of one group are told of together. */
  readonly group: string;
  readonly ids: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Tells of itself and of the others of its group that are findings too. */
  describe(group: readonly Candidate[], q: number): Finding;
}

export interface Judged {
  readonly candidates: readonly Candidate[];
  readonly tooFew: readonly TooFew[];
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
