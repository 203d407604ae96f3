import { coded } from './errors.ts';
import type { EventFilter } from './storage.ts';

type Order = 'oldest' | 'newest';

/** A text that leads from the event at a position on, in one query only. */
export function cursorAfter(position: number, filter: EventFilter, order: Order): string {
  return `${position.toString(36)}.${fingerprint(filter, order)}`;
}

/** @throws `STORAGE_CURSOR` for a cursor of another query, or what is none. */
export function positionOf(cursor: string, filter: EventFilter, order: Order): number {
  const [, place = '', query] = /^([1-9a-z][0-9a-z]{0,9})\.([0-9a-z]+)$/.exec(cursor) ?? [];
  const position = Number.parseInt(place, 36);
  if (Number.isSafeInteger(position) && query === fingerprint(filter, order)) return position;
  throw coded('STORAGE_CURSOR', 'expected the cursor of a page of the same query, found another', { hint: 'begin again without a cursor' });
}

/** Tells queries apart; nothing depends on nobody being able to forge it. */
function fingerprint({ kind, principal, stream, from, to, text }: EventFilter, order: Order): string {
  const query = JSON.stringify([order, kind ?? null, principal ?? null, stream ?? null, from ?? null, to ?? null, text ?? null]);
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < query.length; at++) {
    one = Math.imul(one ^ query.charCodeAt(at), 2654435761);
    other = Math.imul(other ^ query.charCodeAt(at), 1597334677);
  }
  return (one >>> 0).toString(36) + (other >>> 0).toString(36);
}
