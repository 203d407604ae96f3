import { wordsOf } from '@toka/sdk';

/** Words that stand in most questions and say nothing about what is sought. */
const EMPTY = new Set(
  'a about an and any are as at be by can could do does for from give has have help how i if in into is it its let like me my need of on or our please show some so tell that the their them then there these they this those to us want was we what when where which who will with would you your'.split(' '),
);

/** Endings that make another kind of word of a stem, each with the letters that must be left before it; the longer ones first. */
const ENDINGS: readonly (readonly [string, number])[] = [
  ['ation', 3],
  ['ment', 4],
  ['ity', 4],
  ['ive', 4],
  ['ion', 4],
  ['er', 4],
  ['or', 4],
  ['al', 4],
  ['ly', 4],
];

/**
 * What a text is about, as tools are ranked by it: its words in their order, names in camelCase and snake_case taken apart, without their English endings and
 * without the words that stand everywhere. Both what is sought and what is searched pass through here.
 */
export function termsOf(text: string): string[] {
  const apart = text.replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|_/gu, ' ');
  return splitWords(apart).flatMap((word) => (EMPTY.has(word) ? [] : [stem(word)]));
}

/** Thousands of descriptions are split at once, and nearly all of them are in ASCII. */
function splitWords(text: string): readonly string[] {
  if (/^[\u0000-\u007f]*$/.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return wordsOf(text).map(({ word }) => word);
}

function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  const singular = singularOf(word);
  const base = withoutTense(singular) ?? withoutKind(singular);
  if (base.length <= 3) return base;
  if (base.endsWith('e')) return base.slice(0, -1);
  return base.endsWith('y') ? `${base.slice(0, -1)}i` : base;
}

function singularOf(word: string): string {
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ch|sh|x|z|s)es$/.test(word)) return word.slice(0, -2);
  return word.endsWith('s') && !/(?:ss|us|is)$/.test(word) ? word.slice(0, -1) : word;
}

/** `running`, `planned`: without the ending and the letter that was doubled before it. */
function withoutTense(word: string): string | undefined {
  const ending = ['ing', 'ed'].find((each) => word.endsWith(each) && word.length - each.length >= 3);
  return ending === undefined ? undefined : word.slice(0, -ending.length).replace(/([bdfgmnprt])\1$/, '$1');
}

function withoutKind(word: string): string {
  const ending = ENDINGS.find(([each, left]) => word.endsWith(each) && word.length - each.length >= left);
  return ending === undefined ? word : word.slice(0, -ending[0].length);
}
