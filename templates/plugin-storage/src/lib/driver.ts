import {
  type Appended,
  coded,
  type DriverTransaction,
  type Ends,
  type EventFilter,
  type EventPage,
  type KeyRange,
  type NewEvent,
  type StorageDriver,
  type StorageEntry,
  type StorageEvent,
  type StorageReader,
} from '@toka/sdk';

type Kept = Omit<StorageEntry, 'key'>;

/** What is there at one moment. A commit makes a new one, so that who reads an older one is not disturbed. */
interface Moment {
  readonly events: readonly StorageEvent[];
  readonly entries: ReadonlyMap<string, Kept>;
}

const EMPTY: Moment = { events: [], entries: new Map() };

export class Driver implements StorageDriver {
  #now: Moment = EMPTY;
  /** The last transaction that was asked for: they run one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  read = (stream: string, page: EventPage): StorageEvent[] => new MomentReader(this.#now).read(stream, page);
  readAll = (page: EventPage): StorageEvent[] => new MomentReader(this.#now).readAll(page);
  ends = (): Ends => new MomentReader(this.#now).ends();
  nodes = (positions: readonly number[]): (string | undefined)[] => new MomentReader(this.#now).nodes(positions);
  get = (key: string): Uint8Array | undefined => new MomentReader(this.#now).get(key);
  list = (range: KeyRange): StorageEntry[] => new MomentReader(this.#now).list(range);
  count = (prefix: string): number => new MomentReader(this.#now).count(prefix);

  async transaction<T>(work: (transaction: DriverTransaction) => T | Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      const draft = new Draft(this.#now);
      const value = await work(draft);
      this.#now = draft.moment;
      return value;
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async snapshot<T>(work: (reader: StorageReader) => T | Promise<T>): Promise<T> {
    return work(new MomentReader(this.#now));
  }

  query(filter: EventFilter, { after, limit, order }: { after: number; limit: number; order: 'oldest' | 'newest' }): StorageEvent[] {
    const { events } = this.#now;
    const ordered = order === 'oldest' ? events.slice(after) : events.slice(0, after === 0 ? undefined : after - 1).toReversed();
    return ordered.filter((event) => meets(event, filter)).slice(0, limit);
  }

  close(): void {
    this.#now = EMPTY;
  }
}

class MomentReader implements StorageReader {
  moment: Moment;

  constructor(moment: Moment) {
    this.moment = moment;
  }

  read(stream: string, { after = 0, limit }: EventPage): StorageEvent[] {
    return this.moment.events.filter((event) => event.stream === stream && event.version > after).slice(0, limit);
  }

  readAll({ after = 0, limit }: EventPage): StorageEvent[] {
    return this.moment.events.slice(after, after + limit);
  }

  ends(): Ends {
    const { length } = this.moment.events;
    return { events: length, nodes: length };
  }

  nodes(positions: readonly number[]): (string | undefined)[] {
    return positions.map((position) => this.moment.events[position - 1]?.nodes);
  }

  get(key: string): Uint8Array | undefined {
    const kept = this.moment.entries.get(key);
    return kept && Uint8Array.from(kept.value);
  }

  list({ prefix, after, reverse = false, limit }: KeyRange): StorageEntry[] {
    const isBeyond = (key: string): boolean => after === undefined || (reverse ? compare(key, after) < 0 : compare(key, after) > 0);
    const keys = this.#keys(prefix).filter(isBeyond).toSorted(compare);
    const chosen = (reverse ? keys.toReversed() : keys).slice(0, limit);
    return chosen.map((key) => ({ key, ...(this.moment.entries.get(key) as Kept) }));
  }

  count(prefix: string): number {
    return this.#keys(prefix).length;
  }

  #keys(prefix: string): string[] {
    return [...this.moment.entries.keys()].filter((key) => key.startsWith(prefix));
  }
}

/** A commit in the making. */
class Draft extends MomentReader implements DriverTransaction {
  append(stream: string, added: readonly NewEvent[], expectedVersion: number): Appended {
    const { events } = this.moment;
    const own = events.filter((event) => event.stream === stream);
    const known = knownPlace(own, added);
    if (known) return known;
    if (own.length !== expectedVersion) throw coded('STORAGE_CONFLICT', `expected ${expectedVersion} events in ${stream}, found ${own.length}`);
    const place = { position: events.length + 1, version: own.length + 1 };
    const stored = added.map((event, at) => ({ ...event, stream, version: place.version + at, position: place.position + at }));
    this.moment = { ...this.moment, events: [...events, ...stored] };
    return { ...place, known: false };
  }

  put(key: string, value: Uint8Array, until?: number): void {
    this.#change().set(key, { value: Uint8Array.from(value), ...(until === undefined ? {} : { until }) });
  }

  remove(key: string): void {
    this.#change().delete(key);
  }

  prune(now: number): void {
    const entries = this.#change();
    for (const [key, { until = Infinity }] of entries) if (until <= now) entries.delete(key);
  }

  #change(): Map<string, Kept> {
    const entries = new Map(this.moment.entries);
    this.moment = { ...this.moment, entries };
    return entries;
  }
}

/** Where events stand whose keys the stream knows; undefined where it knows none of them. */
function knownPlace(own: readonly StorageEvent[], added: readonly NewEvent[]): Appended | undefined {
  const keys = new Set(own.flatMap(({ key }) => (key === undefined ? [] : [key])));
  if (!added.some(({ key }) => key !== undefined && keys.has(key))) return undefined;
  const from = own.findIndex(({ key }) => key !== undefined && key === added[0]?.key);
  const first = own[from];
  const isSame = added.every(({ key }, at) => own[from + at] !== undefined && own[from + at]?.key === key);
  if (!first || !isSame) throw coded('STORAGE_CONFLICT', 'expected all events to add to be known by their keys, in their order, or none; found some');
  return { position: first.position, version: first.version, known: true };
}

function meets({ stream, time, body }: StorageEvent, filter: EventFilter): boolean {
  if (filter.stream !== undefined && stream !== filter.stream) return false;
  if (time < (filter.from ?? -Infinity) || time >= (filter.to ?? Infinity)) return false;
  if (filter.text !== undefined && !body.includes(filter.text)) return false;
  if (filter.kind === undefined && filter.principal === undefined) return true;
  const { type, principal } = JSON.parse(body) as { type?: unknown; principal?: unknown };
  return (filter.kind === undefined || type === filter.kind) && (filter.principal === undefined || principal === filter.principal);
}

/** By UTF-8 bytes: UTF-16 has another order beyond the first 65,536 characters. */
function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
