import { createHash } from 'node:crypto';
import { TokaError } from '../errors.ts';
import { chainHash, GENESIS, leafHash, type Link } from './chain.ts';
import type { Journal, RunSummary } from './contract.ts';
import type { EventLog } from './event-log.ts';
import { parse } from './audit-run.ts';
import { damagedRun, pruned } from './failures.ts';
import { blobsOf } from './limits.ts';

export const EXPORT_SCHEMA = 'toka/run-export/v1';

/** What a file of this format may take: it is read, and checked, as a whole. */
export const EXPORT_LIMIT = 256 * 1024 * 1024;

/** The first line of the file. */
export interface ExportHead {
  readonly schema: string;
  /** The version of toka that wrote it. */
  readonly toka: string;
  /** ISO 8601. */
  readonly exportedAt: string;
  /** The name of the journal that it comes from. */
  readonly origin: string;
  /** The run that was asked for; its events come first. */
  readonly run: string;
}

/** An event, word for word, with the hash of the chain of its run. */
export interface ExportedEvent extends Link {
  readonly hash: string;
}

/** What was written. */
export interface Exported {
  readonly lines: readonly string[];
  readonly runs: number;
  readonly events: number;
  readonly blobs: number;
}

/**
 * Writes runs as lines: the head, events, blobs, and an end that says how many and what the SHA-256 of all before is.
 *
 * @param runs The run that was asked for, then those that it started.
 * @throws TokaError `TOKA_RUN_ACTIVE` where one has not ended, `TOKA_RUN_PRUNED` where one was pruned, `TOKA_INTEGRITY` where one is not as recorded, `TOKA_FS_TOO_LARGE`
 */
export async function exportRuns(journal: Journal, runs: readonly RunSummary[], { toka, now }: { readonly toka: string; readonly now: number }): Promise<Exported> {
  const active = runs.find(({ status }) => status === 'running');
  if (active) throw new TokaError('TOKA_RUN_ACTIVE', `expected a run that has ended, found that ${active.id} still goes on`, { hint: 'wait until it is done: toka runs list --status running' });
  const gone = runs.find(({ prunedAt }) => prunedAt !== undefined);
  if (gone) throw pruned(gone.id);
  const writer = new LineWriter();
  const origin = (await journal.consult((log) => log.origin())) ?? '';
  const head: ExportHead = { schema: EXPORT_SCHEMA, toka, exportedAt: new Date(now).toISOString(), origin, run: runs[0]?.id ?? '' };
  writer.add(head);
  const blobs = new Set<string>();
  let count = 0;
  for (const { id } of runs) {
    const events = await journal.consult((log) => eventsOf(log, id));
    for (const event of events) {
      writer.add(event);
      for (const { blob } of blobsIn(event)) blobs.add(blob);
    }
    count += events.length;
  }
  for (const blob of blobs) writer.add({ blob, base64: Buffer.from(await journal.blob(blob)).toString('base64') });
  writer.end({ events: count, blobs: blobs.size });
  return { lines: writer.lines, runs: runs.length, events: count, blobs: blobs.size };
}

/** The first event whose hash is not what the chain of its run gives; undefined where all are. */
export function brokenLink(events: readonly ExportedEvent[]): ExportedEvent | undefined {
  let chain: Uint8Array = GENESIS;
  return events.find((event, at) => {
    const next = chainHash(chain, leafHash(event));
    chain = next;
    return event.seq !== at + 1 || next.toString('hex') !== event.hash;
  });
}

async function eventsOf(log: EventLog, run: string): Promise<ExportedEvent[]> {
  const events = (await log.entries(run)).map(({ seq, time, hash, body }) => ({ run, seq, time, hash, body }));
  const broken = brokenLink(events);
  if (broken) throw damagedRun(run, broken.seq);
  return events;
}

function blobsIn({ run, seq, body }: ExportedEvent): { readonly blob: string }[] {
  const event = parse(body);
  if (!event) throw damagedRun(run, seq);
  return blobsOf(event);
}

class LineWriter {
  readonly lines: string[] = [];
  readonly #hash = createHash('sha256');
  #bytes = 0;

  add(value: object): void {
    const line = `${JSON.stringify(value)}\n`;
    this.#bytes += Buffer.byteLength(line);
    if (this.#bytes > EXPORT_LIMIT) {
      throw new TokaError('TOKA_FS_TOO_LARGE', `expected an export of at most ${EXPORT_LIMIT} bytes, found more`, { hint: 'export the runs that it started one by one, without --with-children' });
    }
    this.#hash.update(line);
    this.lines.push(line);
  }

  end(counts: { readonly events: number; readonly blobs: number }): void {
    this.lines.push(`${JSON.stringify({ end: counts, sha256: this.#hash.digest('hex') })}\n`);
  }
}
