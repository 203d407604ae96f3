/**
 * The grammar of dotenv 18 (BSD-2-Clause): one assignment, optionally exported, its value quoted (and then of any number of lines) or up to `#` or the end of the line. dotenv reads files with this very expression, so what it matches is what a program gets.
 */
const ASSIGNMENT =
  /^\s*(export\s+)?([\w.-]+)(\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/dgm;

export type Quote = "'" | '"' | '`';

export interface Entry {
  readonly key: string;
  /** What dotenv puts into the environment. */
  readonly value: string;
  /** The value as it stands in the file, trimmed, quotes kept. */
  readonly raw: string;
  readonly quote?: Quote;
  readonly exported: boolean;
  /** What stands between name and value, spaces included. */
  readonly separator: string;
  /** Offsets in the normalised text. `end` is that of the value. */
  readonly keyStart: number;
  readonly valueStart: number;
  readonly end: number;
}

export interface EnvText {
  /** Without byte order mark and with every line end made `\n`, as dotenv reads it. */
  readonly text: string;
  readonly entries: readonly Entry[];
  /** Offsets of lines that are neither assignment, comment nor blank. */
  readonly unreadable: readonly number[];
}

/** Reads the text of an env file as dotenv does. */
export function parseEnv(source: string): EnvText {
  const text = source.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  const entries: Entry[] = [];
  const unreadable: number[] = [];
  let last = 0;
  for (const match of text.matchAll(ASSIGNMENT)) {
    unreadable.push(...strayLines(text, last, match.index));
    entries.push(readMatch(match));
    last = match.index + match[0].length;
  }
  unreadable.push(...strayLines(text, last, text.length));
  return { text, entries, unreadable };
}

function readMatch(match: RegExpExecArray): Entry {
  const [, exported, key = '', separator = '', captured = ''] = match;
  const raw = captured.trim();
  const [keyStart, keyEnd] = match.indices?.[2] ?? [match.index, match.index];
  const afterSeparator = keyEnd + separator.length;
  const valueStart = afterSeparator + (captured.length - captured.trimStart().length);
  const { text: value, quote } = unquote(raw);
  return {
    key,
    value,
    raw,
    ...(quote === undefined ? {} : { quote }),
    exported: exported !== undefined,
    separator,
    keyStart,
    valueStart,
    end: valueStart + raw.length,
  };
}

/** The quote that counts is the first and last character of the value; only double ones know `\n` and `\r`. */
function unquote(raw: string): { text: string; quote?: Quote } {
  const first = raw[0];
  const bare = raw.replaceAll(/^(['"`])([\s\S]*)\1$/gm, '$2');
  const text = first === '"' ? bare.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\r`, '\r') : bare;
  return bare !== raw && (first === "'" || first === '"' || first === '`') ? { text, quote: first } : { text };
}

function strayLines(text: string, from: number, to: number): number[] {
  const found: number[] = [];
  let start = from;
  for (const line of text.slice(from, to).split('\n')) {
    const bare = line.trim();
    if (bare !== '' && !bare.startsWith('#')) found.push(start + (line.length - line.trimStart().length));
    start += line.length + 1;
  }
  return found;
}

/** Turns offsets into lines and columns, both counted from 1. */
export function lineIndex(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
