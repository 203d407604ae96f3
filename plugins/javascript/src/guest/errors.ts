import type { Refusal } from './host.ts';
import { quote } from './json.ts';

const LONGEST = 4096;

/** The error that a call or a limit rejects with. */
export function refused({ code, message, hint, runId }: Refusal): Error {
  const error = new Error(message);
  return Object.assign(error, { code }, hint === undefined ? {} : { hint }, runId === undefined ? {} : { runId });
}

/** What is said of whatever was thrown, as JSON of texts alone. Its properties are the code's own: each may throw, or be anything. */
export function describe(thrown: unknown): string {
  const part = (name: string): string => {
    const value = attempt(() => (thrown as Readonly<Record<string, unknown>>)[name]);
    return typeof value === 'string' ? value.slice(0, LONGEST) : '';
  };
  if (attempt(() => thrown instanceof Error) !== true) return quote({ name: '', message: inWords(thrown).slice(0, LONGEST), stack: '', code: '', hint: '' });
  return quote({ name: part('name') || 'Error', message: part('message'), stack: part('stack'), code: part('code'), hint: part('hint') });
}

function inWords(value: unknown): string {
  const text = attempt(() => (typeof value === 'object' ? quote(value) : undefined)) ?? attempt(() => (typeof value === 'string' ? quote(value) : String(value)));
  return typeof text === 'string' ? text : 'a value that has no text';
}

function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return undefined;
  }
}
