import type { Past } from './chronicle.ts';
import { studentTail } from './distributions.ts';
import { type Candidate, common, type Judged, unjudged } from './judged.ts';
import { median, medianDeviation } from './samples.ts';

/** What a median absolute deviation knows, as a share of what a standard deviation would: P. J. Huber, "Robust Statistics", 1981, §5.1. */
const EFFICIENCY = 0.37;

type Timed = Past & { readonly wallMs: number };

/**
 * Tests each run that succeeded: how far is the logarithm of its duration from the tool's median, in median absolute deviations (B. Iglewicz and D. C.
 * Hoaglin, "How to Detect and Handle Outliers", 1993)? Since the deviation is estimated, from few runs even roughly, the distance is held
 * against Student's t with as many degrees of freedom as that estimate is worth.
 */
export function findDurations(tool: string, runs: readonly Past[], minimumRuns: number): Judged {
  const timed = runs.filter((run): run is Timed => run.wallMs !== undefined && run.wallMs >= 0);
  if (timed.length === 0) return unjudged();
  if (timed.length < minimumRuns) return unjudged({ tool, kind: 'duration', n: timed.length, needed: minimumRuns });
  const logs = timed.map(({ wallMs }) => Math.log1p(wallMs));
  const middle = median(logs);
  const expected = Math.expm1(middle);
  // Durations are whole milliseconds: a spread below one cannot be seen, nor be none.
  const spread = Math.max(medianDeviation(logs, middle), Math.log1p(1 / (expected + 1)));
  const distances = logs.map((log) => (log - middle) / spread);
  const p = distances.map((z) => studentTail(z, EFFICIENCY * (timed.length - 1)));
  const candidate = (at: number): Candidate => {
    const { id, time, wallMs } = timed[at] as Timed;
    const [z, own] = [distances[at] ?? 0, p[at] ?? 1];
    const isSlow = z > 0;
    return {
      p: own,
      extent: Math.abs(z),
      group: `duration ${tool} ${String(isSlow)}`,
      ids: [id],
      from: time,
      to: time,
      describe(group, q) {
        const most = group.length === 1 ? 'one run' : `${group.length} runs, the ${isSlow ? 'longest' : 'shortest'}`;
        return {
          ...common(tool, group),
          kind: isSlow ? 'slow' : 'fast',
          summary: `${tool} took unusually ${isSlow ? 'long' : 'short'} in ${most} of ${Math.round(wallMs)} ms, where ${Math.round(expected)} ms are usual`,
          measured: { observed: wallMs, expected, z, p: own, q, n: timed.length, runs: group.length },
        };
      },
    };
  };
  return { p, candidate, tooFew: [] };
}
