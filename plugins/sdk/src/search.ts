import { coded } from './errors.ts';

/** Knows which texts mean the like: search for tools by meaning, beside their words. */
export interface Search {
  readonly id: string;
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  /** Another one means that the same text has another vector: what was kept is computed anew. */
  readonly revision: string;
  /** A vector for each text, in their order, all of the same length: the smaller the angle between two, the more alike is what they mean. */
  embed(texts: readonly string[]): readonly ArrayLike<number>[] | Promise<readonly ArrayLike<number>[]>;
}

/**
 * Defines a search: the default export of a file that a plugin names under `contributes.search`.
 *
 * @param definition What it is, and how it turns texts into vectors. `@toka/sdk/testing` has the checks that it must pass.
 * @returns The search as toka sees it: an answer with fewer vectors than texts, or with vectors of several lengths, fails with `SEARCH_INVALID`.
 * @example
 * export default defineSearch({
 *   id: 'letters',
 *   summary: 'Find what has the same letters',
 *   revision: '1',
 *   embed: (texts) => texts.map((text) => Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => text.split(letter).length)),
 * });
 */
export function defineSearch(definition: Search): Search {
  return {
    ...definition,
    async embed(texts) {
      const vectors = await definition.embed(texts);
      const [first] = vectors;
      if (vectors.length === texts.length && vectors.every(({ length }) => length > 0 && length === first?.length)) return vectors;
      throw coded('SEARCH_INVALID', `${definition.id} was given ${texts.length} texts, and made ${vectors.length} vectors, not all of one length`);
    },
  };
}
