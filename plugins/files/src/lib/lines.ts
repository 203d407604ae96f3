import type { ToolContext } from '@toka/sdk';
import { hasher } from './digest.ts';
import { decodeBytes, encodingOfMark, notText, type TextEncoding } from './text.ts';

export interface LineRange {
  /** From 1. */
  readonly first: number;
  readonly count: number;
  readonly maxBytes: number;
}

/** A range of lines, as UTF-8 bytes (or as they are, for latin1), line ends and byte order mark kept. */
export interface ReadLines {
  readonly bytes: Buffer;
  /** Whether the bytes end inside a line because it alone is longer than `maxBytes`. */
  readonly isCut: boolean;
  readonly hasMore: boolean;
  /** Where the bytes start in the file; absent for UTF-16, whose bytes were converted. */
  readonly startByte?: number;
  /** Known when the file was read to its end. */
  readonly totalLines?: number;
  readonly sha256?: string;
}

const NEWLINE = 10;

// Up to this size a file is read on to its end after the range, for the number of its lines and its digest.
const READ_ON = 32 * 1024 * 1024;

/** Streams a file and keeps only the range; memory stays at `maxBytes` and a chunk, whatever the file's size. */
export async function readLines(
  ctx: ToolContext,
  path: string,
  size: number,
  encoding: TextEncoding,
  range: LineRange,
): Promise<ReadLines> {
  const { first, count, maxBytes } = range;
  const readsOn = size <= READ_ON;
  const hash = readsOn ? hasher(size) : undefined;
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let keptLines = 0;
  let newlines = 0;
  let last = NEWLINE;
  let hasMore = false;
  let isFirst = true;
  let position = 0;
  let startByte: number | undefined;
  for await (const chunk of textChunks(ctx.fs.stream(path), encoding, (raw) => hash?.update(raw))) {
    if (isFirst && encoding === 'utf-8' && chunk.includes(0)) throw notText(path, chunk);
    isFirst = false;
    let at = 0;
    while (newlines < first - 1 && at < chunk.length) {
      const end = chunk.indexOf(NEWLINE, at);
      if (end !== -1) newlines++;
      at = end === -1 ? chunk.length : end + 1;
    }
    const start = at;
    while (keptLines < count && keptBytes + (at - start) <= maxBytes && at < chunk.length) {
      const end = chunk.indexOf(NEWLINE, at);
      if (end !== -1) {
        newlines++;
        keptLines++;
      }
      at = end === -1 ? chunk.length : end + 1;
    }
    if (at > start) {
      const piece = chunk.subarray(start, at);
      startByte ??= position + start;
      kept.push(piece.length > maxBytes + 4 - keptBytes ? piece.subarray(0, maxBytes + 4 - keptBytes) : piece);
      keptBytes += piece.length;
    }
    if (at < chunk.length) hasMore = true;
    if (hasMore && !readsOn) break;
    newlines += countNewlines(chunk, at);
    last = chunk[chunk.length - 1] ?? last;
    position += chunk.length;
  }
  const all = Buffer.concat(kept);
  const bytes = keptBytes > maxBytes ? cutAtLine(all, maxBytes, encoding) : all;
  const isCut = bytes.length < keptBytes && bytes.at(-1) !== NEWLINE;
  const complete = readsOn || !hasMore;
  return {
    bytes,
    isCut,
    hasMore: hasMore || bytes.length < keptBytes,
    ...(startByte === undefined || isWide(encoding) ? {} : { startByte }),
    ...(complete ? { totalLines: last === NEWLINE ? newlines : newlines + 1 } : {}),
    ...(hash === undefined ? {} : { sha256: hash.hex() }),
  };
}

/** Counts the lines of a file, streaming. */
export async function countFileLines(ctx: ToolContext, path: string, encoding: TextEncoding): Promise<number> {
  let newlines = 0;
  let last = NEWLINE;
  for await (const chunk of textChunks(ctx.fs.stream(path), encoding)) {
    newlines += countNewlines(chunk, 0);
    last = chunk[chunk.length - 1] ?? last;
  }
  return last === NEWLINE ? newlines : newlines + 1;
}

/** Which encoding a file is read in when the caller does not say: that of its byte order mark, else UTF-8. */
export async function detectEncoding(ctx: ToolContext, path: string): Promise<TextEncoding> {
  return encodingOfMark(await ctx.fs.read(path, { start: 0, length: 4 })) ?? 'utf-8';
}

export function countNewlines(bytes: Buffer, from: number): number {
  let newlines = 0;
  for (let at = bytes.indexOf(NEWLINE, from); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) newlines++;
  return newlines;
}

/** The longest start of at most `maxBytes` that splits no UTF-8 character. */
export function cutAtCharacter(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

function cutAtLine(bytes: Buffer, maxBytes: number, encoding: TextEncoding): Buffer {
  const end = bytes.lastIndexOf(NEWLINE, maxBytes - 1) + 1;
  if (end > 0) return bytes.subarray(0, end);
  return encoding === 'latin1' ? bytes.subarray(0, maxBytes) : cutAtCharacter(bytes, maxBytes);
}

function isWide(encoding: TextEncoding): boolean {
  return encoding === 'utf-16le' || encoding === 'utf-16be';
}

/** Passes text on in chunks; UTF-16 becomes UTF-8 on the way, so that a line end is one byte for all that follows. */
export async function* textChunks(
  raw: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
  see?: (bytes: Uint8Array) => void,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of raw) {
    see?.(bytes);
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!isWide(encoding)) {
      yield chunk;
      continue;
    }
    const joined = Buffer.concat([rest, chunk]);
    const whole = wholeCharacters(joined, encoding);
    rest = joined.subarray(whole);
    yield Buffer.from(decodeBytes(joined.subarray(0, whole), encoding));
  }
}

/** How many bytes at the start hold whole UTF-16 characters: an odd byte and the first half of a surrogate pair wait for what follows. */
function wholeCharacters(bytes: Buffer, encoding: TextEncoding): number {
  const even = bytes.length & ~1;
  if (even === 0) return 0;
  const unit = encoding === 'utf-16le' ? bytes.readUInt16LE(even - 2) : bytes.readUInt16BE(even - 2);
  return (unit & 0xfc00) === 0xd800 ? even - 2 : even;
}
