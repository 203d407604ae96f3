import { Lines } from '../documents/text.ts';
import { exemptions } from '../documents/exempt.ts';
import { SpanSet } from '../documents/spans.ts';
import { isChangelog, versionOf, type Entry } from './changelog.ts';
import { hidden } from './hidden.ts';
import { labelOf, type Label } from './label.ts';
import { scan, type Written } from './scan.ts';

/** A date with what stands around it. */
export interface Placed {
  readonly date: Written;
  readonly label: Label | undefined;
  /** Its line, at most 1,000 characters. */
  readonly around: string;
}

/** A document as the rules see it. */
export interface Document {
  readonly text: string;
  readonly lines: Lines;
  readonly dates: readonly Placed[];
  readonly placeholders: readonly { readonly start: number; readonly end: number; readonly text: string }[];
  readonly entries: readonly Entry[];
  /** Where the front matter ends; 0 without one. */
  readonly front: number;
  /** What exemption comments take out. */
  readonly exempt: SpanSet;
}

export interface ReadOptions {
  /** With `/`. */
  readonly name: string;
  /** Lower case, with the dot. */
  readonly extension: string;
  readonly code: boolean;
}

/**
 * Finds the dates of a document; `undefined` where there are none. Time is linear in the length of the text (and that of the markdown
 * parser).
 */
export async function readDocument(text: string, options: ReadOptions): Promise<Document | 'too-complex' | undefined> {
  const { dates, placeholders } = scan(text);
  if (dates.length === 0 && placeholders.length === 0) return undefined;
  const parts = await hidden(text, options.extension, options.code);
  if (parts === undefined) return 'too-complex';
  const lines = new Lines(text);
  const shown = ({ start, end }: { start: number; end: number }): boolean =>
    !parts.code.touches(start, end) && !parts.markup.touches(start, end);
  const placed = dates.filter(shown).map((date) => place(text, lines, date));
  return {
    text,
    lines,
    dates: placed,
    placeholders: placeholders.filter((found) => shown(found) && isMetadata(text, lines, found.start, options.name)),
    entries: isChangelog(options.name) ? placed.flatMap((date, index) => entry(text, lines, date.date, index)) : [],
    front: /^---\r?\n/.test(text) ? text.indexOf('\n---', 3) + 1 : 0,
    exempt: exemptions(text, lines, 'date', parts.code),
  };
}

function place(text: string, lines: Lines, date: Written): Placed {
  const index = lines.indexOf(date.start);
  const from = lines.starts[index] ?? 0;
  const end = lines.starts[index + 1] ?? text.length;
  const before = date.start - from > 120 ? undefined : text.slice(from, date.start);
  return {
    date,
    label: before === undefined ? undefined : labelOf(before),
    around: text.slice(Math.max(from, date.start - 500), Math.min(end, date.end + 500)),
  };
}

function isMetadata(text: string, lines: Lines, start: number, name: string): boolean {
  const before = text.slice(lines.starts[lines.indexOf(start)] ?? 0, start);
  if (before.length > 120) return false;
  return labelOf(before) !== undefined || (isChangelog(name) && isHeading(text, lines, start) && versionOf(before) !== undefined);
}

/** An ATX heading, or a line underlined with `=` or `-`. */
function isHeading(text: string, lines: Lines, start: number): boolean {
  const index = lines.indexOf(start);
  if (/^ {0,3}#{1,6}[ \t]/.test(text.slice(lines.starts[index] ?? 0, (lines.starts[index] ?? 0) + 12))) return true;
  const next = lines.starts[index + 1];
  return next !== undefined && /^[=\-~]{3,}\s*$/.test(text.slice(next, Math.min(next + 400, lines.starts[index + 2] ?? text.length)));
}

function entry(text: string, lines: Lines, date: Written, index: number): Entry[] {
  if (date.year === undefined || date.ambiguous || !isHeading(text, lines, date.start)) return [];
  const before = text.slice(lines.starts[lines.indexOf(date.start)] ?? 0, date.start);
  const version = before.length > 300 ? undefined : versionOf(before.replace(/\]\([^)]*\)/, '] '));
  return version === undefined ? [] : [{ ...version, day: { year: date.year, month: date.month, day: date.day }, date: index }];
}

/** The heading above an offset and, inside a table, the table's first line. */
export function context(document: Document, offset: number): string {
  const { text, lines } = document;
  const index = lines.indexOf(offset);
  const line = (at: number): string =>
    text.slice(lines.starts[at] ?? 0, Math.min((lines.starts[at] ?? 0) + 300, lines.starts[at + 1] ?? text.length));
  let table = '';
  for (let at = index; at >= 0 && at > index - 200 && line(at).includes('|'); at--) table = line(at);
  for (let at = index - 1; at >= 0 && at > index - 200; at--) if (/^ {0,3}#{1,6}[ \t]/.test(line(at))) return `${line(at)} ${table}`;
  return table;
}
