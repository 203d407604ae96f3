import type { Past } from './chronicle.ts';
import { hypergeometricTail } from './distributions.ts';
import { type Candidate, common, type Judged, unjudged } from './judged.ts';
import { ends, seriesOf } from './series.ts';

/** One failure is none. */
const BURST = 2;

/**
 * Tests each span of time in which the tool was run: given how many of all its runs failed, is it by chance that so many of them are in
 * this span? That is the exact test of Fisher (`hypergeometricTail`): unlike a binomial tail with an estimated rate it needs no rate, and holds
 * also where nothing failed before. Spans without failures are tests as well: to leave them out would be to choose by the outcome.
 */
export function findBursts(tool: string, runs: readonly Past[], minimumRuns: number, windowMs: number): Judged {
  const failures = runs.filter(({ hasFailed }) => hasFailed);
  if (failures.length === 0) return unjudged();
  if (runs.length < minimumRuns) return unjudged({ tool, kind: 'failure-burst', n: runs.length, needed: minimumRuns });
  const all = ends(runs.map(({ time }) => time));
  const series = seriesOf(failures.map(({ time }) => time), all.from, all.to);
  // Spans have fixed places, so that none is chosen for what is in it.
  const spans = Map.groupBy(runs, ({ time }) => Math.floor(time / windowMs));
  const candidates = Array.from(spans, ([span, inside]): Candidate => {
    const failed = inside.filter(({ hasFailed }) => hasFailed);
    const expected = (inside.length * failures.length) / runs.length;
    return {
      p: failed.length < BURST ? 1 : hypergeometricTail(failed.length, { total: runs.length, marked: failures.length, drawn: inside.length }),
      extent: failed.length,
      group: `burst ${tool} ${beginOf(span, spans, (each) => each.some(({ hasFailed }) => hasFailed))}`,
      ids: failed.slice(0, 10).map(({ id }) => id),
      from: failed[0]?.time ?? 0,
      to: failed.at(-1)?.time ?? 0,
      describe(group, q) {
        return {
          ...common(tool, group),
          kind: 'failure-burst',
          summary: `${failed.length} of ${inside.length} runs of ${tool} failed within a span of ${windowMs / 60_000} minutes, where ${round(expected)} would be expected`,
          measured: { observed: failed.length, expected, p: this.p, q, n: runs.length, runsInSpan: inside.length, failures: failures.length },
          series,
        };
      },
    };
  });
  return { p: candidates.map(({ p }) => p), candidate: (at) => candidates[at] as Candidate, tooFew: [] };
}

/** The first of the spans with failures that follow one another without one between. */
function beginOf(span: number, spans: ReadonlyMap<number, readonly Past[]>, holds: (runs: readonly Past[]) => boolean): number {
  let first = span;
  while (holds(spans.get(first - 1) ?? [])) first -= 1;
  return first;
}

function round(value: number): string {
  return value < 10 ? value.toPrecision(2) : String(Math.round(value));
}
