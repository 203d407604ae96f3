import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { plain } from '../text.ts';

/** Columns that a text takes on a terminal, whatever styles are in it. */
export function widthOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}

/** A text in lines of at most so many columns, broken between words; words that are longer are broken. */
export function wrap(text: string, columns: number): string[] {
  return broken(text, columns, (line, room) => {
    const [first = '', ...rest] = wrapAnsi(line, room, { hard: true, trim: false }).split('\n');
    // The space at which a line was broken is no indentation of the next.
    return [first, ...rest.map((each) => each.replace(/^((?:\u001b\[[\d;]*m)*) /, '$1'))].map((each) => each.trimEnd());
  });
}

/** The same, broken wherever the room ends: nothing of the text is lost. */
export function hardWrap(text: string, columns: number): string[] {
  return broken(text, columns, (line, room) => wrapAnsi(line, room, { hard: true, trim: false, wordWrap: false }).split('\n'));
}

function broken(text: string, columns: number, wrapLine: (line: string, room: number) => string[]): string[] {
  const room = Math.max(1, columns);
  return text.split('\n').flatMap((line) => (widthOf(line) <= room ? [line] : wrapLine(line, room)));
}

/** One line of at most so many columns; what is cut off is shown as `…`. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return '';
  return widthOf(text) <= columns ? text : `${sliceAnsi(text, 0, columns - 1)}…`;
}

/** Invisible letters in which text can be hidden: tags, joiners where nothing is joined, and the like. */
const HIDDEN = /[\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]|\u034f|[\u180b-\u180d]/gu;

/** Text of a model, a tool or a file as it may be shown: nothing in it moves the cursor, and tabs are spaces. */
export function shown(text: string): string {
  return plain(text).replaceAll(HIDDEN, '').replaceAll('\t', '    ');
}

/** The same where a person decides by it: what would not be seen is spelt out. */
export function exact(text: string): string {
  const spelt = (letter: string): string => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`;
  return text.replaceAll(HIDDEN, spelt).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200c-\u200f\u2028-\u202e\u2066-\u2069]/g, spelt).replaceAll('\t', '    ');
}
