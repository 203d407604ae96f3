import { stripVTControlCharacters } from 'node:util';

/** Text from outside toka (a tool, a manifest) with nothing in it that could move the cursor, change the screen or turn the direction of reading. */
export function plain(text: string): string {
  // Stripping each of the thousand cells of a list takes as long as reading them from the index.
  if (/^[ -~]*$/.test(text)) return text;
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '');
}

/** The same text with every run of white space as one space. */
export function onOneLine(text: string): string {
  return /\s\s|[^\S ]/.test(text) ? text.replaceAll(/\s+/g, ' ') : text;
}
