/** So many looks in a row at less than before are no chance: one may meet a process between its end and its parent's taking over its count. */
const SHORT_LOOKS = 2;

export interface Kept {
  /** With what was dropped, as far as a look has met it. */
  readonly total: number;
  /** Whether nothing was dropped. */
  readonly isWhole: boolean;
}

/**
 * Makes a function that is told at each look what the kernel counts for the living processes of a sandbox. That only grows, since a process that is
 * waited for leaves its count to its parent; it shrinks where a parent ignores the end of its children, and the kernel drops their counts.
 */
export function keepCount(): (now: number) => Kept {
  let most = 0;
  let short = 0;
  let least = 0;
  let dropped = 0;
  return (now) => {
    short = now < most ? short + 1 : 0;
    least = short === 1 ? now : Math.min(least, now);
    if (short === SHORT_LOOKS) {
      dropped += most - least;
      most = now;
      short = 0;
    }
    most = Math.max(most, now);
    return { total: dropped + now, isWhole: dropped === 0 };
  };
}
