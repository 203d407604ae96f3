import { shannonEntropy } from './entropy.ts';
import { findSecrets } from './secrets.ts';

const LONG = 16;
const LONGEST_NAME = 64;

/** Hides a value: of a long one the first and last two characters remain, of a short one nothing. */
export function mask(value: string): string {
  const text = value.replaceAll(/[^\u0021-\u007e]/g, '*');
  return text.length < LONG ? '***' : `${text.slice(0, 2)}***${text.slice(-2)}`;
}

/**
 * A variable's name for the reader. Stray text can look like an assignment (the last line of a private key ends in `==`), so a name is
 * shown only if it reads like one, declared or not: the example may be the file that leaks.
 */
export function showName(key: string): string {
  return looksLikeName(key) ? key : mask(key);
}

function looksLikeName(key: string): boolean {
  if (key.length > LONGEST_NAME || findSecrets(key).length > 0) return false;
  return key.split(/[_.-]/).every((word) => !looksRandom(word));
}

/** Words are of one case and hold few digits; generated text mixes them. */
function looksRandom(word: string): boolean {
  if (word.length < 8) return false;
  const digits = word.replaceAll(/\D/g, '').length;
  if (digits >= 3 && digits < word.length - 1) return true;
  const turns = word.match(/[a-z][A-Z]|[A-Z]{2}[a-z]|\d[a-z]|[a-z]\d/g)?.length ?? 0;
  return turns > word.length / 5 || (word.length >= 20 && shannonEntropy(word) > 3.9);
}
