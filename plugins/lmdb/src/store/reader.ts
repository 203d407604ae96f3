import type { Ends, EventFilter, EventPage, KeyRange, StorageEntry, StorageEvent, StorageReader } from '@toka/sdk';
import { ALL_EVENTS, entryKey, eventKey, eventsAfter, numberAt, placeKey, placePrefix, type Span, spanOf } from './keys.ts';
import { decodeEntry, decodeEvent, decodeNumber } from './records.ts';
import type { Reading } from './store.ts';

/** So many events beyond a position, in which order. */
export interface Following {
  readonly after: number;
  readonly limit: number;
  readonly order: 'oldest' | 'newest';
}

/** Where the record ended when it was last looked at, which saves a search in most cases. */
export interface Hint {
  position: number;
}

/** So many events that others have added are looked for one by one. */
const STEPS = 8;

/** Events and entries as they stand in the tree. */
export class TreeReader implements StorageReader {
  readonly tree: Reading;
  readonly #hint: Hint;

  constructor(tree: Reading, hint: Hint) {
    this.tree = tree;
    this.#hint = hint;
  }

  read(stream: string, { after = 0, limit }: EventPage): StorageEvent[] {
    const span = { ...spanOf(placePrefix(stream)), start: placeKey(stream, after + 1) };
    return first(this.#placed(span), limit);
  }

  readAll({ after = 0, limit }: EventPage): StorageEvent[] {
    return first(this.#events(eventsAfter(after)), limit);
  }

  ends(): Ends {
    const last = this.#fromHint() ?? this.#last(ALL_EVENTS);
    this.#hint.position = last;
    return { events: last, nodes: last };
  }

  nodes(positions: readonly number[]): (string | undefined)[] {
    return positions.map((position) => this.event(position)?.nodes);
  }

  get(key: string): Uint8Array | undefined {
    return this.entry(key)?.value;
  }

  list({ prefix, after, reverse = false, limit }: KeyRange): StorageEntry[] {
    const entries: StorageEntry[] = [];
    for (const { key, value } of this.tree.scan(beyond(spanOf(entryKey(prefix)), after, reverse), { reverse, limit })) entries.push(decodeEntry(key, value));
    return entries;
  }

  count(prefix: string): number {
    return this.tree.count(spanOf(entryKey(prefix)));
  }

  query(filter: EventFilter, { after, limit, order }: Following): StorageEvent[] {
    const reverse = order === 'newest';
    const isBeyond = ({ position }: StorageEvent): boolean => after === 0 || (reverse ? position < after : position > after);
    const events = filter.stream === undefined ? this.#events(spanAfter(after, reverse), reverse) : this.#placed(spanOf(placePrefix(filter.stream)), reverse);
    return first(events, limit, (event) => isBeyond(event) && meets(event, filter));
  }

  event(position: number): StorageEvent | undefined {
    const key = eventKey(position);
    const record = this.tree.get(key);
    return record && decodeEvent(key, record);
  }

  entry(key: string): StorageEntry | undefined {
    const place = entryKey(key);
    const record = this.tree.get(place);
    return record && decodeEntry(place, record);
  }

  /** How many events a stream has. */
  versionOf(stream: string): number {
    return this.#last(spanOf(placePrefix(stream)));
  }

  #fromHint(): number | undefined {
    const { position } = this.#hint;
    if (position === 0 || !this.tree.has(eventKey(position))) return undefined;
    for (let last = position; last < position + STEPS; last++) if (!this.tree.has(eventKey(last + 1))) return last;
    return undefined;
  }

  #last(span: Span): number {
    for (const { key } of this.tree.scan(span, { reverse: true, limit: 1 })) return numberAt(key);
    return 0;
  }

  *#events(span: Span, reverse = false): Generator<StorageEvent> {
    for (const { key, value } of this.tree.scan(span, { reverse })) yield decodeEvent(key, value);
  }

  /** Events of a stream. One that somebody has taken out is passed over: the versions of the others show it. */
  *#placed(span: Span, reverse = false): Generator<StorageEvent> {
    for (const { key, value } of this.tree.scan(span, { reverse })) {
      const event = this.event(decodeNumber(key, value));
      if (event) yield event;
    }
  }
}

function first(events: Iterable<StorageEvent>, limit: number, isMeant: (event: StorageEvent) => boolean = () => true): StorageEvent[] {
  const found: StorageEvent[] = [];
  for (const event of events) if (isMeant(event) && found.push(event) === limit) break;
  return found;
}

function spanAfter(after: number, reverse: boolean): Span {
  if (!reverse) return eventsAfter(after);
  return after === 0 ? ALL_EVENTS : { start: ALL_EVENTS.start, end: eventKey(after) };
}

/** The part of a span that lies beyond a key. */
function beyond(span: Span, after: string | undefined, reverse: boolean): Span {
  if (after === undefined) return span;
  const key = entryKey(after);
  if (reverse) return Buffer.compare(key, span.end) < 0 ? { ...span, end: key } : span;
  const next = Buffer.concat([key, Buffer.of(0)]);
  return Buffer.compare(next, span.start) > 0 ? { ...span, start: next } : span;
}

function meets({ time, body }: StorageEvent, filter: EventFilter): boolean {
  if (time < (filter.from ?? -Infinity) || time >= (filter.to ?? Infinity)) return false;
  if (filter.text !== undefined && !body.includes(filter.text)) return false;
  if (filter.kind === undefined && filter.principal === undefined) return true;
  const { type, principal } = membersOf(body);
  return (filter.kind === undefined || type === filter.kind) && (filter.principal === undefined || principal === filter.principal);
}

/** Of what is no JSON: none. */
function membersOf(body: string): { readonly type?: unknown; readonly principal?: unknown } {
  try {
    return JSON.parse(body) as { type?: unknown; principal?: unknown };
  } catch {
    return {};
  }
}
