import { type Awaitable, FORGOTTEN, type StorageEvent, type StorageReader, type StorageTransaction } from '@toka/sdk';
import { hexDigest } from '../digest.ts';
import { TokaError, toTokaError } from '../errors.ts';
import { parse } from './audit-run.ts';
import { chainHash, GENESIS, leafHash, timesHash } from './chain.ts';
import type { Pruned, PruneNote } from './contract.ts';
import type { RunPruned } from './events.ts';
import { unknown } from './failures.ts';
import { isHeld } from './held.ts';
import { blobKey, parseSummary, runKey, type Summary, textOf } from './keys.ts';
import { HASH_BYTES } from './merkle.ts';
import { namedIn, NamedBlobs } from './named-blobs.ts';
import { everyEvent } from './pages.ts';
import { replay, stateHash } from './replay.ts';
import { forgetText } from './search/forget.ts';

/** What pruning needs of the journal. */
export interface PruneDesk {
  snapshot<T>(work: (reader: StorageReader) => Awaitable<T>): Promise<T>;
  transaction<T>(work: (transaction: StorageTransaction) => Awaitable<T>): Promise<T>;
  /** Adds an event to a run of so many events. */
  append(transaction: StorageTransaction, run: string, event: RunPruned, expectedSeq: number): Promise<void>;
  report(done: number): void;
}

/** Runs that are pruned in one commit: a commit waits for the disk, and others wait for it. */
const AT_ONCE = 50;

/** As `Journal.prune`. */
export async function pruneRuns(runs: readonly string[], note: PruneNote, desk: PruneDesk): Promise<Pruned> {
  const pruning = new Pruning(await desk.snapshot(async (reader) => NamedBlobs.of(runs, reader)), note, desk);
  for (let from = 0; from < runs.length; from += AT_ONCE) {
    const some = runs.slice(from, from + AT_ONCE);
    await desk.transaction(async (transaction) => pruning.prune(some, transaction));
    desk.report(from + some.length);
  }
  return pruning.done;
}

class Pruning {
  readonly done = { runs: [] as string[], events: 0, blobs: 0, bytes: 0, damaged: [] as string[] };
  readonly #named: NamedBlobs;
  readonly #note: PruneNote;
  readonly #desk: PruneDesk;

  constructor(named: NamedBlobs, note: PruneNote, desk: PruneDesk) {
    this.#named = named;
    this.#note = note;
    this.#desk = desk;
  }

  async prune(runs: readonly string[], transaction: StorageTransaction): Promise<void> {
    const known = new Map<string, boolean>();
    await this.#named.goOn(transaction);
    for (const run of runs) {
      const summary = await summaryOf(run, transaction);
      if (summary?.state.prunedAt !== undefined) continue;
      if (await isHeld(transaction, run, known)) throw active(run);
      const events = await everyEvent(transaction, run);
      if (summary && isAsRecorded(events, summary) && (await haveBlobs(events, transaction))) await this.#forget(run, events, summary, transaction);
      else this.done.damaged.push(run);
    }
  }

  async #forget(run: string, events: readonly StorageEvent[], { head, state }: Summary, transaction: StorageTransaction): Promise<void> {
    await transaction.forget(run, head);
    await forgetText(transaction, run);
    for (const { blob, bytes } of this.#named.drop(run)) {
      await transaction.remove(blobKey(blob));
      this.done.blobs += 1;
      this.done.bytes += bytes;
    }
    const times = events.reduce((previous, { time }) => timesHash(previous, time, hexDigest), '');
    await this.#desk.append(transaction, run, { v: 1, type: 'run.pruned', events: head, stateHash: stateHash({ seq: head, state }), timesHash: times, ...this.#note }, head);
    this.done.runs.push(run);
    this.done.events += head;
    this.done.bytes += bytesOf(events);
  }
}

/** What events take that would be forgotten. */
export function bytesOf(events: readonly { readonly body: string }[]): number {
  return events.reduce((sum, { body }) => sum + Buffer.byteLength(body) - FORGOTTEN.length, 0);
}

async function summaryOf(run: string, reader: StorageReader): Promise<Summary | undefined> {
  const value = await reader.get(runKey(run));
  if (!value) throw unknown(run);
  return parseSummary(textOf(value));
}

/** Whether nobody has changed anything of a run: it would not be told any more once it was forgotten. */
function isAsRecorded(events: readonly StorageEvent[], { head, hash, state }: Summary): boolean {
  let chain: Uint8Array = GENESIS;
  const read = events.flatMap(({ stream, version, time, body, hash: stored, nodes }, at) => {
    const leaf = leafHash({ run: stream, seq: version, time, body });
    const next = chainHash(chain, leaf);
    chain = next;
    const event = parse(body);
    const isSame = version === at + 1 && next.toString('hex') === stored && leaf.toString('hex') === nodes.slice(0, 2 * HASH_BYTES);
    return isSame && event ? [{ event, time }] : [];
  });
  if (read.length !== head || events.length !== head || events.at(-1)?.hash !== hash) return false;
  try {
    return JSON.stringify(replay(read)) === JSON.stringify({ seq: head, state });
  } catch (error) {
    if (toTokaError(error).code === 'TOKA_EVENT_ILLEGAL') return false;
    throw error;
  }
}

async function haveBlobs(events: readonly StorageEvent[], reader: StorageReader): Promise<boolean> {
  for (const { blob, bytes } of events.flatMap(namedIn)) {
    const value = await reader.get(blobKey(blob));
    if (value?.byteLength !== bytes || hexDigest(value) !== blob) return false;
  }
  return true;
}

function active(run: string): TokaError {
  return new TokaError('TOKA_RUN_ACTIVE', `expected runs that have ended to prune, as have those that asked for them; found that ${run}, or one above it, may still go on`, {
    hint: 'wait until it is done; toka runs list --status interrupted shows those whose process is gone, and toka runs resume RUN ends one',
    data: { run },
  });
}
