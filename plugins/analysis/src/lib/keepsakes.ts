import type { RunFacts } from '@toka/sdk';
import { hypergeometricTail } from './distributions.ts';
import { compare, entry } from './order.ts';
import { Pairs, type Tested } from './pairs.ts';

/** Which tools had which things: files, or parameters. */
export class Keepsakes {
  /** The last run of each tool that had a thing. */
  readonly #things = new Map<string, Map<string, Pick<RunFacts, 'id' | 'requestedAt'>>>();

  add(thing: string, { id, tool, requestedAt }: Pick<RunFacts, 'id' | 'requestedAt' | 'tool'>): void {
    const tools = entry(this.#things, thing, () => new Map<string, Pick<RunFacts, 'id' | 'requestedAt'>>());
    const last = tools.get(tool);
    if (!last || requestedAt > last.requestedAt || (requestedAt === last.requestedAt && id > last.id)) tools.set(tool, { id, requestedAt });
  }

  /** Tests for each two tools whether they share more things than if each had chosen its own by chance: the exact test of Fisher over all things. */
  pairs(): Tested {
    const n = this.#things.size;
    const sizes = new Map<string, number>();
    const shared = new Pairs();
    for (const tools of this.#things.values()) {
      for (const tool of tools.keys()) sizes.set(tool, entry(sizes, tool, () => 0) + 1);
      const names = [...tools.keys()].toSorted(compare);
      for (const [at, a] of names.entries()) {
        for (const b of names.slice(at + 1)) shared.add(a, b, tools.get(b) ?? { id: '', requestedAt: 0 });
      }
    }
    const pairs = shared.all().map(({ a, b, count: observed, ...rest }) => {
      const [marked, drawn] = [sizes.get(a) ?? 0, sizes.get(b) ?? 0];
      return { a, b, observed, expected: (marked * drawn) / n, p: hypergeometricTail(observed, { total: n, marked, drawn }), n, ...rest };
    });
    return { pairs, tests: (sizes.size * (sizes.size - 1)) / 2 };
  }
}
