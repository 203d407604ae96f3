import { stripVTControlCharacters, styleText } from 'node:util';

/** How the terminal is: decided once, from the environment and the streams. */
export interface Terminal {
  readonly isTty: boolean;
  readonly color: boolean;
  readonly columns: number;
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Reads NO_COLOR (no-color.org), FORCE_COLOR, CI and TERM. */
export function terminal(stream: { readonly isTTY?: boolean; readonly columns?: number }, env: Readonly<Record<string, string | undefined>>): Terminal {
  const isTty = stream.isTTY === true;
  const isOff = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb' || env['FORCE_COLOR'] === '0';
  const isForced = (env['FORCE_COLOR'] ?? '0') !== '0';
  return { isTty, color: !isOff && (isTty || isForced), columns: stream.columns || 80 };
}

export function paint({ color }: Terminal, style: Style, text: string): string {
  return color ? styleText(style, text, { validateStream: false }) : text;
}

/** Text from outside toka (a tool, a manifest) with nothing in it that could move the cursor, change the screen or turn the direction of reading. */
export function plain(text: string): string {
  // Stripping each of the thousand cells of a list takes as long as reading them from the index.
  if (/^[ -~]*$/.test(text)) return text;
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '');
}

/** The sequences that `paint` writes. */
const STYLES = /(\u001b\[(?:1|2|22|3[1236]|39)m)/;

/** Makes a line plain but for the styles that toka itself put into it. */
export function plainLine(line: string): string {
  return line.split(STYLES).map((part, at) => (at % 2 === 0 ? plain(part) : part)).join('');
}

function onOneLine(text: string): string {
  return /\s\s|[^\S ]/.test(text) ? text.replaceAll(/\s+/g, ' ') : text;
}

/** A table with a head; the last column is cut at the edge of the terminal. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], view: Terminal): string {
  const cells = rows.map((row) => row.map((cell) => onOneLine(plain(cell))));
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], style?: Style): string => {
    const text = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
    const cut = view.isTty && text.length > view.columns ? `${text.slice(0, view.columns - 1)}…` : text;
    return style === undefined ? cut : paint(view, style, cut);
  };
  return [line(head, 'bold'), ...cells.map((row) => line(row))].map((text) => `${text.trimEnd()}\n`).join('');
}
