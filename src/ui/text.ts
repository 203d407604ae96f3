import { styleText } from 'node:util';
import { onOneLine, plain } from '../manifest/plain.ts';

export { plain } from '../manifest/plain.ts';

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

/** The sequences that `paint` writes. */
const STYLES = /(\u001b\[(?:1|2|22|3[1236]|39)m)/;

/** Makes a line plain but for the styles that toka itself put into it. */
export function plainLine(line: string): string {
  return line.split(STYLES).map((part, at) => (at % 2 === 0 ? plain(part) : part)).join('');
}

/** A table with a head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], view: Terminal): string {
  const cells = rows.map((row) => row.map((cell) => onOneLine(plain(cell))));
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => lengthOf(row[column] ?? ''))));
  const pad = (cell: string, width = 0): string => cell + ' '.repeat(Math.max(0, width - lengthOf(cell)));
  const line = (row: readonly string[]): string => row.map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column]))).join('  ').trimEnd();
  return tableOf([head, ...cells].map(line), view);
}

/** Letters, and not the two halves that some of them have in JavaScript. */
function lengthOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : Array.from(text).length;
}

/** A table of lines that are laid out already, the first of them its head; on a terminal they are cut at its edge. */
export function tableOf(lines: readonly string[], view: Terminal): string {
  const [head = '', ...rest] = view.isTty ? lines.map((line) => (line.length > view.columns ? `${line.slice(0, view.columns - 1)}…` : line)) : lines;
  return `${[paint(view, 'bold', head), ...rest].join('\n')}\n`;
}

/** `1 run`, `2 runs`. */
export function amount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
