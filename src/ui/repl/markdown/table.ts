import type { Tokens } from 'marked';
import type { Theme } from '../theme.ts';
import { widthOf, wrap } from '../width.ts';
import { inline } from './inline.ts';

const GAP = '  ';
/** A column is not made narrower than this; where that does not fit, the table becomes a list. */
const LEAST = 6;

/** A table in so many columns: cells are wrapped; where they would be too narrow, each row becomes a list of its cells. */
export function table(token: Tokens.Table, columns: number, theme: Theme): string[] {
  const head = token.header.map((cell) => theme.strong(inline(cell.tokens, theme)));
  const rows = token.rows.map((row) => row.map((cell) => inline(cell.tokens, theme)));
  const natural = head.map((title, at) => Math.max(1, widthOf(title), ...rows.map((row) => widthOf(row[at] ?? ''))));
  const room = columns - GAP.length * (head.length - 1);
  const widths = fit(natural, room);
  if (widths === undefined) return asList(head, rows, columns);
  const rule = theme.quiet(widths.map((width) => '─'.repeat(width)).join(GAP));
  return [...line(head, widths, token.align), rule, ...rows.flatMap((row) => line(row, widths, token.align))];
}

/** Takes from the widest first. */
function fit(natural: readonly number[], room: number): number[] | undefined {
  const widths = [...natural];
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= LEAST) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function line(cells: readonly string[], widths: readonly number[], align: Tokens.Table['align']): string[] {
  const wrapped = widths.map((width, at) => wrap(cells[at] ?? '', width));
  const height = Math.max(...wrapped.map((each) => each.length));
  return Array.from({ length: height }, (_, row) =>
    widths.map((width, at) => pad(wrapped[at]?.[row] ?? '', width, align[at])).join(GAP).trimEnd(),
  );
}

function pad(text: string, width: number, align: Tokens.Table['align'][number] | undefined): string {
  const free = Math.max(0, width - widthOf(text));
  const left = align === 'right' ? free : align === 'center' ? Math.floor(free / 2) : 0;
  return `${' '.repeat(left)}${text}${' '.repeat(free - left)}`;
}

function asList(head: readonly string[], rows: readonly (readonly string[])[], columns: number): string[] {
  return rows.flatMap((row, at) => [...(at === 0 ? [] : ['']), ...row.flatMap((cell, column) => wrap(`${head[column] ?? ''}: ${cell}`, columns))]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
