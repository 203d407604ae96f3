import type { Rate } from '../config/config.ts';

/** What came of counting one more run. */
export interface Count {
  /** The counter as the present time finds it, without the run. */
  readonly present: readonly number[];
  /** With the run; absent where it is one too many. */
  readonly next?: readonly number[];
  /** From when on the counter says nothing any more. */
  readonly until: number;
  /** When the next run may come; 0 where this one may. */
  readonly retryAfterMs: number;
}

/**
 * Counts one more run against a rate. What was counted in the future, because the clock has gone back since, counts as of now: nothing is
 * given for it, and nothing is kept longer than the rate itself says.
 *
 * @param counter What was counted before; empty at first.
 * @param now Whole milliseconds since 1970.
 */
export function countRun({ kind, runs, ms }: Rate, counter: readonly number[], now: number): Count {
  return kind === 'window' ? countWindow(counter, runs, ms, now) : countBucket(counter[0] ?? now, runs, ms, now);
}

/** The counter holds when each run came that is still in the window, oldest first. */
function countWindow(counter: readonly number[], runs: number, ms: number, now: number): Count {
  const present = counter.map((time) => Math.min(time, now)).filter((time) => time > now - ms);
  const [oldest = now] = present.slice(-runs);
  if (present.length >= runs) return { present, until: (present.at(-1) ?? now) + ms, retryAfterMs: oldest + ms - now };
  return { present, next: [...present, now], until: now + ms, retryAfterMs: 0 };
}

/** The counter holds one number: when the bucket is full again (GCRA, the virtual scheduling of ITU-T I.371). */
function countBucket(fullAt: number, runs: number, ms: number, now: number): Count {
  const present = Math.min(Math.max(fullAt, now), now + runs * ms);
  const next = present + ms;
  const retryAfterMs = Math.max(0, next - runs * ms - now);
  if (retryAfterMs > 0) return { present: [present], until: present, retryAfterMs };
  return { present: [present], next: [next], until: next, retryAfterMs };
}
