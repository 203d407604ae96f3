import { type Analysis, type AnalysisResult, defineAnalyser, type RunFacts } from '@toka/sdk';
import { findBursts } from './lib/bursts.ts';
import { Chronicle } from './lib/chronicle.ts';
import { findDurations } from './lib/durations.ts';
import { findNovelties } from './lib/novelties.ts';
import { adjusted } from './lib/samples.ts';
import type { Candidate, Judged } from './lib/judged.ts';

export default defineAnalyser({
  id: 'anomalies',
  summary: 'Find bursts of failures, unusual durations and capabilities that a tool never used before',
  options: {
    alpha: { description: 'the share of false ones among the findings that is borne', default: 0.05, minimum: 1e-9, maximum: 0.5 },
    minimumRuns: { description: 'a tool with fewer runs is not judged', default: 20, minimum: 5, maximum: 1_000_000 },
    windowMinutes: { description: 'the span of time in which failures count as a burst', default: 60, minimum: 1, maximum: 44_640 },
  },
  start: (options) => new Anomalies(options),
});

class Anomalies implements Analysis {
  readonly #chronicle = new Chronicle();
  readonly #alpha: number;
  readonly #minimumRuns: number;
  readonly #windowMs: number;

  constructor({ alpha, minimumRuns, windowMinutes }: { readonly alpha: number; readonly minimumRuns: number; readonly windowMinutes: number }) {
    this.#alpha = alpha;
    this.#minimumRuns = minimumRuns;
    this.#windowMs = windowMinutes * 60_000;
  }

  add(run: RunFacts): void {
    this.#chronicle.add(run);
  }

  finish(): AnalysisResult {
    const tools = this.#chronicle.tools();
    const judged: Judged[] = tools.flatMap(({ tool, runs }) => [findBursts(tool, runs, this.#minimumRuns, this.#windowMs), findDurations(tool, runs, this.#minimumRuns)]);
    // All tests of all tools at once: what looks rare in one of many is not.
    const q = adjusted(judged.flatMap(({ p }) => p));
    let first = 0;
    const rare = judged.flatMap(({ p, candidate }) => {
      const own = q.slice(first, (first += p.length));
      return own.flatMap((each, at) => (each <= this.#alpha ? [{ ...candidate(at), q: each }] : []));
    });
    const findings = gathered(rare);
    const novelties = tools.flatMap(({ tool, runs }) => findNovelties(tool, runs, this.#alpha));
    return { findings: [...findings, ...novelties], tooFew: judged.flatMap((one) => one.tooFew) };
  }
}

/** Those of one tool and kind that belong together become one finding, told of by the rarest of them. */
function gathered(rare: readonly (Candidate & { readonly q: number })[]): AnalysisResult['findings'] {
  const groups = Map.groupBy(rare, ({ group }) => group);
  return [...groups.values()].flatMap((group) => {
    const worst = group.reduce((one, other) => (other.p < one.p || (other.p === one.p && other.extent > one.extent) ? other : one));
    return [worst.describe(group, worst.q)];
  });
}
