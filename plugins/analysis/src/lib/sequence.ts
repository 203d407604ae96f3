import type { RunFacts } from '@toka/sdk';
import { hypergeometricTail } from './distributions.ts';
import { entry, ordered } from './order.ts';
import { Pairs, type Tested } from './pairs.ts';

type Begun = Pick<RunFacts, 'id' | 'requestedAt' | 'tool'>;

/** Runs one after the other. */
export class Sequence {
  readonly #runs: Begun[] = [];

  add({ id, requestedAt, tool }: Begun): void {
    this.#runs.push({ id, requestedAt, tool });
  }

  /**
   * Tests for each two tools whether the one follows the other more often than if the order were chance: the exact test of Fisher over all steps
   * from a run to the next that is close enough.
   */
  pairs(gapMs: number): Tested {
    const runs = ordered(this.#runs, ({ requestedAt }) => requestedAt, ({ id }) => id);
    const steps = new Pairs();
    const [before, after] = [new Map<string, number>(), new Map<string, number>()];
    let n = 0;
    for (const [at, next] of runs.entries()) {
      const last = runs[at - 1];
      if (!last || next.requestedAt - last.requestedAt > gapMs) continue;
      n += 1;
      before.set(last.tool, entry(before, last.tool, () => 0) + 1);
      after.set(next.tool, entry(after, next.tool, () => 0) + 1);
      if (last.tool !== next.tool) steps.add(last.tool, next.tool, next);
    }
    const pairs = steps.all().map(({ a, b, count: observed, ...rest }) => {
      const [marked, drawn] = [before.get(a) ?? 0, after.get(b) ?? 0];
      return { a, b, observed, expected: (marked * drawn) / n, p: hypergeometricTail(observed, { total: n, marked, drawn }), n, ...rest };
    });
    return { pairs, tests: before.size * after.size - [...before.keys()].filter((tool) => after.has(tool)).length };
  }
}
