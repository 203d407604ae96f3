import type { Search } from '../search.ts';
import { same } from './expect.ts';

/** A rule for searches. */
export interface SearchCheck {
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Rejects with the reason where it does not hold. */
  run(search: Search): Promise<void>;
}

/** The first two mean the like; of the others one has nothing in common with the first, and one has its letters. */
const TEXTS = ['Delete a file', 'Remove a document from the disk', 'The weather in Oslo tomorrow', 'Tell a tale of late life'] as const;

/**
 * What every search must hold to, however it computes its vectors.
 *
 * @example
 * import { test } from 'node:test';
 * import { searchChecks } from '@toka/sdk/testing';
 *
 * for (const { name, run } of searchChecks) test(name, () => run(search));
 */
export const searchChecks: readonly SearchCheck[] = [
  {
    name: 'each text has a vector of finite numbers, all of one length',
    async run(search) {
      const odd = ['', ' ', '\u0000', '😀', '日本語', 'word '.repeat(5000), ...TEXTS];
      const vectors = await search.embed(odd);
      same(vectors.length, odd.length, 'how many vectors there are');
      same(new Set(vectors.map(({ length }) => length)).size, 1, 'how many lengths they have');
      same(vectors.every((vector) => Array.from(vector).every(Number.isFinite)), true, 'whether all numbers are finite');
    },
  },
  {
    name: 'no text is no vector',
    async run(search) {
      same((await search.embed([])).length, 0, 'how many vectors there are');
    },
  },
  {
    name: 'a text has the same vector each time, whatever stands beside it',
    async run(search) {
      const together = await search.embed(TEXTS);
      for (const [at, text] of TEXTS.entries()) {
        const [alone = []] = await search.embed([text]);
        same(likeness(alone, together[at] ?? []) > 0.9999, true, `whether that of "${text}" is the same`);
      }
    },
  },
  {
    name: 'texts that mean the like are closer than others',
    async run(search) {
      const [one = [], like = [], ...others] = await search.embed(TEXTS);
      for (const [at, other] of others.entries()) {
        same(likeness(one, like) > likeness(one, other), true, `whether "${TEXTS[0]}" is closer to "${TEXTS[1]}" than to "${TEXTS[at + 2] ?? ''}"`);
      }
    },
  },
];

function likeness(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const product = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other));
}
