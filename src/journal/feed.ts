import { FORGOTTEN, type StorageBackend, type StorageEvent } from '@toka/sdk';
import { parse } from './audit-run.ts';
import type { StoredEvent } from './events.ts';
import { damaged, translate } from './failures.ts';
import { parseSummary, runKey, textOf } from './keys.ts';

/** An event with its place among all events. */
export interface PlacedEvent extends StoredEvent {
  /** From 1, without gaps. */
  readonly position: number;
}

export interface FeedBatch {
  readonly events: readonly PlacedEvent[];
  /** How many more are recorded already. */
  readonly lag: number;
}

/** Which events are looked for. */
export interface FeedFilter {
  readonly type?: string;
  readonly run?: string;
  /** Their time is this or later, milliseconds since 1970. */
  readonly from?: number;
}

/** Events that are read at once. */
const PAGE = 500;

/** All events in the order in which they were recorded, but for those that were pruned. What cannot be read, or is not there, is `TOKA_INTEGRITY`. */
export class Feed {
  readonly #storage: StorageBackend;
  readonly #location: string;

  constructor(storage: StorageBackend, location: string) {
    this.#storage = storage;
    this.#location = location;
  }

  /** The position of the last event; 0 while there is none. */
  async end(): Promise<number> {
    return this.#guarded(async () => (await this.#storage.ends()).events);
  }

  /** Events that meet the filter, from either end. */
  async *find({ type, run, from }: FeedFilter, order: 'oldest' | 'newest'): AsyncGenerator<PlacedEvent, void, undefined> {
    const filter = { ...(type === undefined ? {} : { kind: type }), ...(run === undefined ? {} : { stream: run }), ...(from === undefined ? {} : { from }) };
    let cursor: string | undefined;
    do {
      const at = cursor;
      const page = await this.#guarded(() => this.#storage.query(filter, { limit: PAGE, order, ...(at === undefined ? {} : { cursor: at }) }));
      yield* await this.#placed(page.events);
      ({ cursor } = page);
    } while (cursor !== undefined);
  }

  /** What is recorded after a position, up to and with another one. */
  async *read(after: number, until: number): AsyncGenerator<FeedBatch, void, undefined> {
    for (let last = after; last < until;) {
      const from = last;
      const page = await this.#guarded(async () => this.#storage.readAll({ after: from, limit: Math.min(PAGE, until - from) }));
      last = until;
      if (page.length > 0) {
        last = page.at(-1)?.position ?? until;
        yield await this.#follow(page, from, until - last);
      }
    }
  }

  /** The same without an end: also what comes, of other processes too, each once and in order, until the signal. */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<FeedBatch, void, undefined> {
    let last = after;
    const batches = this.#storage.subscribe({ after, signal })[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#guarded(() => batches.next());
      if (next.done === true) return;
      const { events, lag } = next.value;
      yield await this.#follow(events, last, lag);
      last = events.at(-1)?.position ?? last;
    }
  }

  async #follow(page: readonly StorageEvent[], after: number, lag: number): Promise<FeedBatch> {
    const gap = page.findIndex(({ position }, at) => position !== after + 1 + at);
    if (gap !== -1) throw damaged(this.#location, `event ${after + 1 + gap} is missing`);
    return { events: await this.#placed(page), lag };
  }

  /** Without those that were pruned, and as such are told by their run. */
  async #placed(page: readonly StorageEvent[]): Promise<PlacedEvent[]> {
    const emptied = new Set(page.filter(({ body }) => body === FORGOTTEN).map(({ stream }) => stream));
    const pruned = new Set<string>();
    for (const run of emptied) if (await this.#isPruned(run)) pruned.add(run);
    return page.filter(({ body, stream }) => body !== FORGOTTEN || !pruned.has(stream)).map((event) => placed(event, this.#location));
  }

  async #isPruned(run: string): Promise<boolean> {
    const value = await this.#guarded(async () => this.#storage.get(runKey(run)));
    return value !== undefined && parseSummary(textOf(value))?.state.prunedAt !== undefined;
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translate(error, this.#location);
    }
  }
}

/** Reads a stored event. */
export function placed({ stream: run, version: seq, position, time, body, hash }: StorageEvent, location: string): PlacedEvent {
  const event = parse(body);
  if (!event) throw damaged(location, `event ${seq} of run ${run} is unreadable`);
  return { position, run, seq, time, hash, event };
}
