import {
  type Appended,
  coded,
  defineStorage,
  type EventFilter,
  type EventPage,
  type KeyRange,
  type NewEvent,
  type StorageDriver,
  type StorageEntry,
  type StorageEvent,
  type StorageReader,
  type StorageTransaction,
} from '@toka/sdk';

/** Keeps everything in this process, for tests and for who embeds toka: each opening is a storage of its own, and closing it forgets it. */
export const memoryStorage = defineStorage({
  id: 'memory',
  summary: 'Keep the journal in memory until the process ends',
  supports: { durable: false, processes: false, text: true, subscribe: true, check: false, compact: false, backup: false },
  open: () => new MemoryDriver(),
});

interface Kept {
  readonly value: Uint8Array;
  readonly until?: number;
}

/** What is committed: events are only ever added, and entries are replaced as a whole, so that who reads one moment is not disturbed. */
interface Moment {
  readonly events: readonly StorageEvent[];
  readonly entries: ReadonlyMap<string, Kept>;
}

class MemoryDriver implements StorageDriver {
  #now: Moment = { events: [], entries: new Map() };
  /** The last transaction that was asked for: they run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #waiting = new Set<() => void>();

  read = (stream: string, page: EventPage): StorageEvent[] => readerOf(this.#now).read(stream, page);
  readAll = (page: EventPage): StorageEvent[] => readerOf(this.#now).readAll(page);
  ends = (): { events: number; nodes: number } => readerOf(this.#now).ends();
  nodes = (positions: readonly number[]): (string | undefined)[] => readerOf(this.#now).nodes(positions);
  get = (key: string): Uint8Array | undefined => readerOf(this.#now).get(key);
  list = (range: KeyRange): StorageEntry[] => readerOf(this.#now).list(range);

  async transaction<T>(work: (transaction: StorageTransaction) => T | Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      const draft = { events: [...this.#now.events], entries: new Map(this.#now.entries) };
      const value = await work(writerOf(draft));
      this.#now = draft;
      for (const wake of this.#waiting) wake();
      return value;
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async snapshot<T>(work: (reader: StorageReader) => T | Promise<T>): Promise<T> {
    return work(readerOf(this.#now));
  }

  query(filter: EventFilter, { after, limit, order }: { after: number; limit: number; order: 'oldest' | 'newest' }): StorageEvent[] {
    const { events } = this.#now;
    const ordered = order === 'oldest' ? events.slice(after) : events.slice(0, after === 0 ? undefined : after - 1).reverse();
    return ordered.filter((event) => meets(event, filter)).slice(0, limit);
  }

  async changed(after: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#now.events.length > after) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#waiting.delete(resolve);
  }

  close(): void {
    this.#now = { events: [], entries: new Map() };
  }
}

interface SyncReader extends StorageReader {
  read(stream: string, page: EventPage): StorageEvent[];
  readAll(page: EventPage): StorageEvent[];
  ends(): { events: number; nodes: number };
  nodes(positions: readonly number[]): (string | undefined)[];
  get(key: string): Uint8Array | undefined;
  list(range: KeyRange): StorageEntry[];
}

function readerOf({ events, entries }: Moment): SyncReader {
  return {
    read: (stream, { after = 0, limit }) => events.filter((event) => event.stream === stream && event.version > after).slice(0, limit),
    readAll: ({ after = 0, limit }) => events.slice(after, after + limit),
    ends: () => ({ events: events.length, nodes: events.length }),
    nodes: (positions) => positions.map((position) => events[position - 1]?.nodes),
    get(key) {
      const kept = entries.get(key);
      return kept && Uint8Array.from(kept.value);
    },
    list({ prefix, after, reverse = false, limit }) {
      const isBeyond = (key: string): boolean => after === undefined || (reverse ? compare(key, after) < 0 : compare(key, after) > 0);
      const keys = [...entries.keys()].filter((key) => key.startsWith(prefix) && isBeyond(key)).sort(compare);
      const chosen = (reverse ? keys.reverse() : keys).slice(0, limit);
      return chosen.map((key) => ({ key, ...(entries.get(key) as Kept) }));
    },
  };
}

function writerOf(draft: { readonly events: StorageEvent[]; readonly entries: Map<string, Kept> }): StorageTransaction {
  const { events, entries } = draft;
  return {
    ...readerOf(draft),
    append(stream, added, expectedVersion) {
      const own = events.filter((event) => event.stream === stream);
      const known = knownPlace(own, added);
      if (known) return known;
      if (own.length !== expectedVersion) throw coded('STORAGE_CONFLICT', `expected ${expectedVersion} events in ${stream}, found ${own.length}`);
      const position = events.length + 1;
      const version = own.length + 1;
      added.forEach((event, at) => events.push({ ...event, stream, version: version + at, position: position + at }));
      return { position, version, known: false };
    },
    put: (key, value, until) => void entries.set(key, { value: Uint8Array.from(value), ...(until === undefined ? {} : { until }) }),
    remove: (key) => void entries.delete(key),
    prune(now) {
      for (const [key, { until = Infinity }] of entries) if (until <= now) entries.delete(key);
    },
  };
}

function knownPlace(own: readonly StorageEvent[], added: readonly NewEvent[]): Appended | undefined {
  const keys = new Set(own.flatMap(({ key }) => (key === undefined ? [] : [key])));
  if (!added.some(({ key }) => key !== undefined && keys.has(key))) return undefined;
  const from = own.findIndex(({ key }) => key !== undefined && key === added[0]?.key);
  const [first] = own.slice(from, from + 1);
  const isSame = from >= 0 && added.every(({ key }, at) => own[from + at] !== undefined && own[from + at]?.key === key);
  if (!first || !isSame) throw coded('STORAGE_CONFLICT', `some of the events to add have keys that ${first?.stream ?? 'the stream'} knows, but not all, or in another order`);
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
