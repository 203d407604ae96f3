import type { JsonObject, JsonValue, LogLevel, Progress } from '@toka/sdk';

/** Deeper values would overflow the stack of whatever walks them. */
const MAX_DEPTH = 512;

/** The JSON value of a line that a program wrote; undefined where it is none. */
export function parseLine(text: string): JsonValue | undefined {
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

const LEVELS: readonly unknown[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];

export function logOf({ level, message }: JsonObject): { readonly type: 'log'; readonly level: LogLevel; readonly message: string } | undefined {
  return LEVELS.includes(level) && typeof message === 'string' ? { type: 'log', level: level as LogLevel, message } : undefined;
}

export function progressOf({ progress }: JsonObject): { readonly type: 'progress'; readonly progress: Progress } | undefined {
  if (!isObject(progress)) return undefined;
  const { done, total, message } = progress;
  if (!isOptional(done, 'number') || !isOptional(total, 'number') || !isOptional(message, 'string')) return undefined;
  return { type: 'progress', progress: { ...(done === undefined ? {} : { done }), ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) } };
}

/** A number by which something is told apart or counted. */
export function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function isOptional<T extends 'number' | 'string'>(value: JsonValue | undefined, type: T): value is (T extends 'number' ? number : string) | undefined {
  return value === undefined || typeof value === type;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
