import type { CallResult, JsonObject, JsonValue } from '@toka/sdk';

/** Characters of one result that a model is given. */
const MOST = 30_000;

/** What a model is told of how a call ended. */
export function told({ status, output, data, error }: CallResult): JsonValue {
  if (status === 'succeeded') return shortened(data === undefined ? output : data);
  const { code = 'TOKA_RUN_FAILED', message = 'it failed', hint } = error ?? {};
  const failed: JsonObject = { status, error: code, message, ...(hint === undefined ? {} : { hint }) };
  return output === '' && data === undefined ? failed : { ...failed, output: shortened(data ?? output) };
}

/** A long text without its middle: its beginning says what it is, its end how it ended. */
function shortened(value: JsonValue): JsonValue {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= MOST) return value;
  const head = text.slice(0, MOST * 0.7);
  const tail = text.slice(-MOST * 0.25);
  return `${head}\n[… ${text.length - head.length - tail.length} characters are left out: ask for less at once …]\n${tail}`;
}

/**
 * The JSON value that an answer consists of, also in a block of code.
 *
 * @returns undefined where it is none.
 */
export function jsonIn(text: string): { readonly value: JsonValue } | undefined {
  const bare = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text;
  try {
    return { value: JSON.parse(bare) as JsonValue };
  } catch {
    return undefined;
  }
}
