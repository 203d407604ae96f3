import { isUtf8 } from 'node:buffer';
import { coded, defineTool, type ToolContext } from '@toka/sdk';
import { displayPath } from './lib/display.ts';
import { countFileLines, countNewlines, cutAtCharacter, detectEncoding, readLines } from './lib/lines.ts';
import { missingFile } from './lib/missing.ts';
import { lineEndingOf, notText, type LineEnding, type TextEncoding } from './lib/text.ts';

type ByteEncoding = 'utf-8' | 'latin1' | 'base64' | 'hex';

interface Result {
  path: string;
  content: string;
  encoding: string;
  size: number;
  bytes: number;
  truncated: boolean;
  startLine?: number;
  endLine?: number;
  totalLines?: number;
  nextOffset?: number;
  byteOffset?: number;
  nextByteOffset?: number;
  lineEnding?: LineEnding;
  bom?: boolean;
  finalNewline?: boolean;
  sha256?: string;
}

interface LineRequest {
  readonly offset: number;
  readonly limit: number;
  readonly maxBytes: number;
  readonly lineNumbers: boolean;
}

export default defineTool({
  name: 'file-reader',
  summary: 'Read a text file by lines, or any file by bytes',
  category: 'files',
  tags: ['file', 'read', 'cat', 'head', 'tail', 'text', 'bytes'],
  params: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The file to read', minLength: 1, 'x-type': 'path', 'x-position': 1 },
      offset: {
        type: 'integer',
        description: 'First line to read, counted from 1; a negative number counts from the end (-20: the last 20 lines)',
        default: 1,
      },
      limit: { type: 'integer', description: 'How many lines to read at the most', default: 2000, minimum: 1, maximum: 1_000_000 },
      byteOffset: { type: 'integer', description: 'Read bytes instead of lines, from this one on (counted from 0)', minimum: 0 },
      byteLimit: {
        type: 'integer',
        description: 'How many bytes to read at the most (default: maxBytes)',
        minimum: 1,
        maximum: 16_777_216,
      },
      lineNumbers: { type: 'boolean', description: 'Put the number of each line and a tab before it', default: false },
      encoding: {
        type: 'string',
        description: 'How bytes become text; auto: by the byte order mark, else UTF-8. base64 and hex read any file, by bytes',
        enum: ['auto', 'utf-8', 'utf-16le', 'utf-16be', 'latin1', 'base64', 'hex'],
        default: 'auto',
      },
      maxBytes: {
        type: 'integer',
        description: 'Bytes of content to return at the most',
        default: 262_144,
        minimum: 1,
        maximum: 16_777_216,
      },
    },
    required: ['path'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      path: { type: 'string', description: "The file, relative to the caller's folder where it lies in it" },
      content: { type: 'string', description: 'The content; line ends and byte order mark as they are in the file' },
      encoding: { type: 'string', description: 'The encoding it was read in' },
      size: { type: 'integer', description: 'Bytes of the whole file' },
      bytes: { type: 'integer', description: 'Bytes that content stands for (for UTF-16: of its UTF-8 form)' },
      truncated: { type: 'boolean', description: 'Whether the file goes on after the content' },
      startLine: { type: 'integer', description: 'Number of the first line in content' },
      endLine: { type: 'integer', description: 'Number of the last line in content; startLine - 1 where content is empty' },
      totalLines: { type: 'integer', description: 'Lines of the whole file, where known' },
      nextOffset: { type: 'integer', description: 'The offset of the first line that is not in content' },
      byteOffset: { type: 'integer', description: 'Where content starts, in bytes' },
      nextByteOffset: {
        type: 'integer',
        description: 'The byteOffset that reads on from here; with lines: the rest of a line longer than maxBytes',
      },
      lineEnding: { enum: ['lf', 'crlf', 'mixed', 'none'], description: 'Line ends of the content' },
      bom: { type: 'boolean', description: 'Whether content starts with a byte order mark' },
      finalNewline: { type: 'boolean', description: 'Whether the content ends with a newline' },
      sha256: {
        type: 'string',
        description: 'Digest of the whole file where it was read to its end; file-editor and file-writer take it as a guard',
      },
    },
    required: ['path', 'content', 'encoding', 'size', 'bytes', 'truncated'],
    additionalProperties: false,
  },
  capabilities: { required: ['fs:read:{path}'] },
  effect: 'read',
  examples: [
    { description: 'Read a file with line numbers', params: { path: 'README.md', lineNumbers: true } },
    { description: 'The last 50 lines of a log', params: { path: 'build.log', offset: -50 } },
    { description: 'The first 512 bytes of an image', params: { path: 'logo.png', encoding: 'base64', byteLimit: 512 } },
  ],
  print,
  async run({ path, offset, limit, byteOffset, byteLimit, lineNumbers, encoding, maxBytes }, ctx): Promise<Result> {
    const info = await ctx.fs.stat(path);
    if (info === undefined) throw await missingFile(ctx, path);
    const readsBytes = byteOffset !== undefined || byteLimit !== undefined || encoding === 'base64' || encoding === 'hex';
    if (!readsBytes) {
      const found = encoding === 'auto' ? await detectEncoding(ctx, path) : encoding;
      return readByLines(ctx, path, info.size, found, { offset, limit, maxBytes, lineNumbers });
    }
    if (offset !== 1 || lineNumbers || encoding === 'utf-16le' || encoding === 'utf-16be') {
      throw coded(
        'FILE_PARAMS_CONFLICT',
        'expected lines or bytes, found parameters of both: a byte range knows no line numbers and no UTF-16',
        {
          hint: 'leave out offset and lineNumbers, or byteOffset and byteLimit; for UTF-16 bytes use encoding base64',
        },
      );
    }
    const length = Math.min(byteLimit ?? maxBytes, maxBytes);
    return readByBytes(ctx, path, info.size, encoding === 'auto' ? 'utf-8' : encoding, byteOffset ?? 0, length);
  },
});

async function readByLines(ctx: ToolContext, path: string, size: number, encoding: TextEncoding, request: LineRequest): Promise<Result> {
  const { limit, maxBytes, lineNumbers } = request;
  const first = await firstLine(ctx, path, encoding, request.offset);
  const { bytes, isCut, hasMore, startByte, totalLines, sha256 } = await readLines(ctx, path, size, encoding, {
    first,
    count: limit,
    maxBytes,
  });
  if (encoding !== 'latin1' && (bytes.includes(0) || !isUtf8(bytes))) throw notText(displayPath(ctx, path), bytes);
  if (totalLines !== undefined && first > Math.max(totalLines, 1)) {
    throw coded('FILE_OFFSET_BEYOND_END', `expected a line to start at up to ${totalLines}, found offset ${first}`, {
      hint: `the file has ${totalLines} lines; a negative offset counts from its end`,
    });
  }
  const text = bytes.toString(encoding === 'latin1' ? 'latin1' : 'utf8');
  const newlines = countNewlines(bytes, 0);
  const finalNewline = bytes.at(-1) === 10;
  const endLine = first - 1 + newlines + (bytes.length > 0 && !finalNewline ? 1 : 0);
  return {
    path: displayPath(ctx, path),
    content: lineNumbers ? numberLines(text, first) : text,
    encoding,
    size,
    bytes: bytes.length,
    truncated: hasMore,
    startLine: first,
    endLine,
    ...(totalLines === undefined ? {} : { totalLines }),
    ...(hasMore ? { nextOffset: endLine + 1 } : {}),
    ...(isCut && startByte !== undefined ? { nextByteOffset: startByte + bytes.length } : {}),
    lineEnding: lineEndingOf(text),
    bom: text.startsWith('\uFEFF') || (encoding === 'latin1' && text.startsWith('\u00EF\u00BB\u00BF')),
    finalNewline,
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

async function firstLine(ctx: ToolContext, path: string, encoding: TextEncoding, offset: number): Promise<number> {
  if (offset >= 0) return Math.max(1, offset);
  return Math.max(1, (await countFileLines(ctx, path, encoding)) + offset + 1);
}

async function readByBytes(
  ctx: ToolContext,
  path: string,
  size: number,
  encoding: ByteEncoding,
  from: number,
  length: number,
): Promise<Result> {
  // Three bytes more than asked for show whether the last character goes on.
  const read = Buffer.from(await ctx.fs.read(path, { start: from, length: length + 3 }));
  const start = encoding === 'utf-8' && from > 0 ? startOfCharacter(read) : 0;
  const bytes = encoding === 'utf-8' ? cutAtCharacter(read.subarray(start), length - start) : read.subarray(0, length);
  if (encoding === 'utf-8' && (bytes.includes(0) || !isUtf8(bytes))) throw notText(displayPath(ctx, path), bytes);
  const end = from + start + bytes.length;
  const truncated = read.length > start + bytes.length;
  return {
    path: displayPath(ctx, path),
    content: bytes.toString(encoding === 'utf-8' ? 'utf8' : encoding),
    encoding,
    size,
    bytes: bytes.length,
    truncated,
    byteOffset: from + start,
    ...(truncated ? { nextByteOffset: end } : {}),
  };
}

/** How many bytes at the start belong to a character that began before them. */
function startOfCharacter(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return start;
}

function numberLines(text: string, first: number): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((line, index) => `${String(first + index).padStart(6)}\t${line}`).join('');
}

/** The content as it is: what a person would see with cat. */
function print({ content }: Result): string {
  return content;
}
