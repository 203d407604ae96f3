import { stripVTControlCharacters } from 'node:util';

/** Text from outside toka (a tool, a manifest) with nothing in it that could move the cursor, change the screen, turn the direction of reading or stand there unseen. */
export function plain(text: string): string {
  // Stripping each of the thousand cells of a list takes as long as reading them from the index.
  if (/^[ -~]*$/.test(text)) return text;
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu, '');
}

/** The same text with every run of white space as one space. */
export function onOneLine(text: string): string {
  return /\s\s|[^\S ]/.test(text) ? text.replaceAll(/\s+/g, ' ') : text;
}
