import { stripVTControlCharacters } from 'node:util';

const UNSEEN =
  '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}';
/** Characters that nobody sees: fillers, joiners, marks of direction, variation selectors, tags. */
const INVISIBLE = new RegExp(`[${UNSEEN}]`, 'gu');
/** Runs of them. */
export const HIDDEN = new RegExp(`[${UNSEEN}]+`, 'gu');
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** The one spelling in which texts are compared: what looks alike without being it stays different, what is not seen is gone. */
export function normal(text: string): string {
  return stripVTControlCharacters(text).normalize('NFKC').replaceAll(INVISIBLE, '').replaceAll(CONTROL, '').replaceAll(/\s+/g, ' ');
}

/** Part of a value, where it stands next to one. */
const PART = /[\p{L}\p{N}\p{M}_@%+~=&#$/\\.:?-]/u;
/** Scripts that are written without spaces: in them a value of ASCII stands by itself. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;
/** The end of a sentence, or of what stands in one. */
const ENDED = /^[.:?]+(?=$|[\s"'`)\]}>*,;!])/;

/** Whether a value stands in a text as a whole, not as a part of something longer. */
export function occurs(text: string, value: string): boolean {
  const [first = '', ...others] = value;
  const last = others.at(-1) ?? first;
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    const after = text.slice(at + value.length, at + value.length + 8);
    const before = Array.from(text.slice(Math.max(0, at - 2), at)).at(-1);
    if (isApart(before, first) && (ENDED.test(after) || isApart(Array.from(after)[0], last))) return true;
  }
  return false;
}

function isApart(beside: string | undefined, edge: string): boolean {
  return beside === undefined || !PART.test(beside) || (UNSPACED.test(beside) && /^[ -~]$/.test(edge));
}
