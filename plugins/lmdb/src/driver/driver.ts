import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type {
  Ends,
  EventFilter,
  EventPage,
  KeyRange,
  StorageDriver,
  StorageEntry,
  StorageEvent,
  StorageFacts,
  StorageReader,
  StorageTransaction,
  TransactionOptions,
} from '@toka/sdk';
import { checkRecords } from '../check/records.ts';
import { checkPages } from '../check/pages.ts';
import { translate, unavailable } from '../place/failures.ts';
import { DATA, makeFolder } from '../place/folder.ts';
import { FORMAT } from '../place/format.ts';
import { type Following, type Hint, TreeReader } from '../store/reader.ts';
import type { Store } from '../store/store.ts';
import { TreeWriter } from '../store/writer.ts';
import { inTurn } from './turns.ts';

/** How often a subscriber looks for what other processes have committed. A look costs microseconds. */
const LOOK_MS = 25;

export class LmdbDriver implements StorageDriver {
  readonly #store: Store;
  /** Names the place whatever path leads there. */
  readonly #place: string;
  readonly #hint: Hint = { position: 0 };
  readonly #waiting = new Set<() => void>();
  /** What has to end before it can be closed. */
  readonly #reading = new Set<Promise<unknown>>();

  constructor(store: Store, place: string) {
    this.#store = store;
    this.#place = place;
  }

  read = (stream: string, page: EventPage): StorageEvent[] => this.#now().read(stream, page);
  readAll = (page: EventPage): StorageEvent[] => this.#now().readAll(page);
  ends = (): Ends => this.#now().ends();
  nodes = (positions: readonly number[]): (string | undefined)[] => this.#now().nodes(positions);
  get = (key: string): Uint8Array | undefined => this.#now().get(key);
  list = (range: KeyRange): StorageEntry[] => this.#now().list(range);
  count = (prefix: string): number => this.#now().count(prefix);
  query = (filter: EventFilter, following: Following): StorageEvent[] => this.#now().query(filter, following);

  async transaction<T>(work: (transaction: StorageTransaction) => T | Promise<T>, { durable }: Required<TransactionOptions>): Promise<T> {
    const value = await inTurn(this.#place, () => this.#store.transaction((writing) => work(new TreeWriter(writing, this.#hint)), durable));
    for (const wake of this.#waiting) wake();
    return value;
  }

  async snapshot<T>(work: (reader: StorageReader) => T | Promise<T>): Promise<T> {
    return this.#counted(this.#store.snapshot((reading) => work(new TreeReader(reading, this.#hint))));
  }

  async changed(after: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve: wake, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      try {
        if (signal.aborted || this.ends().events > after) wake();
      } catch (error) {
        reject(error);
      }
    };
    const timer = setInterval(look, LOOK_MS);
    this.#waiting.add(look);
    signal.addEventListener('abort', look);
    try {
      look();
      await promise;
    } finally {
      signal.removeEventListener('abort', look);
      this.#waiting.delete(look);
      clearInterval(timer);
    }
  }

  /** There has been one format so far. */
  describe = (): StorageFacts => ({ format: FORMAT, newestFormat: FORMAT });

  async check(): Promise<string | undefined> {
    return this.#counted(this.#store.snapshot((reading) => checkPages(join(this.#store.folder, DATA)) ?? checkRecords(reading)));
  }

  async backup(target: string): Promise<void> {
    await this.#counted(this.#copy(resolve(target)));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#reading);
    await inTurn(this.#place, () => this.#store.close());
  }

  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#reading.add(work);
    try {
      return await work;
    } finally {
      this.#reading.delete(work);
    }
  }

  async #copy(target: string): Promise<void> {
    try {
      if (lstatSync(target, { throwIfNoEntry: false })) throw taken(target);
      await makeFolder(
        target,
        (made) => this.#store.copy(made),
        () => {
          throw taken(target);
        },
      );
    } catch (error) {
      throw translate(error, target);
    }
  }

  #now(): TreeReader {
    return new TreeReader(this.#store.now(), this.#hint);
  }
}

function taken(target: string): Error {
  return unavailable(target, 'there is something already', 'name a folder that does not exist yet');
}
