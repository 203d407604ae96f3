import type { DatabaseSync } from 'node:sqlite';
import { unavailable } from './failures.ts';
import { leafHash, type Link } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import { Log, LogFault } from './log.ts';
import { type Hash, inclusionProof, readRange, rootOf } from './merkle.ts';

/** An event by its place among all events. */
export interface LogEntry extends Link {
  /** From 1. */
  readonly position: number;
  /** The chain of its run up to and with it, lower-case hex. */
  readonly hash: string;
}

const SELECT = 'SELECT position, run, seq, time, body, lower(hex(hash)) AS hash FROM events';

/** The log over all events as it is read: entries, states of the tree, proofs, stored checkpoints. */
export class EventLog {
  readonly #db: DatabaseSync;
  readonly #file: string;

  constructor(db: DatabaseSync, file: string) {
    this.#db = db;
    this.#file = file;
  }

  entry(position: number): LogEntry | undefined {
    return this.#db.prepare(`${SELECT} WHERE position = ?`).get(position) as LogEntry | undefined;
  }

  entries(run: string): LogEntry[] {
    return this.#db.prepare(`${SELECT} WHERE run = ? ORDER BY seq`).all(run) as unknown as LogEntry[];
  }

  /** How many events it covers. */
  get size(): number {
    this.#demandLog();
    return Number(this.#db.prepare('SELECT max(position) AS last FROM log').get()?.['last'] ?? 0);
  }

  /** Which log it is: its first event, whose id is random, gives the name. Undefined while it is empty. */
  get origin(): string | undefined {
    const leaf = hasLog(this.#db) && this.size > 0 ? new Log(this.#db).read(0, 0) : this.#firstLeaf();
    return leaf && `toka/journal/${Buffer.from(leaf).toString('hex').slice(0, 32)}`;
  }

  /** The tree when it had so many leaves, at least one. */
  tree(size: number): Checkpoint {
    const { origin } = this;
    if (origin === undefined || size < 1 || size > this.size) throw new LogFault(`the log of events has ${this.size} rows, not ${size}`);
    return { origin, size, root: rootOf(readRange(size, new Log(this.#db).read)) };
  }

  /** The audit path of the event at a position in the tree of that size. */
  inclusion(position: number, size: number): Hash[] {
    this.#demandLog();
    return inclusionProof(position - 1, size, new Log(this.#db).read);
  }

  /** The stored notes by the size of their tree, smallest first. */
  checkpoints(): { readonly size: number; readonly note: string }[] {
    if (!hasLog(this.#db)) return [];
    return this.#db.prepare('SELECT size, note FROM checkpoints ORDER BY size').all() as { size: number; note: string }[];
  }

  #firstLeaf(): Hash | undefined {
    const first = this.entry(1);
    return first && leafHash(first);
  }

  /** A journal of format 1 gets its log when it is next written to. */
  #demandLog(): void {
    if (!hasLog(this.#db)) throw unavailable(this.#file, 'it has no log yet, since an older toka wrote it', undefined, 'the next run gives it one');
  }
}

/** Whether a journal has a log; one of format 1 has none. */
export function hasLog(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log'").get() !== undefined;
}
