import type { JsonValue } from '@toka/sdk';
import { MASKED } from '../manifest/secret-parts.ts';
import type { Completion } from './completion.ts';

/** Shorter values are left: they are found in whatever is written. */
const MIN_LENGTH = 4;

/** Base64 of fewer letters is found by chance. */
const MIN_BASE64 = 8;

type Pieces = Completion['pieces'];

/** Replaces secrets, however they are written. */
export interface Mask {
  text(text: string): string;
  /** Names of members, texts, and numbers that are written like a secret. */
  json(value: JsonValue): JsonValue;
  /** As many pieces as there were; a secret that is split over some stands in the first of them. */
  pieces(pieces: Pieces): Pieces;
}

/** What there is to replace where there are no secrets. */
export const NOTHING: Mask = { text: (text) => text, json: (value) => value, pieces: (pieces) => pieces };

export function maskFor(secrets: readonly string[]): Mask {
  const forms = [...new Set(secrets.flatMap(formsOf))].map((form) => Buffer.from(form));
  if (forms.length === 0) return NOTHING;
  const text = (before: string): string => {
    const bytes = Buffer.from(before);
    const covered = cover(bytes, forms);
    return covered ? replace(bytes, covered, false).toString('utf8') : before;
  };
  return { text, json: (value) => jsonWith(text, value), pieces: (pieces) => piecesWith(forms, pieces) };
}

/** How a secret may be written: as it is, without the white space around it, in JSON (with and without letters beyond ASCII), in base64. */
function formsOf(secret: string): string[] {
  return [secret, secret.trim()]
    .filter((value) => value.length >= MIN_LENGTH)
    .flatMap((value) => {
      const json = JSON.stringify(value).slice(1, -1);
      return [value, json, ascii(json), ...base64Of(Buffer.from(value))];
    });
}

function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The letters that stand for these bytes alone, wherever they begin in what was encoded, in both alphabets. */
function base64Of(bytes: Buffer): string[] {
  const texts = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
  });
  const whole = bytes.toString('base64');
  return [...texts, whole, whole.replaceAll('=', '')]
    .filter((text) => text.length >= MIN_BASE64)
    .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** Marks with 1 each byte that belongs to a secret; nothing where none does. */
function cover(bytes: Buffer, forms: readonly Buffer[]): Uint8Array | undefined {
  let covered: Uint8Array | undefined;
  for (const form of forms) {
    for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at + form.length)) {
      covered ??= new Uint8Array(bytes.length);
      covered.fill(1, at, at + form.length);
    }
  }
  return covered;
}

/** @param isContinued Whether a secret that is covered from the first byte on was replaced before. */
function replace(bytes: Uint8Array, covered: Uint8Array, isContinued: boolean): Buffer {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const isSecret = covered[at] === 1;
    const next = covered.indexOf(isSecret ? 0 : 1, at);
    const end = next === -1 ? bytes.length : next;
    if (!isSecret) parts.push(bytes.subarray(at, end));
    else if (at > 0 || !isContinued) parts.push(Buffer.from(MASKED));
    at = end;
  }
  return Buffer.concat(parts);
}

/** Each stream is searched as a whole: what a reader puts together again holds no secret either. */
function piecesWith(forms: readonly Buffer[], pieces: Pieces): Pieces {
  const covered = (name: 'stdout' | 'stderr'): Uint8Array | undefined =>
    cover(Buffer.concat(pieces.flatMap(({ stream, bytes }) => (stream === name ? [bytes] : []))), forms);
  const marks = { stdout: covered('stdout'), stderr: covered('stderr') };
  const ends = { stdout: 0, stderr: 0 };
  return pieces.map(({ stream, bytes }) => {
    const marked = marks[stream];
    if (!marked) return { stream, bytes };
    const start = ends[stream];
    const end = start + bytes.length;
    ends[stream] = end;
    return { stream, bytes: replace(bytes, marked.subarray(start, end), start > 0 && marked[start - 1] === 1) };
  });
}

function jsonWith(text: Mask['text'], value: JsonValue): JsonValue {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return text(String(value)) === String(value) ? value : MASKED;
  if (Array.isArray(value)) return value.map((each) => jsonWith(text, each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]): [string, JsonValue] => [text(name), jsonWith(text, each)]));
}
