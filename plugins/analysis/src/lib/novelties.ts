import type { Finding } from '@toka/sdk';
import type { Past } from './chronicle.ts';

/**
 * Finds runs with a capability that the tool never had before, after so many runs that brought nothing new that with confidence 1 − alpha at most
 * the share alpha of its runs does: 1 − alpha^(1/n) is that bound after n of them, which for alpha = 0.05 is the "rule of three", 3/n (J. A. Hanley
 * and A. Lippman-Hand, JAMA 249 (1983)). A tool whose capabilities name what it is asked for always has new ones, and is never found.
 */
export function findNovelties(tool: string, runs: readonly Past[], alpha: number): Finding[] {
  const known = new Set<string>();
  let quiet = 0;
  return runs.flatMap(({ id, time, capabilities }, at): Finding[] => {
    const fresh = capabilities.filter((capability) => !known.has(capability));
    if (fresh.length === 0) {
      quiet += 1;
      return [];
    }
    for (const capability of fresh) known.add(capability);
    const bound = 1 - alpha ** (1 / Math.max(1, quiet));
    const [before, isUnusual] = [quiet, quiet > 0 && bound <= alpha];
    quiet = 0;
    if (!isUnusual) return [];
    const since = runs.slice(at).filter((run) => fresh.some((capability) => run.capabilities.includes(capability)));
    return [
      {
        kind: 'new-capability',
        severity: 'warning',
        summary: `${tool} had ${shown(fresh)} for the first time, after ${before} runs without anything new`,
        measured: { observed: since.length, bound, n: runs.length, runsBefore: before },
        tools: [tool],
        runs: since.slice(0, 10).map((run) => run.id).concat(since.length === 0 ? [id] : []),
        from: time,
        to: since.at(-1)?.time ?? time,
      },
    ];
  });
}

function shown(capabilities: readonly string[]): string {
  const [first = '', ...rest] = capabilities;
  return rest.length === 0 ? first : `${first} and ${rest.length} more capabilities`;
}
