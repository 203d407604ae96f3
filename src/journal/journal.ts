import { type Awaitable, FORGOTTEN, type Storage, type StorageBackend, type StorageEvent, type StorageReader, type StorageTransaction } from '@toka/sdk';
import { hexDigest } from '../digest.ts';
import type { Blobs } from './blobs.ts';
import { chainHash, GENESIS, leafHash } from './chain.ts';
import { type NoteSigner, parseCheckpoint, signCheckpoint, type SignedCheckpoint } from './checkpoint.ts';
import type { Commit, Journal, Ledger, Pruned, PruneNote, RunFilter, RunSearch, RunSummary, Witnesses } from './contract.ts';
import { EventLog } from './event-log.ts';
import type { RunEvent, StoredEvent } from './events.ts';
import { ambiguous, conflict, damaged, pruned, translate, unavailable, unknown } from './failures.ts';
import { Feed, placed } from './feed.ts';
import type { Audit } from './findings.ts';
import type { Clock } from './ids.ts';
import { blobKey, checkpointKey, childKey, childrenOf, parseSummary, printSummary, runKey, RUNS, type Summary, textOf } from './keys.ts';
import { ledgerOf, readLedger } from './ledger.ts';
import { admit, type Admitted, BLOB_LIMIT, blobsOf, checkRunId, invalid } from './limits.ts';
import { Log } from './log.ts';
import { eachEntry, everyEntry, everyEvent } from './pages.ts';
import { isGone } from './process.ts';
import { isOver, reduce, type RunState } from './reducer.ts';
import { sqliteStorage } from './sqlite/storage.ts';

export type { Journal } from './contract.ts';

export interface JournalOptions {
  readonly clock: Clock;
  /** What keeps it. Default: one SQLite file. */
  readonly storage?: Storage;
  /** Change nothing; where nothing is, be an empty journal. Default false. */
  readonly readOnly?: boolean;
  /** Of a location that is a path: a folder above it (the project's) below which no folder may be a symlink. */
  readonly root?: string;
}

/**
 * Opens the journal at a location, or makes it there.
 *
 * @param location What the storage takes: of SQLite the file, absolute, whose folder is made (0700) where it is missing.
 * @param options The clock, what keeps it, and how to open.
 * @returns The journal, which waits up to 30 seconds for other processes' writes.
 * @throws TokaError `TOKA_STATE_UNAVAILABLE` where it cannot be used (read-only, full disk, locked, a symlink, someone else's, newer
 *   than this toka), `TOKA_INTEGRITY` where it is damaged or not exactly a journal of toka; nothing is overwritten then.
 * @example
 * const journal = await openJournal(join(root, '.toka/state/journal.db'), { clock: systemClock, root });
 */
export async function openJournal(location: string, { clock, storage = sqliteStorage, ...options }: JournalOptions): Promise<Journal> {
  try {
    return journalOn(await storage.open({ location, ...options }), location, clock);
  } catch (error) {
    throw translate(error, location);
  }
}

/** The journal on a storage that is open already. */
export function journalOn(storage: StorageBackend, location: string, clock: Clock): Journal {
  return new StoredJournal(storage, location, clock);
}

/** A run before its first event. */
const UNBEGUN: Omit<Summary, 'state'> & { readonly state: RunState | undefined } = { head: 0, hash: Buffer.from(GENESIS).toString('hex'), state: undefined };

/** Events that were checked and may be stored. */
interface Addition {
  readonly run: string;
  readonly events: readonly (Admitted & { readonly time: number })[];
  readonly blobs: Blobs;
}

class StoredJournal implements Journal {
  readonly feed: Feed;
  readonly ledger: Journal['ledger'];
  readonly #storage: StorageBackend;
  readonly #location: string;
  readonly #clock: Clock;
  readonly #log = new Log();

  constructor(storage: StorageBackend, location: string, clock: Clock) {
    this.#storage = storage;
    this.#location = location;
    this.#clock = clock;
    this.feed = new Feed(storage, location);
    const { get, list } = readLedger(storage);
    this.ledger = { get: async (key) => this.#guarded(async () => get(key)), list: async (prefix) => this.#guarded(async () => list(prefix)) };
  }

  async append(
    run: string,
    events: readonly RunEvent[],
    expectedSeq: number,
    blobs: Blobs = new Map(),
    times: readonly number[] = [],
    count?: (ledger: Ledger) => Awaitable<void>,
  ): Promise<StoredEvent[]> {
    const addition = this.#prepare(run, events, blobs, times);
    return this.#transaction(async (transaction) => {
      if (count) await count(ledgerOf(transaction));
      return this.#add(transaction, addition, expectedSeq);
    });
  }

  async commit<T>(work: (commit: Commit) => Awaitable<T>, { durable = true }: { readonly durable?: boolean } = {}): Promise<T> {
    return this.#transaction(
      (transaction) =>
        work({
          ledger: ledgerOf(transaction),
          append: async (run, events, expectedSeq, blobs = new Map(), times = []) => this.#add(transaction, this.#prepare(run, events, blobs, times), expectedSeq),
        }),
      durable,
    );
  }

  async read(run: string, after = 0): Promise<StoredEvent[]> {
    return this.#guarded(async () => {
      const events = await everyEvent(this.#storage, run, after);
      if (events.length === 0) throw unknown(run);
      if (events.some(({ body }) => body === FORGOTTEN) && (await this.run(run)).prunedAt !== undefined) throw pruned(run);
      return events.map((event, index) => this.#toStored(event, after + index + 1));
    });
  }

  async blob(sha256: string): Promise<Uint8Array> {
    return this.#guarded(async () => {
      const bytes = await this.#storage.get(blobKey(sha256));
      if (!bytes || hexDigest(bytes) !== sha256) throw damaged(this.#location, `blob ${sha256} is ${bytes ? 'changed' : 'missing'}`);
      return bytes;
    });
  }

  async runs({ limit, before, ...filter }: RunFilter): Promise<RunSummary[]> {
    if (limit < 1) return [];
    const isAll = Object.keys(filter).length === 0;
    const range = { prefix: RUNS, reverse: true, after: before === undefined ? undefined : runKey(before), ...(isAll ? { page: limit } : {}) };
    return this.#guarded(async () => {
      const found: RunSummary[] = [];
      for await (const { key, value } of eachEntry(this.#storage, range)) {
        const summary = this.#toSummary(key, value);
        if (meets(summary, filter)) found.push(summary);
        if (found.length >= limit) break;
      }
      return found;
    });
  }

  async run(id: string): Promise<RunSummary> {
    return this.#guarded(async () => {
      const value = id === '' ? undefined : await this.#storage.get(runKey(id));
      if (!value) throw unknown(id);
      return this.#toSummary(runKey(id), value);
    });
  }

  async children(run: string): Promise<RunSummary[]> {
    return this.#guarded(async () => {
      const ids = (await everyEntry(this.#storage, childrenOf(run))).map(({ key }) => key.slice(childrenOf(run).length));
      const found = await Promise.all(ids.map(async (id) => ({ key: runKey(id), value: await this.#storage.get(runKey(id)) })));
      return found.flatMap(({ key, value }) => (value ? [this.#toSummary(key, value)] : [])).filter(({ parent }) => parent === run);
    });
  }

  async findRun(idPrefix: string): Promise<string> {
    const prefix = idPrefix.toLowerCase();
    if (!/^[0-9a-f-]{1,36}$/.test(prefix)) throw unknown(idPrefix);
    return this.#guarded(async () => {
      const ids = (await this.#storage.list({ prefix: runKey(prefix), limit: 6 })).map(({ key }) => key.slice(RUNS.length));
      if (ids.length > 1) throw ambiguous(idPrefix, ids);
      if (ids[0] === undefined) throw unknown(idPrefix);
      return ids[0];
    });
  }

  async verify(witnesses: Witnesses = { keys: [], kept: [] }): Promise<Audit> {
    return this.#guarded(async () => {
      const { verify } = await import('./verify.ts');
      const found = await this.#storage.snapshot((reader) => verify(reader, witnesses));
      // A damaged index, for instance, by which events could be overlooked.
      const structure = found.ok && this.#storage.supports.check ? await this.#storage.check() : undefined;
      if (structure !== undefined) throw damaged(this.#location, structure);
      return found;
    });
  }

  async search(): Promise<RunSearch> {
    const { StoredSearch } = await import('./search/search.ts');
    return new StoredSearch(this.#storage, this.#location, this);
  }

  async consult<T>(read: (log: EventLog) => Awaitable<T>): Promise<T> {
    return this.#guarded(() => this.#storage.snapshot((reader) => read(new EventLog(reader))));
  }

  async prune(runs: readonly string[], note: PruneNote, report: (done: number) => void = () => {}): Promise<Pruned> {
    const { pruneRuns } = await import('./prune.ts');
    return pruneRuns(runs, note, {
      snapshot: (work) => this.#guarded(() => this.#storage.snapshot(work)),
      transaction: (work) => this.#transaction(work),
      append: async (transaction, run, event, expectedSeq) => void (await this.#add(transaction, this.#prepare(run, [event], new Map(), []), expectedSeq)),
      report,
    });
  }

  async checkpoint(signer: NoteSigner): Promise<SignedCheckpoint> {
    return this.#transaction(async (transaction) => {
      const log = new EventLog(transaction);
      const size = await log.size();
      if (size === 0) throw unavailable(this.#location, 'nothing is recorded in it yet', 'there is something to sign after the first run');
      const note = signCheckpoint(await log.tree(size), signer);
      await transaction.put(checkpointKey(size), Buffer.from(note));
      return parseCheckpoint(note);
    });
  }

  async close(): Promise<void> {
    await this.#storage.close();
  }

  /** What takes time is done before the lock is held. */
  #prepare(run: string, events: readonly RunEvent[], blobs: Blobs, times: readonly number[]): Addition {
    checkRunId(run);
    if (events.length === 0) throw invalid('expected at least one event, found none');
    const admitted = events.map(admit);
    checkBlobs(events, blobs);
    const now = Math.trunc(this.#clock.now());
    return { run, events: admitted.map((one, at) => ({ ...one, time: Math.min(now, Math.trunc(times[at] ?? now)) })), blobs };
  }

  async #add(transaction: StorageTransaction, { run, events, blobs }: Addition, expectedSeq: number): Promise<StoredEvent[]> {
    const before = await this.#summaryOf(transaction, run);
    if (before.head !== expectedSeq) throw conflict(run, expectedSeq, before.head);
    await storeBlobs(
      transaction,
      events.map(({ event }) => event),
      blobs,
    );
    await this.#log.join(transaction);
    let chain: Uint8Array = Buffer.from(before.hash, 'hex');
    let { state } = before;
    const added = events.map(({ event, body, time }, index) => {
      state = reduce(state, event, time);
      const leaf = leafHash({ run, seq: before.head + index + 1, time, body });
      chain = chainHash(chain, leaf);
      return { time, body, hash: hex(chain), nodes: this.#log.append(leaf) };
    });
    await transaction.append(run, added, before.head);
    const summary = { head: before.head + added.length, hash: hex(chain), state: state as RunState };
    await transaction.put(runKey(run), Buffer.from(printSummary(summary)));
    if (before.head === 0 && summary.state.parent !== undefined) await transaction.put(childKey(summary.state.parent, run), new Uint8Array(0));
    return events.map(({ event }, index) => ({ run, seq: before.head + index + 1, time: added[index]?.time ?? 0, hash: added[index]?.hash ?? '', event }));
  }

  async #summaryOf(reader: StorageReader, run: string): Promise<typeof UNBEGUN> {
    const value = await reader.get(runKey(run));
    return value ? this.#parse(run, value) : UNBEGUN;
  }

  #toStored(stored: StorageEvent, expected: number): StoredEvent {
    if (stored.version !== expected) throw damaged(this.#location, `event ${expected} of run ${stored.stream} is missing`);
    const { run, seq, time, hash, event } = placed(stored, this.#location);
    return { run, seq, time, hash, event };
  }

  #toSummary(key: string, value: Uint8Array): RunSummary {
    const id = key.slice(RUNS.length);
    const { head, state } = this.#parse(id, value);
    const interrupted = state.status === 'running' && (isOver(state) || isGone(state.process));
    return { id, ...state, ...(interrupted && { status: 'interrupted' as const }), events: head };
  }

  #parse(run: string, value: Uint8Array): Summary {
    const summary = parseSummary(textOf(value));
    if (!summary) throw damaged(this.#location, `the summary of run ${run} is unreadable`);
    return summary;
  }

  async #transaction<T>(work: (transaction: StorageTransaction) => Awaitable<T>, durable = true): Promise<T> {
    return this.#guarded(async () => {
      try {
        return await this.#storage.transaction(work, { durable });
      } catch (error) {
        this.#log.forget();
        throw error;
      }
    });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translate(error, this.#location);
    }
  }
}

function meets(run: RunSummary, { status, tool, parent, principal, from = -Infinity, to = Infinity }: Omit<RunFilter, 'limit' | 'before'>): boolean {
  const wanted = [[status, run.status], [tool, run.tool], [parent, run.parent], [principal, run.principal]];
  return wanted.every(([expected, found]) => expected === undefined || expected === found) && run.requestedAt >= from && run.requestedAt < to;
}

function checkBlobs(events: readonly RunEvent[], blobs: Blobs): void {
  const named = new Set(events.flatMap(blobsOf).map(({ blob }) => blob));
  for (const [sha256, bytes] of blobs) {
    if (!named.has(sha256)) throw invalid(`expected only blobs that an event names, found ${sha256}`);
    if (bytes.byteLength > BLOB_LIMIT) throw invalid(`expected blobs of at most ${BLOB_LIMIT} bytes, found ${bytes.byteLength}`);
    if (hexDigest(bytes) !== sha256) throw invalid(`expected a blob by its SHA-256, found other bytes under ${sha256}`);
  }
}

async function storeBlobs(transaction: StorageTransaction, events: readonly RunEvent[], blobs: Blobs): Promise<void> {
  for (const { blob } of events.flatMap(blobsOf)) {
    if ((await transaction.count(blobKey(blob))) > 0) continue;
    const bytes = blobs.get(blob);
    if (!bytes) throw invalid(`expected the bytes of blob ${blob}, found none`);
    await transaction.put(blobKey(blob), bytes);
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
