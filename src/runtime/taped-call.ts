import type { JsonValue } from '@toka/sdk';
import type { Lost, Verb } from '../journal/recorded.ts';
import type { Turn } from './turns.ts';

/** What a tool was told instead of an answer. */
export interface TapedError {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly data?: JsonValue;
}

/** An answer: a value or bytes, of a stream what was taken of it, and after that an error. `lost`: it is not kept. */
export interface TapedAnswer {
  readonly value?: JsonValue;
  readonly bytes?: Uint8Array;
  /** Of a stream: the tool did not ask for more. */
  readonly part?: true;
  readonly error?: TapedError;
  readonly lost?: Lost;
  /** When it came, where it was waited for. */
  readonly turn?: Turn;
}

/** What a tool asked of toka, and what it was answered. */
export interface TapedCall {
  readonly do: Verb;
  readonly args: JsonValue;
  /** What is written, or a process's input. */
  readonly content?: Uint8Array;
  readonly answer: TapedAnswer;
}

/** How much of a run is kept, in bytes: of one content, of all, and of JSON that lists the calls. */
export interface TapeLimits {
  readonly each: number;
  readonly all: number;
  readonly list: number;
}

const MIB = 1024 ** 2;

export const TAPE_LIMITS: TapeLimits = { each: 8 * MIB, all: 64 * MIB, list: 16 * MIB };

/** A call as JSON, on its way into a process or out of it. */
export interface EncodedCall extends Omit<TapedCall, 'content' | 'answer'> {
  readonly content?: string;
  readonly answer: Omit<TapedAnswer, 'bytes'> & { readonly bytes?: string };
}

export function encodeCall({ content, answer: { bytes, ...answer }, ...call }: TapedCall): EncodedCall {
  return { ...call, ...(content ? { content: base64(content) } : {}), answer: { ...answer, ...(bytes ? { bytes: base64(bytes) } : {}) } };
}

/** @param value What a process wrote, which may be anything. */
export function decodeCall(value: unknown): TapedCall | undefined {
  if (!isObject(value)) return undefined;
  const { do: verb, args, content, answer } = value as Partial<EncodedCall>;
  if (typeof verb !== 'string' || args === undefined || !isObject(answer) || !isBytes(content) || !isBytes(answer.bytes)) return undefined;
  const { bytes, ...rest } = answer;
  return { do: verb, args, ...(content === undefined ? {} : { content: Buffer.from(content, 'base64') }), answer: { ...rest, ...(bytes === undefined ? {} : { bytes: Buffer.from(bytes, 'base64') }) } };
}

function isBytes(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
