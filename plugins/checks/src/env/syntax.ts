import type { Entry, EnvText } from './grammar.ts';
import { lineIndex } from './grammar.ts';
import type { Kind, Note, Severity } from './finding.ts';
import { showName } from './mask.ts';

type Remark = readonly [kind: Kind, severity: Severity, message: string, offset: number];

/**
 * What is wrong or surprising about how an env file is written: everything that dotenv reads otherwise than it looks, or that other readers
 * (a shell, `docker --env-file`) read otherwise than dotenv.
 *
 * @param source The file as it is, byte order mark and line ends included.
 * @param parsed The same, parsed.
 */
export function checkSyntax(source: string, parsed: EnvText): Note[] {
  const place = lineIndex(parsed.text);
  const notes = fileNotes(source);
  for (const offset of parsed.unreadable) {
    notes.push({ kind: 'syntax', severity: 'error', ...place(offset), message: describeStray(parsed.text, offset) });
  }
  for (const entry of parsed.entries) {
    const key = showName(entry.key);
    for (const [kind, severity, message, offset] of remarks(entry, parsed.text)) {
      notes.push({ kind, severity, ...place(offset), key, message: `${key}: ${message}` });
    }
  }
  return [...notes, ...duplicates(parsed)];
}

function fileNotes(source: string): Note[] {
  const notes: Note[] = [];
  const head = { line: 1, column: 1 };
  if (source.startsWith('\uFEFF')) {
    notes.push({
      kind: 'bom',
      severity: 'warning',
      ...head,
      message: 'starts with a byte order mark, which shells and docker take for part of the first name',
    });
  }
  const line = source.slice(0, Math.max(source.indexOf('\r'), 0)).split('\n').length;
  if (source.includes('\r')) {
    notes.push({
      kind: 'crlf',
      severity: 'warning',
      line,
      message: 'has Windows line ends (CRLF), which shells and docker take for part of the values',
    });
  }
  if (source.includes('\0') || source.includes('\uFFFD')) {
    notes.push({ kind: 'encoding', severity: 'error', message: 'is not UTF-8 text (UTF-16, or binary)' });
  }
  return notes;
}

function describeStray(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  const line = text.slice(offset, end === -1 ? undefined : end);
  if (line.startsWith('=')) return 'expected NAME=value, found no name before "="';
  const equals = line.indexOf('=');
  if (equals === -1) return 'expected NAME=value, found a line without "="; dotenv skips it (a value of several lines needs quotes)';
  const name = line.slice(0, equals).trim();
  if (/^(set|setenv)\s/i.test(name)) return 'expected NAME=value, found a shell command; dotenv skips the line';
  return /\s/.test(name)
    ? 'expected NAME=value, found a space within the name; dotenv skips the line'
    : 'expected a name of letters, digits and "_", found other characters; dotenv skips the line';
}

function remarks(entry: Entry, text: string): Remark[] {
  return [
    ...nameRemarks(entry),
    ...quoteRemarks(entry),
    ...(entry.quote === undefined ? bareRemarks(entry, text) : spanRemarks(entry, text)),
  ];
}

function nameRemarks({ key, keyStart, exported, separator, valueStart }: Entry): Remark[] {
  const found: Remark[] = [];
  if (!/^[A-Za-z_]\w*$/.test(key))
    found.push(['name', 'warning', 'no shell accepts this name: letters, digits and "_", not starting with a digit', keyStart]);
  if (exported) found.push(['export', 'info', '"export" is accepted by dotenv and shells, not by docker --env-file', keyStart]);
  if (separator.includes(':'))
    found.push(['colon', 'warning', 'assigned with ":", which only dotenv accepts; write NAME=value', valueStart]);
  else if (separator.trim() !== separator) {
    found.push(['space-around-equals', 'warning', 'space before "=": dotenv drops it, a shell takes the name for a command', keyStart]);
  }
  return found;
}

function quoteRemarks({ raw, quote, valueStart }: Entry): Remark[] {
  const first = raw[0];
  if (quote !== undefined || (first !== '"' && first !== "'" && first !== '`')) return [];
  if (!raw.slice(1).includes(first))
    return [['unterminated-quote', 'error', `the quote ${first} is never closed; dotenv takes it for part of the value`, valueStart]];
  return [['text-after-quote', 'error', `text follows the closing ${first}, so dotenv takes the quotes for part of the value`, valueStart]];
}

function bareRemarks({ raw, valueStart, end, key, separator, keyStart }: Entry, text: string): Remark[] {
  const found: Remark[] = [];
  const quoted = /^["'`]/.test(raw);
  if (/\s/.test(raw) && !quoted)
    found.push([
      'unquoted-space',
      'warning',
      'the value has spaces but no quotes: dotenv takes it whole, a shell only the first word',
      valueStart,
    ]);
  if (text[end] === '#' && raw !== '') {
    found.push(['hash-cut', 'warning', 'the value ends at "#"; if the rest belongs to it, put it in quotes', end]);
  }
  const gap = keyStart + key.length + separator.length;
  const spaced = raw !== '' && !separator.includes(':') && separator.trim() === separator && valueStart > gap;
  if (spaced && !quoted)
    found.push(['space-around-equals', 'warning', 'space after "=": dotenv drops it, a shell runs the value as a command', gap]);
  return found;
}

function spanRemarks({ raw, keyStart, valueStart }: Entry, text: string): Remark[] {
  const found: Remark[] = [];
  if (text.slice(keyStart, valueStart).includes('\n')) {
    found.push(['next-line', 'warning', 'the value stands on a later line than its name, which only dotenv accepts', valueStart]);
  }
  const lines = raw.split('\n');
  if (lines.slice(1).some((line) => /^\s*(export\s+)?[A-Za-z_]\w*\s*=/.test(line))) {
    found.push([
      'swallowed-lines',
      'warning',
      `the quoted value takes in ${lines.length - 1} further lines that look like assignments: is a quote missing?`,
      valueStart,
    ]);
  }
  return found;
}

function duplicates({ text, entries }: EnvText): Note[] {
  const place = lineIndex(text);
  const byKey = Map.groupBy(entries, ({ key }) => key);
  const notes: Note[] = [];
  for (const [key, same] of byKey) {
    const winner = same.at(-1);
    if (same.length < 2 || winner === undefined) continue;
    const name = showName(key);
    const line = place(winner.keyStart).line;
    const conflict = new Set(same.map(({ value }) => value)).size > 1;
    for (const { keyStart } of same.slice(0, -1)) {
      const message = `${name} is set again: line ${line} wins${conflict ? ', with another value' : ', with the same value'}`;
      notes.push({ kind: 'duplicate', severity: conflict ? 'error' : 'warning', ...place(keyStart), key: name, message });
    }
  }
  return notes;
}
