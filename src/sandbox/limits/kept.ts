/** What the kernel counts for each living process, by a name that no other process ever has. */
export type Counts = ReadonlyMap<string, number>;

export interface Kept {
  /** With what was dropped, as far as a look has met it. */
  readonly total: number;
  /** Whether nothing was dropped. */
  readonly isWhole: boolean;
}

/**
 * Makes a function that is told at each look what the kernel counts for the living processes of a sandbox. A process that ends leaves its count to the
 * one that waits for it, which lived at the look before; where a parent ignores the end of its children, the kernel drops it. So what went with the
 * processes that are gone, and did not come to those that stayed, was dropped. The heir may have been read before it took over, so that it did
 * not come is only known at the look after.
 */
export function keepCount(): (now: Counts) => Kept {
  let before: Counts = new Map();
  let missing = 0;
  let dropped = 0;
  return (now) => {
    const { gone, grown } = compare(before, now);
    const late = Math.min(missing, grown);
    dropped += missing - late;
    missing = Math.max(0, gone - (grown - late));
    before = now;
    return { total: dropped + sum(now.values()), isWhole: dropped === 0 };
  };
}

function compare(before: Counts, now: Counts): { gone: number; grown: number } {
  let gone = 0;
  let grown = 0;
  for (const [id, count] of before) {
    const later = now.get(id);
    if (later === undefined) gone += count;
    else grown += Math.max(0, later - count);
  }
  return { gone, grown };
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
