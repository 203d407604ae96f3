import type { ToolContext } from '@toka/sdk';
import { textChunks } from './lines.ts';
import type { Matcher, Span } from './matcher.ts';
import { encodingOfMark } from './text.ts';

/** A line that matches, with the lines around it. */
export interface LineMatch {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly spans: readonly Span[];
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface Around {
  readonly before: number;
  readonly after: number;
}

/** Whole lines of a file. Matches are looked for from `from` to `to`; the rest is there for the context. */
interface Block {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const BLOCK = 4 * 1024 * 1024;
const NEWLINE = 10;

// A line longer than this is searched in pieces.
const MAX_LINE = 16 * 1024 * 1024;

/**
 * Searches one file; memory stays at a few blocks, whatever its size.
 *
 * @returns The matching lines in order, or `binary` where its start holds a NUL character.
 */
export async function scanFile(
  ctx: ToolContext,
  path: string,
  matcher: Matcher,
  around: Around,
  take: (match: LineMatch) => boolean,
): Promise<'text' | 'binary'> {
  const start = Buffer.from(await ctx.fs.read(path, { start: 0, length: BLOCK }));
  const encoding = encodingOfMark(start) ?? 'utf-8';
  const isWide = encoding === 'utf-16le' || encoding === 'utf-16be';
  if (!isWide && start.includes(0)) return 'binary';
  if (!isWide && start.length < BLOCK) {
    if (matcher.needle !== undefined && !start.includes(matcher.needle)) return 'text';
    const text = withoutMark(start.toString());
    scanBlock({ text, from: 0, to: text.length }, 1, matcher, around, take);
    return 'text';
  }
  let line = 1;
  for await (const block of blocks(textChunks(ctx.fs.stream(path), encoding), around)) {
    if (!scanBlock(block, line, matcher, around, take)) return 'text';
    line += countBetween(block.text, block.from, block.to);
  }
  return 'text';
}

/** Cuts a stream at line ends into blocks that overlap by the lines of context. */
async function* blocks(chunks: AsyncIterable<Buffer>, { before, after }: Around): AsyncGenerator<Block> {
  let lead = '';
  let parts: Buffer[] = [];
  let size = 0;
  let isFirst = true;
  const take = (bytes: Buffer): string => {
    const text = isFirst ? withoutMark(bytes.toString()) : bytes.toString();
    isFirst = false;
    return text;
  };
  // What was there as look-ahead in the last block comes again as its own in the next.
  let from = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    const cut = size < BLOCK ? 0 : size > MAX_LINE ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
    if (cut === 0) continue;
    const text = lead + take(Buffer.concat([...parts.slice(0, -1), chunk.subarray(0, cut)]));
    const to = lineStartBack(text, text.length, after);
    if (to > from) yield { text, from, to };
    const keepFrom = lineStartBack(text, Math.max(to, from), before);
    lead = text.slice(keepFrom);
    from = Math.max(to, from) - keepFrom;
    parts = cut < chunk.length ? [chunk.subarray(cut)] : [];
    size = chunk.length - cut;
  }
  const text = lead + take(Buffer.concat(parts));
  yield { text, from, to: text.length };
}

/** The start of the line `lines` lines above the line start `at`. */
function lineStartBack(text: string, at: number, lines: number): number {
  let start = at;
  for (let count = 0; count < lines && start > 0; count++) start = text.lastIndexOf('\n', start - 2) + 1;
  return start;
}

/** Hands each matching line to `take` until that says stop; tells whether to go on. */
function scanBlock(
  { text, from, to }: Block,
  firstLine: number,
  matcher: Matcher,
  around: Around,
  take: (match: LineMatch) => boolean,
): boolean {
  if (!matcher.mayMatch(from === 0 && to === text.length ? text : text.slice(from, to))) return true;
  let line = firstLine;
  let counted = from;
  let at = from;
  while (at < to) {
    const hit = matcher.next === undefined ? at : matcher.next(text, at);
    if (hit === -1 || hit >= to) return true;
    const start = hit === at ? at : Math.max(at, text.lastIndexOf('\n', hit - 1) + 1);
    const newline = text.indexOf('\n', hit);
    const end = newline === -1 ? text.length : newline;
    const found = lineText(text, start, end);
    const spans = matcher.spans(found);
    if (spans.length > 0) {
      line += countBetween(text, counted, start);
      counted = start;
      const match = {
        line,
        text: found,
        spans,
        before: linesBefore(text, start, around.before),
        after: linesAfter(text, end, around.after),
      };
      if (!take(match)) return false;
    }
    at = end + 1;
  }
  return true;
}

function lineText(text: string, start: number, end: number): string {
  return text.slice(start, end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end);
}

function linesBefore(text: string, start: number, count: number): string[] {
  const lines: string[] = [];
  for (let end = start - 1; end >= 0 && lines.length < count;) {
    const from = end === 0 ? 0 : text.lastIndexOf('\n', end - 1) + 1;
    lines.unshift(lineText(text, from, end));
    end = from - 1;
  }
  return lines;
}

function linesAfter(text: string, end: number, count: number): string[] {
  const lines: string[] = [];
  for (let start = end + 1; start < text.length && lines.length < count;) {
    const newline = text.indexOf('\n', start);
    const stop = newline === -1 ? text.length : newline;
    lines.push(lineText(text, start, stop));
    start = stop + 1;
  }
  return lines;
}

function countBetween(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
