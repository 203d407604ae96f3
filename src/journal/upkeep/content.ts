import { createHash } from 'node:crypto';
import type { StorageEntry, StorageEvent, StorageReader } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { audit } from '../audit.ts';
import { parseSummary, RUNS, textOf } from '../keys.ts';
import { eachEntry } from '../pages.ts';
import { stateHash } from '../replay.ts';

/** Events that are read at once. */
const EVENTS = 1000;
/** Entries that are read at once: each may be a blob of megabytes. */
const ENTRIES = 16;

/** What a storage holds, in figures that are equal for equal content whatever the backend. */
export interface Content {
  readonly events: number;
  readonly runs: number;
  readonly entries: number;
  /** Over all events, lower-case hex; so are the two below. */
  readonly root: string;
  /** Over the state hash of each run. */
  readonly states: string;
  /** Over every field of all events and entries. */
  readonly digest: string;
}

/** Computes the figures of a content that passes by, in order, without keeping any of it. */
export class Tally {
  #events = 0;
  #runs = 0;
  #entries = 0;
  readonly #states = createHash('sha256');
  readonly #digest = createHash('sha256');

  event({ position, stream, version, key, time, body, hash, nodes }: StorageEvent): void {
    this.#events += 1;
    this.#digest.update(`${JSON.stringify([position, stream, version, key ?? null, time, body, hash, nodes])}\n`);
  }

  entry({ key, value, until }: StorageEntry): void {
    this.#entries += 1;
    this.#digest.update(`${JSON.stringify([key, until ?? null, value.byteLength])}\n`).update(value);
    if (!key.startsWith(RUNS)) return;
    this.#runs += 1;
    const { head: seq, state } = parseSummary(textOf(value)) ?? { head: 0, state: undefined };
    this.#states.update(`${key} ${stateHash({ seq, state })}\n`);
  }

  figures(root: string): Content {
    return { events: this.#events, runs: this.#runs, entries: this.#entries, root, states: this.#states.digest('hex'), digest: this.#digest.digest('hex') };
  }
}

/** All events, a page at a time. */
export async function* everyPage(reader: StorageReader): AsyncGenerator<StorageEvent[], void, undefined> {
  for (let after = 0, length = EVENTS; length === EVENTS;) {
    const page = await reader.readAll({ after, limit: EVENTS });
    if (page.length > 0) yield page;
    ({ length } = page);
    after = page.at(-1)?.position ?? after;
  }
}

/** All entries, one after the other. */
export function everyEntryOf(reader: StorageReader): AsyncGenerator<StorageEntry, void, undefined> {
  return eachEntry(reader, { prefix: '', page: ENTRIES });
}

/**
 * Makes sure that a record is as it was written: chains, log, summaries, states of all runs, blobs. Who signed checkpoints is not asked here.
 *
 * @returns The root over all events.
 * @throws TokaError `TOKA_INTEGRITY`
 */
export async function demandSound(reader: StorageReader, what: string): Promise<string> {
  const { ok, root, findings } = await audit(reader, []);
  if (ok && root !== null) return root;
  throw new TokaError('TOKA_INTEGRITY', `expected ${what} to be as it was recorded, found ${findings.length} things that are not`, {
    hint: 'nothing was written; toka storage verify names them',
    data: { findings },
  });
}

/** Reads everything once more. */
export async function contentOf(reader: StorageReader, root: string): Promise<Content> {
  const tally = new Tally();
  for await (const page of everyPage(reader)) for (const event of page) tally.event(event);
  for await (const entry of everyEntryOf(reader)) tally.entry(entry);
  return tally.figures(root);
}
