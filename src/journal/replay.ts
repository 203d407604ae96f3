import { hexDigest } from '../digest.ts';
import type { RunEvent } from './events.ts';
import { reduce, type RunState } from './reducer.ts';

/** What the first events of a run amount to. Plain JSON data, so that it can be kept and gone on from. */
export interface Snapshot {
  /** How many events it covers. */
  readonly seq: number;
  readonly state: RunState | undefined;
}

export const NOTHING_YET: Snapshot = { seq: 0, state: undefined };

/**
 * Applies events, in order, to what those before them amount to. The outcome is the same from nothing, from any snapshot, and however the
 * events are split.
 *
 * @throws TokaError `TOKA_EVENT_ILLEGAL` for an event that cannot come next.
 */
export function replay(events: Iterable<{ readonly event: RunEvent; readonly time: number }>, from: Snapshot = NOTHING_YET): Snapshot {
  let { seq, state } = from;
  for (const { event, time } of events) {
    state = reduce(state, event, time);
    seq += 1;
  }
  return { seq, state };
}

/** Two snapshots with the same hash say the same, lower-case hex. */
export function stateHash({ seq, state }: Snapshot): string {
  return hexDigest(JSON.stringify([seq, state ?? null]));
}
