import type { Rate } from '../config/config.ts';
import type { OriginLimit } from '../config/layers.ts';
import { hexDigest } from '../digest.ts';
import { TokaError } from '../errors.ts';
import type { Ledger } from '../journal/contract.ts';
import { printDuration } from '../manifest/units.ts';
import { concernsTool } from './policy.ts';
import { countRun } from './rate.ts';

/** A limit of the configuration with the name of what it counts: two that say the same are one. */
export interface RateLimit extends OriginLimit {
  readonly id: string;
}

/** One run's place at one counter. */
export interface Claim {
  readonly limit: RateLimit;
  readonly key: string;
}

/** Gives each limit its name; of several that say the same the first stands for all. */
export function rateLimits(limits: readonly OriginLimit[]): RateLimit[] {
  const named = limits.map((limit) => ({ ...limit, id: hexDigest(JSON.stringify([limit.rate, limit.tools, limit.each])) }));
  return named.filter(({ id }, at) => named.findIndex((other) => other.id === id) === at);
}

/** The counters at which a run of that tool counts, for a person at the top of the tree. */
export function claimsOf(limits: readonly RateLimit[], tool: { readonly name: string; readonly qualified: string }, person: string): Claim[] {
  const who = { tool: tool.qualified, principal: person };
  return limits
    .filter((limit) => concernsTool(limit, [tool.name, tool.qualified]))
    .map((limit) => ({ limit, key: `rate/${limit.id}/${limit.each === undefined ? '' : who[limit.each]}` }));
}

/**
 * Counts one run at all of its counters, or at none.
 *
 * @param now Milliseconds since 1970.
 * @returns Why it may not run now; the commit has to go on all the same, since counters may have been set right.
 * @throws TokaError `TOKA_INTEGRITY` for a counter that cannot be read.
 */
export async function takeTurn(claims: readonly Claim[], ledger: Ledger, now: number): Promise<TokaError | undefined> {
  const counted = await Promise.all(
    claims.map(async (claim) => {
      const stored = await ledger.get(claim.key);
      return { claim, stored, count: countRun(claim.limit.rate, read(stored), Math.trunc(now)) };
    }),
  );
  const refused = counted.filter(({ count }) => count.next === undefined);
  if (counted.some(({ stored }) => stored === undefined)) await ledger.prune(now);
  for (const { claim, stored, count } of counted) {
    const value = JSON.stringify(refused.length > 0 ? count.present : count.next);
    if (value !== stored && !(stored === undefined && refused.length > 0)) await ledger.put(claim.key, value, count.until);
  }
  const [last] = refused.toSorted((one, other) => other.count.retryAfterMs - one.count.retryAfterMs);
  return last && exceeded(last.claim.limit, last.count.retryAfterMs);
}

/** The journal may come from a clone: whatever stands there, no more is read than a counter can hold. */
function read(stored: string | undefined): number[] {
  if (stored === undefined) return [];
  try {
    const counter = JSON.parse(stored) as unknown;
    if (Array.isArray(counter) && counter.length <= 1000 && counter.every(Number.isSafeInteger)) return counter as number[];
  } catch {
    // Falls through to the same answer as JSON of another shape.
  }
  throw new TokaError('TOKA_INTEGRITY', 'expected the counter of a limit in the journal, found something else', {
    hint: 'move the journal aside: the next run starts a new one',
  });
}

/** What a limit allows, in words: `10 in 1h`. */
export function printRate({ kind, runs, ms }: Rate): string {
  return kind === 'window' ? `${runs} in ${printDuration(ms)}` : `${runs} at once, one more every ${printDuration(ms)}`;
}

function exceeded({ rate, tools, each, reason, file, line }: RateLimit, retryAfterMs: number): TokaError {
  const whose = `${tools === undefined ? '' : ` of ${tools.join(', ')}`}${each === undefined ? '' : ` for each ${each}`}`;
  return new TokaError('TOKA_RATE_LIMIT', `too many runs${whose}: the limit is ${printRate(rate)} (${file}:${line})${reason === undefined ? '' : `: ${reason}`}`, {
    hint: `try again in ${printDuration(retryAfterMs < 1000 ? retryAfterMs : 1000 * Math.ceil(retryAfterMs / 1000))}`,
    data: { retryAfterMs, limit: { ...rate, source: `${file}:${line}` } },
  });
}
