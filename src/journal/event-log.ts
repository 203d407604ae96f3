import { FORGOTTEN, type StorageEvent, type StorageReader } from '@toka/sdk';
import { leafHash, type Link } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import { isHeld } from './held.ts';
import { CHECKPOINTS, textOf } from './keys.ts';
import { logFault, rangeOf, withNodes } from './log.ts';
import { type Hash, HASH_BYTES, inclusionProof, rootOf } from './merkle.ts';
import { NamedBlobs } from './named-blobs.ts';
import { everyEntry, everyEvent } from './pages.ts';

/** An event by its place among all events. */
export interface LogEntry extends Link {
  /** From 1. */
  readonly position: number;
  /** The chain of its run up to and with it, lower-case hex. */
  readonly hash: string;
  /** Of one that was pruned: its leaf as the log has it, lower-case hex. There is nothing left that would give it. */
  readonly leaf?: string;
}

/** The log over all events as it is read: entries, states of the tree, proofs, stored checkpoints. */
export class EventLog {
  readonly #reader: StorageReader;

  constructor(reader: StorageReader) {
    this.#reader = reader;
  }

  async entry(position: number): Promise<LogEntry | undefined> {
    const [event] = await this.#reader.readAll({ after: position - 1, limit: 1 });
    return event?.position === position ? entryOf(event) : undefined;
  }

  async entries(run: string): Promise<LogEntry[]> {
    return (await everyEvent(this.#reader, run)).map(entryOf);
  }

  /** Who names the blobs of some runs. */
  async blobsOf(runs: readonly string[]): Promise<NamedBlobs> {
    return NamedBlobs.of(runs, this.#reader);
  }

  /** Which of some runs may not be pruned: they, or runs above them, may still go on. */
  async heldOf(runs: readonly string[]): Promise<Set<string>> {
    const [held, known] = [new Set<string>(), new Map<string, boolean>()];
    for (const run of runs) if (await isHeld(this.#reader, run, known)) held.add(run);
    return held;
  }

  /** How many events it covers. */
  async size(): Promise<number> {
    return (await this.#reader.ends()).nodes;
  }

  /** Which log it is: its first event, whose id is random, gives the name. Undefined while it is empty. */
  async origin(): Promise<string | undefined> {
    const [nodes] = await this.#reader.nodes([1]);
    const leaf = nodes?.slice(0, 2 * HASH_BYTES) ?? (await this.#firstLeaf());
    return leaf && `toka/journal/${leaf.slice(0, 32)}`;
  }

  /** The tree when it had so many leaves, at least one. */
  async tree(size: number): Promise<Checkpoint> {
    const [origin, present] = [await this.origin(), await this.size()];
    if (origin === undefined || size < 1 || size > present) throw logFault(`the log of events has ${present} rows, not ${size}`);
    return { origin, size, root: rootOf(await rangeOf(this.#reader, size)) };
  }

  /** The audit path of the event at a position in the tree of that size. */
  async inclusion(position: number, size: number): Promise<Hash[]> {
    return withNodes(this.#reader, (read) => inclusionProof(position - 1, size, read));
  }

  /** The stored notes by the size of their tree, smallest first. */
  async checkpoints(): Promise<{ readonly size: number; readonly note: string }[]> {
    const notes = await everyEntry(this.#reader, CHECKPOINTS);
    return notes.map(({ key, value }) => ({ size: Number(key.slice(CHECKPOINTS.length)), note: textOf(value) }));
  }

  async #firstLeaf(): Promise<string | undefined> {
    const first = await this.entry(1);
    return first && leafHash(first).toString('hex');
  }
}

/** An event in the words of the journal. */
function entryOf({ position, stream, version, time, body, hash, nodes }: StorageEvent): LogEntry {
  const entry = { position, run: stream, seq: version, time, body, hash };
  return body === FORGOTTEN ? { ...entry, leaf: nodes.slice(0, 2 * HASH_BYTES) } : entry;
}
