import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { nativeDigest } from '../digest.ts';
import { leafHash, type Link } from './chain.ts';
import { appendLeaf, completedBy, EMPTY_RANGE, type Hash, HASH_BYTES, type Hasher, type Range, type ReadNode, readRange } from './merkle.ts';

/** Thrown where the log does not fit the events; what it says is said of the journal's file. */
export class LogFault extends Error {}

/**
 * The Merkle log over all events of a journal. Its leaves are the events by their position; with each stand the nodes that it completes, so
 * that the peaks and any proof are read in a few rows, and that it is clear which leaf a node should fit.
 */
export class Log {
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  /** The tree after the last append of this connection; whether others have appended since is told by the next position. */
  #last: Range | undefined;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare('SELECT nodes FROM log WHERE position = ?');
    this.#put = db.prepare('INSERT INTO log (position, nodes) VALUES (?, ?)');
  }

  /** Adds the leaf of the event that was just stored at a position, in the same transaction. */
  append(position: number, leaf: Hash, hash?: Hasher): void {
    const before = this.#last?.size === position - 1 ? this.#last : readRange(position - 1, this.read);
    const { range, nodes } = appendLeaf(before, leaf, hash);
    this.#put.run(position, nodes.length === 1 ? leaf : Buffer.concat(nodes));
    this.#last = range;
  }

  /** To be called when a transaction was rolled back: others may then append other events at the same positions. */
  forget(): void {
    this.#last = undefined;
  }

  /** Reads a node: it stands with the last leaf below it. */
  readonly read: ReadNode = (level, index) => {
    const position = (index + 1) * 2 ** level;
    const row = this.#find.get(position) as { nodes: Uint8Array } | undefined;
    if (row?.nodes.byteLength !== completedBy(position) * HASH_BYTES) {
      throw new LogFault(`the log of events has ${row ? 'a damaged row' : 'no row'} ${position}`);
    }
    return row.nodes.subarray(level * HASH_BYTES, (level + 1) * HASH_BYTES);
  };
}

/** Makes the log of a journal that had none. */
export function fillLog(db: DatabaseSync): void {
  const log = new Log(db);
  let size = EMPTY_RANGE.size;
  const events = db.prepare('SELECT position, run, seq, time, body FROM events ORDER BY position').iterate();
  for (const { position, ...link } of events as Iterable<Link & { readonly position: number }>) {
    size += 1;
    if (position !== size) throw new LogFault(`event ${size} of all is missing`);
    log.append(position, leafHash(link, nativeDigest()), nativeDigest());
  }
}
