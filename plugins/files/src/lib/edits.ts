import { coded } from '@toka/sdk';
import { nearestPassage } from './passage.ts';

/** One change. Line ends in its texts are `\n`; they become those of the file. */
export type Edit =
  | { readonly kind: 'replace'; readonly find: string; readonly replace: string; readonly all: boolean }
  /** Puts whole lines below line `line`; 0 is the top. */
  | { readonly kind: 'insert'; readonly line: number; readonly text: string };

export interface Edited {
  readonly text: string;
  /** How many places each edit changed, in order. */
  readonly counts: readonly number[];
}

/**
 * Applies edits in order, each to the result of the one before.
 *
 * Passages are found whatever the line ends: `\n` in an edit stands for the line ends that the file has, and what is put in gets those
 * of the passage it replaces, or else of the file.
 *
 * @param text The text, without a byte order mark.
 * @param edits What to change.
 * @param path The file's name, for errors.
 * @throws CodedError `EDIT_NO_MATCH`, `EDIT_NOT_UNIQUE`, `EDIT_EMPTY_FIND`, `EDIT_LINE_OUT_OF_RANGE`; nothing is changed then.
 */
export function applyEdits(text: string, edits: readonly Edit[], path: string): Edited {
  const counts: number[] = [];
  let current = text;
  for (const [index, edit] of edits.entries()) {
    const name = edits.length === 1 ? '' : ` (edit ${index + 1} of ${edits.length}; none was made)`;
    const { text: next, count } =
      edit.kind === 'insert' ? insertLines(current, edit, path, name) : replacePassages(current, edit, path, name);
    counts.push(count);
    current = next;
  }
  return { text: current, counts };
}

interface Step {
  readonly text: string;
  readonly count: number;
}

function replacePassages(text: string, edit: Edit & { kind: 'replace' }, path: string, name: string): Step {
  const find = toLf(edit.find);
  if (find === '') {
    throw coded('EDIT_EMPTY_FIND', `expected a passage to find in ${path}, found an empty text${name}`, {
      hint: 'to add lines use insertAfter, for a whole file file-writer',
    });
  }
  const normal = normalise(text);
  const starts = occurrences(normal.text, find);
  if (starts.length === 0) throw noMatch(normal.text, find, toLf(edit.replace), path, name);
  if (starts.length > 1 && !edit.all) {
    const lines = starts
      .slice(0, 10)
      .map((start) => lineAt(normal.text, start))
      .join(', ');
    throw coded(
      'EDIT_NOT_UNIQUE',
      `expected one place in ${path}, found ${starts.length}: lines ${lines}${starts.length > 10 ? ', …' : ''}${name}`,
      {
        hint: 'add lines around the passage until it is unique, or pass all to change every place',
      },
    );
  }
  const replacement = toLf(edit.replace);
  const fileEnding = dominantEnding(text);
  const parts: string[] = [];
  let at = 0;
  for (const start of starts) {
    const from = normal.original(start);
    const to = normal.original(start + find.length);
    const passage = text.slice(from, to);
    parts.push(text.slice(at, from), withEnding(replacement, passage.includes('\n') ? dominantEnding(passage) : fileEnding));
    at = to;
  }
  parts.push(text.slice(at));
  return { text: parts.join(''), count: starts.length };
}

function insertLines(text: string, { line, text: added }: Edit & { kind: 'insert' }, path: string, name: string): Step {
  const ends = lineEnds(text);
  if (line < 0 || line > ends.length) {
    throw coded('EDIT_LINE_OUT_OF_RANGE', `expected a line from 0 to ${ends.length} of ${path}, found ${line}${name}`, {
      hint: '0 inserts at the top; the number of the last line appends',
    });
  }
  const ending = dominantEnding(text);
  const at = line === 0 ? 0 : (ends[line - 1] ?? text.length);
  const isLast = at === text.length;
  const lines = withEnding(toLf(added), ending);
  const whole = lines.endsWith(ending) ? lines : lines + ending;
  // A file without a final newline stays without one.
  if (isLast && text !== '' && !text.endsWith('\n')) return { text: text + ending + whole.slice(0, -ending.length), count: 1 };
  return { text: text.slice(0, at) + whole + text.slice(at), count: 1 };
}

interface Normal {
  readonly text: string;
  /** The place in the original text of a place in the normalised one. */
  original(index: number): number;
}

/** The text with `\n` line ends, and the way back. */
function normalise(text: string): Normal {
  const removed: number[] = [];
  const normal = text.replace(/\r\n/g, (_match, offset: number) => {
    removed.push(offset - removed.length);
    return '\n';
  });
  return {
    text: normal,
    original: (index) => {
      let low = 0;
      let high = removed.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((removed[middle] ?? 0) < index) low = middle + 1;
        else high = middle;
      }
      return index + low;
    },
  };
}

function occurrences(text: string, find: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(find); at !== -1; at = text.indexOf(find, at + find.length)) starts.push(at);
  return starts;
}

function noMatch(text: string, find: string, replace: string, path: string, name: string): Error {
  const already = replace === '' ? -1 : text.indexOf(replace);
  const done = already === -1 ? '' : `; the replacement is in the file at line ${lineAt(text, already)}: perhaps the edit was made before`;
  const nearest = nearestPassage(text, find);
  const message = `expected the passage to find in ${path}, found it nowhere${name}`;
  if (nearest === undefined) return coded('EDIT_NO_MATCH', message, { hint: `read the file and copy the passage exactly${done}` });
  const { firstLine, lastLine, excerpt, differsOnlyInSpace } = nearest;
  const reason = differsOnlyInSpace ? 'differs only in spaces, tabs or blank ends' : 'is the nearest';
  return coded('EDIT_NO_MATCH', `${message}; lines ${firstLine}-${lastLine}:\n${excerpt}`, {
    hint: `the passage at lines ${firstLine}-${lastLine} ${reason}: copy it exactly${done}`,
  });
}

function toLf(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function withEnding(text: string, ending: string): string {
  return ending === '\n' ? text : text.replaceAll('\n', ending);
}

function dominantEnding(text: string): '\n' | '\r\n' {
  const all = text.split('\n').length - 1;
  const crlf = text.split('\r\n').length - 1;
  return crlf * 2 > all ? '\r\n' : '\n';
}

/** Where each line ends, its newline included. */
function lineEnds(text: string): number[] {
  const ends: number[] = [];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) ends.push(at + 1);
  if (text !== '' && ends.at(-1) !== text.length) ends.push(text.length);
  return ends;
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
