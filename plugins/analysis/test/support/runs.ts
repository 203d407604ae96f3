import type { Analyser, AnalysisResult, RunFacts } from '@toka/sdk';

/** Numbers from 0 to 1 that are the same each time: xorshift32, G. Marsaglia, J. Stat. Software 8 (2003). */
export function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** One number of a normal distribution, by Box and Muller. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export const START = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;

/** A run that succeeded; what a test says nothing of is as always. */
export function run(at: number, more: Partial<RunFacts> = {}): RunFacts {
  const requestedAt = START + at * 5 * MINUTE;
  return {
    id: `run-${String(at).padStart(6, '0')}`,
    tool: 'project/lint',
    status: 'succeeded',
    principal: 'user',
    denied: [],
    requestedAt,
    startedAt: requestedAt,
    finishedAt: requestedAt + 100,
    wallMs: 100,
    capabilities: ['fs:read:**'],
    ...more,
  };
}

export function analyse(analyser: Analyser, runs: readonly RunFacts[], options: Readonly<Record<string, number>> = {}): AnalysisResult {
  const analysis = analyser.start(options);
  for (const each of runs) analysis.add(each);
  return analysis.finish();
}
