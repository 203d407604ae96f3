import type { CallResult, CodeOrder, JsonObject, JsonValue, LogLevel, Progress } from '@toka/sdk';

/** The version of the protocol of runtimes that an order speaks. */
const VERSION = 1;

/** Deeper values would overflow the stack of whatever walks them. */
const MAX_DEPTH = 512;

/** What a program writes, one JSON value a line. */
export type ProgramLine =
  | { readonly type: 'ready' }
  | { readonly type: 'call'; readonly id: number; readonly tool: string; readonly params: JsonObject }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'result'; readonly data: JsonValue }
  | { readonly type: 'failure'; readonly code: string; readonly message: string; readonly hint?: string };

/** The first line to a program. */
export function orderLine({ runId, language, source, name, params, tools, requirements, limits }: CodeOrder): string {
  return JSON.stringify({ type: 'order', version: VERSION, runId, language, source, name, params, tools, requirements, limits });
}

/** The line that answers a call. */
export function answerLine(id: number, { runId, status, data, output, error }: CallResult): string {
  return JSON.stringify({ type: 'answer', id, result: { runId, status, data, output, error } });
}

/** What a line says; undefined where it is none of the protocol. */
export function readProgramLine(text: string): ProgramLine | undefined {
  const value = parse(text);
  if (!isObject(value)) return undefined;
  switch (value['type']) {
    case 'ready':
      return { type: 'ready' };
    case 'call':
      return callOf(value);
    case 'log':
      return logOf(value);
    case 'progress':
      return progressOf(value);
    case 'result':
      return value['data'] === undefined ? undefined : { type: 'result', data: value['data'] };
    case 'failure':
      return failureOf(value);
    default:
      return undefined;
  }
}

function callOf({ id, tool, params }: JsonObject): ProgramLine | undefined {
  if (!isCount(id) || typeof tool !== 'string' || !isObject(params)) return undefined;
  return { type: 'call', id, tool, params };
}

const LEVELS: readonly unknown[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];

function logOf({ level, message }: JsonObject): ProgramLine | undefined {
  return LEVELS.includes(level) && typeof message === 'string' ? { type: 'log', level: level as LogLevel, message } : undefined;
}

function progressOf({ progress }: JsonObject): ProgramLine | undefined {
  if (!isObject(progress)) return undefined;
  const { done, total, message } = progress;
  if (!isOptional(done, 'number') || !isOptional(total, 'number') || !isOptional(message, 'string')) return undefined;
  return { type: 'progress', progress: { ...(done === undefined ? {} : { done }), ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) } };
}

function failureOf({ code, message, hint }: JsonObject): ProgramLine | undefined {
  if (typeof code !== 'string' || !/^[A-Z][A-Z0-9_]{0,63}$/.test(code) || typeof message !== 'string' || !isOptional(hint, 'string')) return undefined;
  return { type: 'failure', code, message, ...(hint === undefined ? {} : { hint }) };
}

function parse(text: string): JsonValue | undefined {
  if (depthOf(text) > MAX_DEPTH) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** How deep the brackets of a text of JSON nest. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign === '\\') at += 1;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === '[' || sign === '{') deepest = Math.max(deepest, ++depth);
    else if (sign === ']' || sign === '}') depth -= 1;
  }
  return deepest;
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isOptional<T extends 'number' | 'string'>(value: JsonValue | undefined, type: T): value is (T extends 'number' ? number : string) | undefined {
  return value === undefined || typeof value === type;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
