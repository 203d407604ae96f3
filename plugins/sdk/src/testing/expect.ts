import { deepStrictEqual } from 'node:assert';
import { isCoded } from '../errors.ts';

/** Fails unless both say the same. */
export function same(found: unknown, expected: unknown, what: string): void {
  try {
    deepStrictEqual(found, expected);
  } catch (cause) {
    throw new Error(`${what}: expected ${print(expected)}, found ${print(found)}`, { cause });
  }
}

/** Fails unless the call throws, or rejects, with that code. */
export async function refused(code: string, call: () => unknown, what: string): Promise<void> {
  let thrown: unknown;
  try {
    await call();
  } catch (error) {
    thrown = error;
  }
  same(isCoded(thrown) ? thrown.code : thrown, code, what);
}

function print(value: unknown): string {
  return (value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value))).slice(0, 500);
}
