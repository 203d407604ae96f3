/** A word of a text, as searches compare it, and where it stands there. */
export interface Word {
  readonly word: string;
  /** Of its first unit of UTF-16. */
  readonly start: number;
  /** After its last one. */
  readonly end: number;
}

/** Characters of a word that count: longer ones are digests and the like, which differ before. */
const COUNTED = 64;

/**
 * The words of a text: letters, digits, marks and `_` that stand together, in the compatibility form NFKC
 * (https://www.unicode.org/reports/tr15/) and in lower case.
 *
 * @param text Any text.
 * @returns The words in their order. Of a word at most 64 characters count.
 * @example
 * wordsOf('Two words').map(({ word }) => word); // ['two', 'words']
 */
export function wordsOf(text: string): Word[] {
  // Scripts that put nothing between words: each of their letters counts as one. Made here, since to make it takes half a millisecond.
  const word =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[[\p{L}\p{N}\p{M}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]]+/gv;
  return Array.from(text.matchAll(word), ({ 0: found, index }) => ({ word: folded(found), start: index, end: index + found.length })).filter((each) => each.word !== '');
}

function folded(found: string): string {
  if (/^[a-z0-9_]{1,64}$/.test(found)) return found;
  const letters = Array.from(found.normalize('NFKC').toLowerCase().replaceAll(/[^\p{L}\p{N}\p{M}_]/gu, ''));
  return letters.slice(0, COUNTED).join('');
}
