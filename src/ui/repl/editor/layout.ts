import { widthOf } from '../width.ts';
import type { Buffer } from './buffer.ts';

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The lines of what is being written, in so many columns, and where in them the cursor stands. */
export interface Layout {
  readonly lines: readonly string[];
  readonly row: number;
  readonly column: number;
}

/** Lays out what a person is writing: at most `rows` lines, those around the cursor. */
export function layOut(buffer: Pick<Buffer, 'text' | 'cursor' | 'fold'>, columns: number, rows: number): Layout {
  const lines: string[] = [''];
  let width = 0;
  let row = 0;
  let column = 0;
  const advance = (text: string, size: number): void => {
    if (width + size > columns && width > 0) {
      lines.push('');
      width = 0;
    }
    lines[lines.length - 1] += text;
    width += size;
  };
  const mark = (at: number): void => {
    if (at !== buffer.cursor) return;
    if (width >= columns) advance('', 1);
    row = lines.length - 1;
    column = width >= columns ? 0 : width;
  };
  let at = 0;
  for (const { segment } of letters.segment(buffer.text)) {
    mark(at);
    at += segment.length;
    if (segment === '\n') {
      lines.push('');
      width = 0;
      continue;
    }
    const fold = buffer.fold(segment);
    const text = fold ?? segment.replaceAll('\t', '  ');
    // A folded piece may be broken, a letter may not.
    for (const part of fold === undefined ? [text] : Array.from(text)) advance(part, widthOf(part));
  }
  mark(at);
  const first = Math.max(0, Math.min(row - rows + 1, lines.length - rows));
  return { lines: lines.slice(first, first + rows), row: row - first, column };
}
