import type { DatabaseSync } from 'node:sqlite';
import { TokaError } from '../errors.ts';
import { hexDigest } from '../digest.ts';
import { chainHash, GENESIS, leafHash } from './chain.ts';
import type { Fault, Verdict } from './contract.ts';
import type { RunEvent } from './events.ts';
import { damaged } from './failures.ts';
import { blobsOf, describeFault } from './limits.ts';
import { reduce, type RunState } from './reducer.ts';

interface EventRow {
  readonly seq: number;
  readonly time: number;
  readonly body: string;
  readonly hash: Uint8Array;
}

interface HeadRow {
  readonly id: string;
  readonly head: number;
  readonly hash: Uint8Array;
  readonly state: string;
  readonly status: string;
  readonly tool: string | null;
  readonly parent: string | null;
}

/** Checks one run; to be called inside a read transaction, so that it sees one moment. */
export function verifyRun(db: DatabaseSync, run: string): Verdict {
  const head = db.prepare('SELECT * FROM runs WHERE id = ?').get(run) as HeadRow | undefined;
  const fault = (seq: number, why: Fault['why']): Fault => ({ ok: false, run, seq, why });
  const rows = db.prepare('SELECT seq, time, body, hash FROM events WHERE run = ? ORDER BY seq').iterate(run) as Iterable<EventRow>;
  let previous: Uint8Array = GENESIS;
  let state: RunState | undefined;
  let count = 0;
  for (const row of rows) {
    const seq = count + 1;
    if (row.seq !== seq) return fault(seq, 'missing');
    if (!chainHash(previous, leafHash({ run, ...row })).equals(row.hash)) return fault(seq, 'changed');
    const event = parse(row.body);
    if (!event) return fault(seq, 'unreadable');
    const next = attemptReduce(state, event, row.time);
    if (!next) return fault(seq, 'illegal');
    const blob = verifyBlobs(db, event);
    if (blob) return fault(seq, blob);
    state = next;
    previous = row.hash;
    count = seq;
  }
  if (head && head.head > count) return fault(count + 1, 'missing');
  if (head?.head === count && Buffer.from(previous).equals(head.hash) && fits(head, state)) return { ok: true, events: count };
  return fault(Math.max(head?.head ?? 1, 1), 'summary');
}

function fits({ state, status, tool, parent }: HeadRow, replayed: RunState | undefined): boolean {
  if (state !== JSON.stringify(replayed)) return false;
  return status === replayed?.status && (tool ?? undefined) === replayed.tool && (parent ?? undefined) === replayed.parent;
}

/** Checks the file's structure, all runs, and that no stretch of the log is gone. */
export function verifyAll(db: DatabaseSync, file: string): Verdict {
  const structure = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
  let events = 0;
  for (const { id } of db.prepare('SELECT id FROM runs UNION SELECT run FROM events ORDER BY 1').iterate() as Iterable<{ id: string }>) {
    const verdict = verifyRun(db, id);
    if (!verdict.ok) return verdict;
    events += verdict.events;
  }
  const gap = findGap(db);
  if (gap !== undefined) return { ok: false, run: null, seq: gap, why: 'missing' };
  if (structure !== 'ok') throw damaged(file, String(structure));
  return { ok: true, events };
}

/** The first position of the log that has no event though a later one has. */
function findGap(db: DatabaseSync): number | undefined {
  const extent = db.prepare('SELECT count(*) AS count, coalesce(max(position), 0) AS last FROM events').get();
  if (extent?.['count'] === extent?.['last']) return undefined;
  const after = 'SELECT min(position) + 1 AS gap FROM events AS e WHERE NOT EXISTS (SELECT 1 FROM events WHERE position = e.position + 1)';
  const first = db.prepare('SELECT 1 FROM events WHERE position = 1').get();
  return first ? (db.prepare(after).get() as { gap: number }).gap : 1;
}

function verifyBlobs(db: DatabaseSync, event: RunEvent): 'blob-missing' | 'blob-changed' | undefined {
  for (const { blob, bytes } of blobsOf(event)) {
    const row = db.prepare('SELECT bytes FROM blobs WHERE hash = ?').get(Buffer.from(blob, 'hex')) as { bytes: Uint8Array } | undefined;
    if (!row) return 'blob-missing';
    if (row.bytes.byteLength !== bytes || hexDigest(row.bytes) !== blob) return 'blob-changed';
  }
  return undefined;
}

/** Reads a stored event; undefined where the text is not one. */
export function parse(body: string): RunEvent | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return describeFault(value) === undefined ? (value as RunEvent) : undefined;
  } catch {
    return undefined;
  }
}

function attemptReduce(state: RunState | undefined, event: RunEvent, time: number): RunState | undefined {
  try {
    return reduce(state, event, time);
  } catch (error) {
    if (error instanceof TokaError) return undefined;
    throw error;
  }
}
