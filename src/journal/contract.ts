import type { Awaitable, SearchTerm } from '@toka/sdk';
import type { Blobs } from './blobs.ts';
import type { NoteKey, NoteSigner, SignedCheckpoint } from './checkpoint.ts';
import type { EventLog } from './event-log.ts';
import type { RunEvent, RunPruned, RunStatus, StoredEvent } from './events.ts';
import type { Feed } from './feed.ts';
import type { Audit } from './findings.ts';
import type { RunState } from './reducer.ts';

/** A run as lists show it: `interrupted` is a run without an outcome whose process is gone. */
export interface RunSummary extends Omit<RunState, 'status'> {
  readonly id: string;
  readonly status: RunStatus | 'interrupted';
  /** How many events it has. */
  readonly events: number;
}

export interface RunFilter {
  /** At most so many, newest first. */
  readonly limit: number;
  /** Only runs older than this one: the last id of the page before. */
  readonly before?: string;
  readonly status?: RunSummary['status'];
  readonly tool?: string;
  readonly parent?: string;
  readonly principal?: string;
  /** They were requested then or later, milliseconds since 1970. */
  readonly from?: number;
  /** They were requested before then. */
  readonly to?: number;
}

/** What the record says of a pruning. */
export type PruneNote = Pick<RunPruned, 'rule' | 'by' | 'toka'>;

/** What was pruned, and what was not. */
export interface Pruned {
  readonly runs: readonly string[];
  /** How many events were forgotten, and what they took. */
  readonly events: number;
  readonly blobs: number;
  /** Of events and blobs together. */
  readonly bytes: number;
  /** Runs that are not as they were recorded: what shows that is not pruned. */
  readonly damaged: readonly string[];
}

/** What a verification holds the record against. */
export interface Witnesses {
  /** The keys whose signatures count. */
  readonly keys: readonly NoteKey[];
  /** Checkpoints kept elsewhere. */
  readonly kept: readonly SignedCheckpoint[];
}

/** What is counted beside the events: small texts by key, read and changed in the commit that they belong to. */
export interface Ledger {
  get(key: string): Promise<string | undefined>;
  /** Every entry whose key starts so, by key. */
  list(prefix: string): Promise<{ readonly key: string; readonly value: string }[]>;
  /** `until`: from when on the entry says nothing any more, milliseconds since 1970. */
  put(key: string, value: string, until?: number): Promise<void>;
  remove(key: string): Promise<void>;
  /** Removes what says nothing any more. */
  prune(now: number): Promise<void>;
}

/** One commit in the making. Whatever throws in it, nothing of it is stored. */
export interface Commit {
  readonly ledger: Ledger;
  /** As `Journal.append`. */
  append(run: string, events: readonly RunEvent[], expectedSeq: number, blobs?: Blobs, times?: readonly number[]): Promise<StoredEvent[]>;
}

/** Which of the runs that are found are asked for. */
export interface SearchFilter {
  /** At most so many. */
  readonly limit: number;
  readonly status?: RunSummary['status'];
  readonly tool?: string;
  /** Only those requested at this time or later, milliseconds since 1970. */
  readonly since?: number;
}

/** A piece of what is recorded of a run, in which something occurs that was looked for. */
export interface Passage {
  readonly field: 'tool' | 'params' | 'command' | 'error' | 'denied' | 'data' | 'stderr' | 'stdout';
  /** Plain, on one line. */
  readonly text: string;
  /** Where: begin and end in units of UTF-16, in order. */
  readonly marks: readonly (readonly [number, number])[];
}

export interface FoundRun {
  readonly run: RunSummary;
  /** At least one, that with the most of what was looked for first. */
  readonly passages: readonly Passage[];
}

export interface Searched {
  /** The best first. */
  readonly runs: readonly FoundRun[];
  /** How many events have come since those that were searched. */
  readonly pending: number;
}

export interface CaughtUp {
  /** How many runs were left out because their record cannot be read. */
  readonly unreadable: number;
}

/** Finds runs by words. It follows the record when it is told to: recording pays nothing for it. `TOKA_STORAGE_UNSUPPORTED` where the storage has no search. */
export interface RunSearch {
  /** Finds runs in which all terms occur, among those that it has caught up with. */
  find(terms: readonly SearchTerm[], filter: SearchFilter): Promise<Searched>;
  /** Takes up what was recorded since it was called last, in transactions of bounded size; several may do so at once. */
  catchUp(report: (done: number, all: number) => void): Promise<CaughtUp>;
  /** Forgets all that it has taken up. */
  clear(): Promise<void>;
}

/**
 * The record of all runs. Every method may reject with `TOKA_STATE_UNAVAILABLE` (it cannot be read or written now; the next call tries
 * again) and `TOKA_INTEGRITY` (it is damaged).
 */
export interface Journal {
  /** All events in the order in which they were recorded, also as they come. */
  readonly feed: Feed;
  /** What is counted, as it is now. */
  readonly ledger: Pick<Ledger, 'get' | 'list'>;
  /**
   * Adds events to a run in one commit that is durable when the promise resolves.
   *
   * @param run The run's UUID.
   * @param events At least one, in order.
   * @param expectedSeq How many events the run has so far; 0 for a new one.
   * @param blobs What the events name beyond what is stored already; exactly that.
   * @param times When each of them happened, milliseconds since 1970, none later than now. Default: now.
   * @param count What is counted in the same commit.
   * @returns The events as stored.
   * @throws TokaError `TOKA_EVENT_CONFLICT` if the run has another number of events, `TOKA_EVENT_INVALID` for a field outside its limits,
   *   `TOKA_EVENT_ILLEGAL` for an event that cannot come next. Nothing is stored then.
   */
  append(run: string, events: readonly RunEvent[], expectedSeq: number, blobs?: Blobs, times?: readonly number[], count?: (ledger: Ledger) => Awaitable<void>): Promise<StoredEvent[]>;
  /**
   * Does several things in one commit, while no other process writes.
   *
   * @param work Is called once, and uses nothing of the journal but what it is given; what it returns is returned.
   * @param options `durable: false` saves the wait for the disk: a crash of the machine may then undo the commit, nothing else can.
   */
  commit<T>(work: (commit: Commit) => Awaitable<T>, options?: { readonly durable?: boolean }): Promise<T>;
  /** All events of a run in order, or those after the first so many. Throws `TOKA_RUN_UNKNOWN` where there is none, `TOKA_RUN_PRUNED` where they were pruned. */
  read(run: string, after?: number): Promise<StoredEvent[]>;
  /** The bytes of a blob, checked against their hash. Throws `TOKA_INTEGRITY` where they are missing or changed. */
  blob(sha256: string): Promise<Uint8Array>;
  /** One page of runs, newest first. */
  runs(filter: RunFilter): Promise<RunSummary[]>;
  /** The summary of a run. Throws `TOKA_RUN_UNKNOWN`. */
  run(id: string): Promise<RunSummary>;
  /** The direct children of a run, oldest first. */
  children(run: string): Promise<RunSummary[]>;
  /** The only run whose id starts so. Throws `TOKA_RUN_UNKNOWN` where there is none or more than one. */
  findRun(idPrefix: string): Promise<string>;
  /** Checks all events against the log, the chains, the checkpoints, the summaries and the blobs. */
  verify(witnesses?: Witnesses): Promise<Audit>;
  /** What finds runs by words. */
  search(): Promise<RunSearch>;
  /** Reads from the log, all within one moment. */
  consult<T>(read: (log: EventLog) => Awaitable<T>): Promise<T>;
  /**
   * Forgets all of some runs but their summaries and hashes, and the blobs that no other run names. Each is pruned as a whole, with an event
   * that says so, or not at all. Those that were pruned before are passed over.
   *
   * @param report Is told how many were gone through.
   * @throws TokaError `TOKA_RUN_UNKNOWN`; `TOKA_RUN_ACTIVE` where one, or one above it, has not ended; `TOKA_STORAGE_UNSUPPORTED`. Runs named before it are pruned.
   */
  prune(runs: readonly string[], note: PruneNote, report?: (done: number) => void): Promise<Pruned>;
  /** Signs what the log is now, and stores the checkpoint. Throws `TOKA_STATE_UNAVAILABLE` where nothing is recorded yet. */
  checkpoint(signer: NoteSigner): Promise<SignedCheckpoint>;
  close(): Promise<void>;
}
