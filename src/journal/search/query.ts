import { type SearchTerm, wordsOf } from '@toka/sdk';
import { TokaError } from '../../errors.ts';

/** A phrase in quotes or a word, each with a `*` where its last word is only a beginning; then a quote that nothing ends. */
const TERM = /"(?<phrase>[^"]*)"(?<open>\*?)|(?<word>[^\s"]+)|(?<stray>")/g;
const TERMS_LIMIT = 32;
const TERM_LENGTH = 1000;

/**
 * Reads what somebody looks for: words, all of which must occur; `"words that follow one another"`; `beginning*`. Signs in a word separate its
 * parts, which must then follow one another: `src/main.ts`. Everything else means nothing.
 *
 * @returns 1 to 32 terms, each with a word in it.
 * @throws TokaError TOKA_USAGE
 */
export function parseQuery(text: string): SearchTerm[] {
  const found = Array.from(text.matchAll(TERM), ({ groups = {} }) => groups);
  if (found.some(({ stray }) => stray !== undefined)) throw usage('a quote at both ends of a phrase', text);
  const terms = found.map(({ phrase, open, word = '' }) => {
    const said = phrase ?? word;
    return { text: said, prefix: phrase === undefined ? said.endsWith('*') : open === '*' };
  });
  // A sign that stands alone, as in `a = b`, means nothing.
  const sound = terms.filter((term) => wordsOf(term.text).length > 0);
  if (sound.length === 0) throw usage('a word to look for', text);
  if (sound.length > TERMS_LIMIT) throw usage(`at most ${TERMS_LIMIT} words and phrases`, text);
  if (sound.some((term) => term.text.length > TERM_LENGTH)) throw usage(`words and phrases of at most ${TERM_LENGTH} characters`, text);
  return sound;
}

function usage(expected: string, found: string): TokaError {
  return new TokaError('TOKA_USAGE', `expected ${expected}, found ${JSON.stringify(found.slice(0, 100))}`, {
    hint: `write for instance 'timeout "exit code 1" depl*'`,
  });
}
