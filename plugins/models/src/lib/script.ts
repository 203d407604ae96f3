import { type FinishReason, type JsonObject, type ModelMessage, providerError, type ProviderErrorCode } from '@toka/sdk';
import { parse } from 'yaml';

/** A call that a reply asks for: with parameters, or with a text that stands in their place. */
export type ScriptedCall = { readonly tool: string; readonly id?: string } & ({ readonly params: JsonObject } | { readonly raw: string });

/** What is played instead of a model's answer. */
export interface ScriptedReply {
  /** It answers wherever this matches the last message, whatever its number. */
  readonly when?: RegExp;
  readonly reasoning?: string;
  readonly text?: string;
  readonly calls: readonly ScriptedCall[];
  readonly finish?: FinishReason;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly cachedTokens?: number; readonly reasoningTokens?: number };
  /** Before each piece. */
  readonly delayMs: number;
  /** Letters in a piece. */
  readonly chunkChars: number;
  /** What it fails with, after all else. */
  readonly error?: { readonly code: ProviderErrorCode; readonly retryAfterMs?: number };
  /** `break`: it breaks off; `hang`: nothing comes any more; `repeat`: its text comes again and again. */
  readonly end?: 'break' | 'hang' | 'repeat';
}

/**
 * Reads a script.
 *
 * @param text YAML or JSON: a list of replies.
 * @param file For messages.
 */
export function parseScript(text: string, file: string): ScriptedReply[] {
  const value = read(text, file);
  if (!Array.isArray(value)) throw wrong(file, 'a list of replies', value);
  return value.map((each, index) => toReply(each, new Reader(file, `[${index}]`)));
}

/** The reply that is due: one whose `when` matches, or else the next of the others that none of the earlier answers was. */
export function chooseReply(script: readonly ScriptedReply[], messages: readonly ModelMessage[], file: string): { readonly reply: ScriptedReply; readonly number: number } {
  const matching = (message: ModelMessage | undefined): ScriptedReply | undefined => script.find(({ when }) => when?.test(textOf(message)));
  const number = messages.filter(({ role }) => role === 'assistant').length;
  const byMatch = matching(messages.at(-1));
  if (byMatch) return { reply: byMatch, number };
  const counted = messages.filter(({ role }, index) => role === 'assistant' && !matching(messages[index - 1])).length;
  const inOrder = script.filter(({ when }) => !when);
  const reply = inOrder[counted];
  if (!reply) {
    throw providerError('PROVIDER_REPLY', `the script ${file} is at its end: it has ${inOrder.length} replies in order, and reply ${counted + 1} was asked for`, { hint: 'add a reply to it' });
  }
  return { reply, number };
}

function read(text: string, file: string): unknown {
  try {
    return file.endsWith('.json') ? JSON.parse(text) : parse(text);
  } catch (cause) {
    throw providerError('PROVIDER_REQUEST', `${file}: expected YAML or JSON, found neither`, { cause });
  }
}

const FINISHES = ['stop', 'length', 'tool-calls', 'filtered'] as const;
const ENDS = ['break', 'hang', 'repeat'] as const;
const ERRORS = ['PROVIDER_AUTH', 'PROVIDER_RATE_LIMIT', 'PROVIDER_UNAVAILABLE', 'PROVIDER_CONTEXT', 'PROVIDER_REQUEST', 'PROVIDER_REPLY'] as const satisfies readonly ProviderErrorCode[];
const COUNTS = ['inputTokens', 'outputTokens', 'cachedTokens', 'reasoningTokens'] as const;

function toReply(value: unknown, at: Reader): ScriptedReply {
  const reply = at.object(value, ['when', 'reasoning', 'text', 'calls', 'finish', 'usage', 'delayMs', 'chunkChars', 'error', 'end']);
  const { when, reasoning, text, calls = [], finish, usage, delayMs = 0, chunkChars = 16, error, end } = reply;
  if (!Array.isArray(calls)) throw at.in('calls').wrong('a list', calls);
  return {
    ...(when === undefined ? {} : { when: at.in('when').regex(when) }),
    ...(reasoning === undefined ? {} : { reasoning: at.in('reasoning').text(reasoning) }),
    ...(text === undefined ? {} : { text: at.in('text').text(text) }),
    calls: calls.map((call, index) => toCall(call, at.in('calls').in(index))),
    ...(finish === undefined ? {} : { finish: at.in('finish').oneOf(finish, FINISHES) }),
    ...(usage === undefined ? {} : { usage: toUsage(usage, at.in('usage')) }),
    delayMs: at.in('delayMs').count(delayMs),
    chunkChars: Math.max(1, at.in('chunkChars').count(chunkChars)),
    ...(error === undefined ? {} : { error: toError(error, at.in('error')) }),
    ...(end === undefined ? {} : { end: at.in('end').oneOf(end, ENDS) }),
  };
}

function toCall(value: unknown, at: Reader): ScriptedCall {
  const { tool, id, params = {}, raw } = at.object(value, ['tool', 'id', 'params', 'raw']);
  const named = { tool: at.in('tool').text(tool), ...(id === undefined ? {} : { id: at.in('id').text(id) }) };
  if (raw !== undefined) return { ...named, raw: at.in('raw').text(raw) };
  return { ...named, params: at.in('params').object(params) as JsonObject };
}

function toUsage(value: unknown, at: Reader): NonNullable<ScriptedReply['usage']> {
  const usage = at.object(value, COUNTS);
  const counts = Object.fromEntries(COUNTS.flatMap((name) => (usage[name] === undefined ? [] : [[name, at.in(name).count(usage[name])]])));
  return { inputTokens: 0, outputTokens: 0, ...counts };
}

function toError(value: unknown, at: Reader): NonNullable<ScriptedReply['error']> {
  const { code, retryAfterMs } = at.object(value, ['code', 'retryAfterMs']);
  return { code: at.in('code').oneOf(code, ERRORS), ...(retryAfterMs === undefined ? {} : { retryAfterMs: at.in('retryAfterMs').count(retryAfterMs) }) };
}

/** What the last message says, for `when` to look at. */
function textOf(message: ModelMessage | undefined): string {
  if (!message) return '';
  switch (message.role) {
    case 'system':
      return message.text;
    case 'tool':
      return message.results.map(({ output }) => (typeof output === 'string' ? output : JSON.stringify(output))).join('\n');
    case 'user':
    case 'assistant':
      return message.parts.map((part) => ('text' in part ? part.text : '')).join('');
  }
}

function wrong(place: string, expected: string, found: unknown): Error {
  return providerError('PROVIDER_REQUEST', `${place}: expected ${expected}, found ${found === null ? 'null' : Array.isArray(found) ? 'a list' : typeof found}`);
}

/** Reads values of a script, and knows where they stand. */
class Reader {
  readonly #file: string;
  readonly #path: string;

  constructor(file: string, path: string) {
    this.#file = file;
    this.#path = path;
  }

  in(name: string | number): Reader {
    return new Reader(this.#file, typeof name === 'number' ? `${this.#path}[${name}]` : `${this.#path}.${name}`);
  }

  wrong(expected: string, found: unknown): Error {
    return wrong(`${this.#file}, ${this.#path}`, expected, found);
  }

  object(value: unknown, names?: readonly string[]): Readonly<Record<string, unknown>> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('an object', value);
    const unknown = names && Object.keys(value).find((name) => !names.includes(name));
    if (unknown !== undefined) throw this.in(unknown).wrong(`one of ${names?.join(', ') ?? ''}`, (value as Record<string, unknown>)[unknown]);
    return value as Readonly<Record<string, unknown>>;
  }

  text(value: unknown): string {
    if (typeof value !== 'string') throw this.wrong('a text', value);
    return value;
  }

  count(value: unknown): number {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw this.wrong('a whole number from 0', value);
    return value;
  }

  oneOf<T extends string>(value: unknown, words: readonly T[]): T {
    const word = words.find((each) => each === value);
    if (word === undefined) throw this.wrong(`one of ${words.join(', ')}`, value);
    return word;
  }

  regex(value: unknown): RegExp {
    try {
      return new RegExp(this.text(value), 'su');
    } catch {
      throw this.wrong('a regular expression', value);
    }
  }
}
