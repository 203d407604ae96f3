/** A value, or a promise of it: a backend in this process may answer at once, one on a network cannot. `await` serves both. */
export type Awaitable<T> = T | Promise<T>;

/** An event to be stored. The backend keeps all of it as it is and looks into nothing but two members of `body`. */
export interface NewEvent {
  /** Makes appending it once more harmless: unique within its stream, 1 to 200 characters. Without one it is always a new event. */
  readonly key?: string;
  /** Milliseconds since 1970, a whole number; what it says is the caller's affair, it may go backwards. */
  readonly time: number;
  /** The text of a JSON object. Queries look at its members `type` and `principal`. At least 4 MiB must be possible. */
  readonly body: string;
  /** Lower-case hex, opaque: the chain of its stream up to and with it. */
  readonly hash: string;
  /** Lower-case hex, opaque: what the log over all events keeps under its position. */
  readonly nodes: string;
}

/** An event as it was stored. `nodes` is empty where somebody has taken them out behind the backend's back. */
export interface StorageEvent extends NewEvent {
  readonly stream: string;
  /** Counts from 1 in its stream, without gaps. */
  readonly version: number;
  /** Counts from 1 over all streams, without gaps, in the order of the commits. */
  readonly position: number;
}

/** Where an append has put its events. */
export interface Appended {
  /** Of the first of them. */
  readonly position: number;
  /** Of the first of them. */
  readonly version: number;
  /** Whether they were there already, by their keys: nothing was stored then. */
  readonly known: boolean;
}

/** A key with its value. */
export interface StorageEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** As it was put. */
  readonly until?: number;
}

/** What is listed: keys that begin with `prefix`, in the order of their UTF-8 bytes. */
export interface KeyRange {
  readonly prefix: string;
  /** Only keys beyond this one: greater or, where `reverse` is set, smaller. */
  readonly after?: string;
  /** Greatest first. Default false. */
  readonly reverse?: boolean;
  /** At most so many. */
  readonly limit: number;
}

/** A page of events: those whose version or position is greater than `after`, at most `limit` of them. */
export interface EventPage {
  /** Default 0. */
  readonly after?: number;
  readonly limit: number;
}

/** How far the record goes. The two are equal unless somebody has changed it behind the backend's back. */
export interface Ends {
  /** The last position that has an event; 0 while there is none. */
  readonly events: number;
  /** The last position that has nodes; 0 while there is none. */
  readonly nodes: number;
}

/** Reading. Everything that was committed before the call is seen; nothing of a transaction that is not committed is, but by itself. */
export interface StorageReader {
  /** Events of a stream in the order of their versions; none for a stream that does not exist. */
  read(stream: string, page: EventPage): Awaitable<StorageEvent[]>;
  /** Events of all streams in the order of their positions. */
  readAll(page: EventPage): Awaitable<StorageEvent[]>;
  ends(): Awaitable<Ends>;
  /** The nodes at each of some positions, in that order; undefined where there are none. At most 1,000 positions. */
  nodes(positions: readonly number[]): Awaitable<(string | undefined)[]>;
  get(key: string): Awaitable<Uint8Array | undefined>;
  /** An entry whose `until` has passed is listed like any other, until it is pruned. */
  list(range: KeyRange): Awaitable<StorageEntry[]>;
  /** How many keys begin so. */
  count(prefix: string): Awaitable<number>;
}

/** What can be changed in one commit. */
export interface StorageWriter {
  /**
   * Adds events to a stream. Their positions follow `ends().events`.
   *
   * @param stream 1 to 200 characters; it comes to be with its first event.
   * @param events At least one. If the first has a key that the stream knows, all must have the keys of the events that stand there from
   *   that one on: then nothing is stored, and `known` is set, whatever `expectedVersion` is.
   * @param expectedVersion How many events the stream has.
   * @throws `STORAGE_CONFLICT` if it has another number of events, or knows some of the keys but not as above.
   */
  append(stream: string, events: readonly NewEvent[], expectedVersion: number): Awaitable<Appended>;
  /**
   * Sets the value of a key, instead of any that it had.
   *
   * @param key 1 to 1,500 bytes of UTF-8.
   * @param value At least 64 MiB must be possible.
   * @param until From when on it counts for nothing, milliseconds since 1970. Default: always counts.
   */
  put(key: string, value: Uint8Array, until?: number): Awaitable<void>;
  /** Removes a key; one that is not there is no error. */
  remove(key: string): Awaitable<void>;
  /** Removes every entry whose `until` is not later than `now`. A backend has no clock of its own. */
  prune(now: number): Awaitable<void>;
  /**
   * Replaces the bodies of the first events of a stream by `FORGOTTEN`; all else of them stays, and so do their places. Needs `supports.forget`.
   *
   * @param until The version of the last of them; a stream that has fewer, or that is not there, is no error.
   */
  forget(stream: string, until: number): Awaitable<void>;
}

/**
 * The body of an event that was forgotten.
 *
 * @example
 * FORGOTTEN; // '{}'
 */
export const FORGOTTEN = '{}';

/**
 * Texts that are found by their words. They follow from what else is stored, so a copy of a storage need not have them; a backend makes
 * room for them with the first.
 */
export interface Documents {
  /**
   * Sets the text by which a document is found, instead of any that it had. The text itself need not be kept.
   *
   * @param id 1 to 200 characters.
   * @param text At most 100,000 characters. The author of a backend gets its words alone (`wordsOf`), with a space between them.
   */
  put(id: string, text: string): Awaitable<void>;
  /** Removes a document; one that is not there is no error. */
  remove(id: string): Awaitable<void>;
  /** Removes all of them, and the mark. */
  clear(): Awaitable<void>;
  /** What `mark` was given last; empty in the beginning. */
  marked(): Awaitable<string>;
  /** Keeps a note beside the documents, up to where they follow for instance: at most 200 characters. */
  mark(note: string): Awaitable<void>;
}

/** What occurs in a text: a word, or words that follow one another. */
export interface SearchTerm {
  /** At least one word, at most 1,000 characters. The author of a backend gets its words alone (`wordsOf`), with a space between them. */
  readonly text: string;
  /** Whether the last word need only begin so. Default false. */
  readonly prefix?: boolean;
}

/** Which of the documents that were found. */
export interface SearchPage {
  readonly limit: number;
  /** So many of the best are left out. Default 0. Documents that are put in between may shift the pages. */
  readonly skip?: number;
}

/** A document in which all terms of a search occur. */
export interface SearchHit {
  readonly id: string;
  /** The greater the better it fits, by the backend's own measure: it compares with others of the same answer only. */
  readonly rank: number;
}

/** What a search has found. */
export interface SearchResult {
  /** The best first; of equal ones that with the greater id, by its UTF-8 bytes. */
  readonly hits: readonly SearchHit[];
  /** As `Documents.marked`, of the same moment. */
  readonly mark: string;
}

/** A commit in the making: it sees what it has written itself. After it has ended, every call is `STORAGE_CLOSED`. */
export interface StorageTransaction extends StorageReader, StorageWriter {
  /** There where `supports.search` is declared. */
  readonly documents?: Documents;
}

/** What a driver gives to the work of a transaction: without `forget` where it cannot do that. */
export type DriverTransaction = Omit<StorageTransaction, 'forget'> & Partial<Pick<StorageTransaction, 'forget'>>;

/** Which events are asked for: those that meet all of it. */
export interface EventFilter {
  /** The member `type` of the body. */
  readonly kind?: string;
  /** The member `principal` of the body. */
  readonly principal?: string;
  readonly stream?: string;
  /** Their `time` is this or later. */
  readonly from?: number;
  /** Their `time` is before this. */
  readonly to?: number;
  /** The body contains this text, character by character. Needs `supports.text`. */
  readonly text?: string;
}

/** One page of a query. */
export interface QueryPage {
  readonly limit: number;
  /** Of the page before, from a query with the same filter and order. */
  readonly cursor?: string;
  /** By their positions. Default `oldest` first. */
  readonly order?: 'oldest' | 'newest';
}

/** A page of what was asked for. */
export interface QueryResult {
  readonly events: readonly StorageEvent[];
  /** Where the next page begins, which may turn out to be empty; absent where there is none. It stays good whatever is appended, and in other processes. */
  readonly cursor?: string;
}

/** What a subscriber is given: events that follow one another without a gap, and how many more there are already. */
export interface Batch {
  readonly events: readonly StorageEvent[];
  readonly lag: number;
}

/** What a backend can do beyond what every one must. What is not declared is refused with `STORAGE_UNSUPPORTED`. */
export interface StorageSupports {
  /** What was acknowledged survives the end of the process, also by kill -9 and, unless `durable: false` was asked for, a power cut. */
  readonly durable: boolean;
  /** Several processes may use the same place at once; their transactions come one after the other. Otherwise opening it twice is `STORAGE_UNAVAILABLE`. */
  readonly processes: boolean;
  /** `query` by `text`. */
  readonly text: boolean;
  readonly subscribe: boolean;
  readonly check: boolean;
  readonly compact: boolean;
  readonly backup: boolean;
  /** Finding documents by words. Default false. */
  readonly search?: boolean;
  /** `forget`, by which the journal prunes runs. */
  readonly forget: boolean;
}

/**
 * A place where events and entries are kept. Errors have codes: `STORAGE_CONFLICT`, `STORAGE_CURSOR` (a cursor of another query, or none),
 * `STORAGE_UNSUPPORTED`, `STORAGE_READ_ONLY`, `STORAGE_CLOSED`, `STORAGE_INVALID` (an argument outside its limits),
 * `STORAGE_UNAVAILABLE` (it cannot be used now: locked, full, not reachable, of a newer version; the next call tries again) and
 * `STORAGE_DAMAGED` (it is not what it should be). A call may throw at once or return a promise that rejects.
 */
export interface StorageBackend extends StorageReader, StorageWriter {
  readonly id: string;
  readonly supports: StorageSupports;
  /**
   * Does several things in one commit that is durable when the promise resolves. No other transaction, of whatever process, runs meanwhile.
   * If `work` throws, nothing of it stays, and its error comes out.
   *
   * @param work Is called once, with the only thing it may use: whoever calls the backend itself in it may wait for ever.
   * @param options `durable: false` allows to save the wait for the disk: a power cut may then undo the commit with all later ones
   *   like it, nothing else can.
   */
  transaction<T>(work: (transaction: StorageTransaction) => Awaitable<T>, options?: TransactionOptions): Promise<T>;
  /** Reads several things of one moment. The same rule for `work`. */
  snapshot<T>(work: (reader: StorageReader) => Awaitable<T>): Promise<T>;
  query(filter: EventFilter, page: QueryPage): Promise<QueryResult>;
  /**
   * Finds documents in which all of the terms occur.
   *
   * @param terms 1 to 32.
   * @throws `STORAGE_INVALID` for a term without a word. Needs `supports.search`.
   */
  search(terms: readonly SearchTerm[], page: SearchPage): Promise<SearchResult>;
  /**
   * Gives all events after a position, those of other processes too, each once and in order: first those that are there, then those that
   * come, until `signal` or the end of the loop. Needs `supports.subscribe`.
   */
  subscribe(options?: SubscribeOptions): AsyncIterable<Batch>;
  /** Looks for damage of its own structure, which could hide something. Returns what is wrong; undefined if nothing is. Needs `supports.check`. */
  check(): Promise<string | undefined>;
  /** Gives space back that nothing uses any more. Nothing is lost. Needs `supports.compact`. */
  compact(): Promise<void>;
  /** Writes all of one moment to a new file or folder, which can be opened in its place, while others go on writing. Needs `supports.backup`. */
  backup(target: string): Promise<void>;
  /** Tells what is known of it beyond its content; a backend that tells nothing gives no facts. */
  describe(): Promise<StorageFacts>;
  /** Ends subscriptions and lets everything go. Once more is no error. */
  close(): Promise<void>;
}

/** What a backend says of a storage as it stands there. */
export interface StorageFacts {
  /** The version of the format that it has there: one that is only read may be of an older one. */
  readonly format?: number;
  /** The version that this backend writes. */
  readonly newestFormat?: number;
  /** What it takes, where its location is no path. */
  readonly bytes?: number;
  /** By which settings, as they were read back, it keeps what was acknowledged. */
  readonly durability?: string;
}

/** How a commit is made. */
export interface TransactionOptions {
  /** Default true. */
  readonly durable?: boolean;
}

/** From where on, and until when. */
export interface SubscribeOptions {
  /** Default 0. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/** What a backend is opened with. */
export interface StorageOptions {
  /** Where: a file, a folder or an address, as the backend says. Never with a password in it. */
  readonly location: string;
  /** Nothing is changed; where there is nothing, it is empty and stays so. Default false. */
  readonly readOnly?: boolean;
  /** Of a location that is a path: a folder above it below which no folder may be a symlink. */
  readonly root?: string;
}

/**
 * What the author of a backend writes. Arguments are checked before, a closed one is never called, nor what `supports` does not declare.
 * Errors are made with `coded('STORAGE_…')`.
 */
export interface StorageDriver extends StorageReader {
  /** As `StorageBackend.transaction`. */
  transaction<T>(work: (transaction: DriverTransaction) => Awaitable<T>, options: Required<TransactionOptions>): Promise<T>;
  /** As `StorageBackend.append`, durable, where that is quicker than a transaction around it. */
  append?(stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<Appended>;
  /** As `StorageBackend.snapshot`. */
  snapshot<T>(work: (reader: StorageReader) => Awaitable<T>): Promise<T>;
  /** Events that meet the filter, beyond the position `after` (0: from the beginning or, for `newest`, from the end), in that order. */
  query(filter: EventFilter, page: { readonly after: number; readonly limit: number; readonly order: 'oldest' | 'newest' }): Awaitable<StorageEvent[]>;
  /** As `StorageBackend.search`. */
  search?(terms: readonly Required<SearchTerm>[], page: Required<SearchPage>): Awaitable<SearchResult>;
  /** Resolves when there may be events after a position, of whatever process, or when the signal says so. */
  changed?(after: number, signal: AbortSignal): Promise<void>;
  /** As `StorageBackend.check`, `compact`, `backup`. */
  check?(): Awaitable<string | undefined>;
  compact?(): Awaitable<void>;
  backup?(target: string): Awaitable<void>;
  /** As `StorageBackend.describe`. */
  describe?(): Awaitable<StorageFacts>;
  close(): Awaitable<void>;
}

/** What the author of a backend writes. */
export interface StorageDefinition {
  /** By which configuration names it. */
  readonly id: string;
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  readonly supports: StorageSupports;
  /** @throws `STORAGE_UNAVAILABLE`, `STORAGE_DAMAGED` */
  open(options: StorageOptions): Awaitable<StorageDriver>;
}

/** A defined backend, ready to be opened. */
export interface Storage {
  readonly id: string;
  readonly summary: string;
  readonly supports: StorageSupports;
  open(options: StorageOptions): Promise<StorageBackend>;
}
