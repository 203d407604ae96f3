import { coded, type CodedError, type StorageReader } from '@toka/sdk';
import { appendLeaf, completedBy, type Hash, HASH_BYTES, type Range, type ReadNode, readRange, EMPTY_RANGE } from './merkle.ts';

/** Where the log does not fit the events; what it says is said of the journal. */
export function logFault(found: string): CodedError {
  return coded('LOG_FAULT', found);
}

/** A storage gives so many nodes in one call. */
const AT_ONCE = 1000;
const ANY = new Uint8Array(HASH_BYTES);

/** The Merkle log over all events of a journal as it grows. */
export class Log {
  /** As it was after the last append. */
  #range: Range = EMPTY_RANGE;

  /** Goes on from where the log is in a transaction: others may have appended. */
  async join(reader: StorageReader): Promise<void> {
    const { events, nodes } = await reader.ends();
    if (events !== nodes) throw logFault(`there are ${events} events, and a log of ${nodes}`);
    if (this.#range.size !== nodes) this.#range = await rangeOf(reader, nodes);
  }

  /** Adds a leaf. Returns the nodes that it completes, lower-case hex. */
  append(leaf: Hash): string {
    const { range, nodes } = appendLeaf(this.#range, leaf);
    this.#range = range;
    return Buffer.concat(nodes).toString('hex');
  }

  /** To be called when a transaction was undone: others may then append other events at the same positions. */
  forget(): void {
    this.#range = EMPTY_RANGE;
  }
}

/**
 * Computes something from nodes of the Merkle log over all events. Its leaves are the events by their position; with each stand the nodes that
 * it completes: the leaf, then the root of each perfect subtree that ends with it. So the peaks and any proof are read in a few rows, at once.
 *
 * @param compute Asks for nodes. Is called twice: to learn which nodes it needs, then with what they are.
 */
export async function withNodes<T>(reader: Pick<StorageReader, 'nodes'>, compute: (read: ReadNode) => T): Promise<T> {
  const needed = new Set<number>();
  compute((level, index) => {
    needed.add(positionOf(level, index));
    return ANY;
  });
  const positions = [...needed];
  const rows = new Map<number, string | undefined>();
  for (let from = 0; from < positions.length; from += AT_ONCE) {
    const some = positions.slice(from, from + AT_ONCE);
    const found = await reader.nodes(some);
    for (const [at, position] of some.entries()) rows.set(position, found[at]);
  }
  return compute((level, index) => {
    const position = positionOf(level, index);
    const row = rows.get(position);
    if (row?.length !== 2 * completedBy(position) * HASH_BYTES) throw logFault(`the log of events has ${row === undefined ? 'no row' : 'a damaged row'} ${position}`);
    return Buffer.from(row.slice(2 * level * HASH_BYTES, 2 * (level + 1) * HASH_BYTES), 'hex');
  });
}

/** The tree over the first so many events. */
export async function rangeOf(reader: Pick<StorageReader, 'nodes'>, size: number): Promise<Range> {
  return withNodes(reader, (read) => readRange(size, read));
}

/** A node stands with the last leaf below it. */
function positionOf(level: number, index: number): number {
  return (index + 1) * 2 ** level;
}
