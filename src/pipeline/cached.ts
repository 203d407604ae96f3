import type { Ledger } from '../journal/contract.ts';

/** How long a result is known, milliseconds. */
const KNOWN_MS = 30 * 24 * 3600 * 1000;

/** Where the ledger says which run had the inputs of that key. */
export function cacheEntry(key: string): string {
  return `cache/${key}`;
}

/** Lets later runs of that key have the result of this one. */
export async function remember(ledger: Ledger, key: string, run: string, now: number): Promise<void> {
  await ledger.put(cacheEntry(key), run, Math.trunc(now) + KNOWN_MS);
}
