import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { hexDigest } from '../digest.ts';
import type { Blobs } from './blobs.ts';
import { audit } from './audit.ts';
import { parse } from './audit-run.ts';
import { chainHash, GENESIS, leafHash } from './chain.ts';
import { type NoteSigner, parseCheckpoint, signCheckpoint, type SignedCheckpoint } from './checkpoint.ts';
import type { Commit, Journal, Ledger, RunFilter, RunSummary, Witnesses } from './contract.ts';
import { EventLog, hasLog } from './event-log.ts';
import type { RunEvent, StoredEvent } from './events.ts';
import { ambiguous, conflict, damaged, translate, unavailable, unknown } from './failures.ts';
import type { Audit } from './findings.ts';
import type { Clock } from './ids.ts';
import { ledgerOf } from './ledger.ts';
import { admit, type Admitted, BLOB_LIMIT, blobsOf, checkRunId, invalid } from './limits.ts';
import { Log } from './log.ts';
import { isGone } from './process.ts';
import { reduce, type RunState } from './reducer.ts';
import { openDatabase } from './sqlite.ts';
import { weigh } from './weigh.ts';

export type { Commit, Journal, Ledger, RunFilter, RunSummary } from './contract.ts';

export interface JournalOptions {
  readonly clock: Clock;
  /** Change nothing; where there is no file, be an empty journal. Default false. */
  readonly readOnly?: boolean;
  /** A folder above the file (the project's) below which no folder may be a symlink. Default: the state folder's parent. */
  readonly root?: string;
}

/**
 * Opens the journal in a file, or makes it there with its folder (0700).
 *
 * @param file Absolute.
 * @param options The clock, and how to open.
 * @returns The journal, which waits up to 30 seconds for other processes' writes.
 * @throws TokaError `TOKA_STATE_UNAVAILABLE` where the file cannot be used (read-only, full disk, locked, a symlink, someone else's, newer
 *   than this toka), `TOKA_INTEGRITY` where it is damaged or not exactly a journal of toka; nothing is overwritten then.
 * @example
 * const journal = openJournal(join(root, '.toka/state/journal.db'), { clock: systemClock, root });
 */
export function openJournal(file: string, { clock, ...options }: JournalOptions): Journal {
  return new SqliteJournal(openDatabase(file, options), file, clock);
}

interface Head {
  readonly head: number;
  readonly hash: Uint8Array;
  readonly state: RunState | undefined;
}

/** Events that were checked and may be stored. */
interface Addition {
  readonly run: string;
  readonly events: readonly (Admitted & { readonly time: number })[];
  readonly blobs: Blobs;
}

interface RunRow {
  readonly id: string;
  readonly head: number;
  readonly hash: Uint8Array;
  readonly state: string;
}

interface EventRow {
  readonly seq: number;
  readonly time: number;
  readonly body: string;
  readonly hash: Uint8Array;
}

const PUT_RUN = `INSERT INTO runs (id, head, hash, state) VALUES (?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET head = excluded.head, hash = excluded.hash, state = excluded.state`;
const SELECT_RUNS = 'SELECT id, head, hash, state FROM runs';

/** The journal over an open database; see `Journal` for what the methods promise. */
export class SqliteJournal implements Journal {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #statements = new Map<string, StatementSync>();
  #log: Log | undefined;
  readonly #ledger: Ledger = ledgerOf((text) => this.#sql(text));

  constructor(db: DatabaseSync, file: string, clock: Clock) {
    this.#db = db;
    this.#file = file;
    this.#clock = clock;
  }

  append(
    run: string,
    events: readonly RunEvent[],
    expectedSeq: number,
    blobs: Blobs = new Map(),
    times: readonly number[] = [],
    count?: (ledger: Ledger) => void,
  ): StoredEvent[] {
    const addition = this.#prepare(run, events, blobs, times);
    return this.#transaction('IMMEDIATE', () => {
      count?.(this.#ledger);
      return this.#add(addition, expectedSeq);
    });
  }

  commit<T>(work: (commit: Commit) => T, { durable = true }: { readonly durable?: boolean } = {}): T {
    const commit: Commit = {
      ledger: this.#ledger,
      append: (run, events, expectedSeq, blobs = new Map(), times = []) => this.#add(this.#prepare(run, events, blobs, times), expectedSeq),
    };
    if (durable) return this.#transaction('IMMEDIATE', () => work(commit));
    return this.#guarded(() => {
      this.#sql('PRAGMA synchronous = NORMAL').run();
      try {
        return this.#transaction('IMMEDIATE', () => work(commit));
      } finally {
        this.#sql('PRAGMA synchronous = FULL').run();
      }
    });
  }

  read(run: string): StoredEvent[] {
    return this.#guarded(() => {
      const rows = this.#sql('SELECT seq, time, body, hash FROM events WHERE run = ? ORDER BY seq').all(run);
      if (rows.length === 0) throw unknown(run);
      return (rows as unknown as EventRow[]).map((row, index) => this.#toStored(run, row, index + 1));
    });
  }

  blob(sha256: string): Uint8Array {
    return this.#guarded(() => {
      const row = this.#sql('SELECT bytes FROM blobs WHERE hash = ?').get(Buffer.from(sha256, 'hex')) as { bytes: Uint8Array } | undefined;
      if (!row || hexDigest(row.bytes) !== sha256) throw damaged(this.#file, `blob ${sha256} is ${row ? 'changed' : 'missing'}`);
      return row.bytes;
    });
  }

  runs({ limit, before, status, tool, parent }: RunFilter): RunSummary[] {
    const conditions: [string, string | undefined][] = [
      ['id < ?', before],
      ['status = ?', status === 'interrupted' ? 'running' : status],
      ['tool = ?', tool],
      ['parent = ?', parent],
    ];
    const used = conditions.filter((condition): condition is [string, string] => condition[1] !== undefined);
    const where = used.length === 0 ? '' : ` WHERE ${used.map(([sql]) => sql).join(' AND ')}`;
    return this.#guarded(() => {
      const found: RunSummary[] = [];
      for (const row of this.#sql(`${SELECT_RUNS}${where} ORDER BY id DESC`).iterate(...used.map(([, value]) => value))) {
        if (found.length >= limit) break;
        const summary = this.#toSummary(row as unknown as RunRow);
        if (status === undefined || summary.status === status) found.push(summary);
      }
      return found;
    });
  }

  run(id: string): RunSummary {
    return this.#guarded(() => {
      const row = this.#sql(`${SELECT_RUNS} WHERE id = ?`).get(id);
      if (!row) throw unknown(id);
      return this.#toSummary(row as unknown as RunRow);
    });
  }

  children(run: string): RunSummary[] {
    return this.#guarded(() => {
      const rows = this.#sql(`${SELECT_RUNS} WHERE parent = ? ORDER BY id`).all(run);
      return (rows as unknown as RunRow[]).map((row) => this.#toSummary(row));
    });
  }

  findRun(idPrefix: string): string {
    const prefix = idPrefix.toLowerCase();
    if (!/^[0-9a-f-]{1,36}$/.test(prefix)) throw unknown(idPrefix);
    return this.#guarded(() => {
      // No id holds a letter after f, so this range is all ids with the prefix.
      const rows = this.#sql('SELECT id FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT 6').all(prefix, `${prefix}g`);
      const ids = rows.map((row) => String(row['id']));
      if (ids.length > 1) throw ambiguous(idPrefix, ids);
      if (ids[0] === undefined) throw unknown(idPrefix);
      return ids[0];
    });
  }

  verify({ keys, kept }: Witnesses = { keys: [], kept: [] }): Audit {
    return this.#transaction('DEFERRED', () => {
      const { sound, findings } = weigh(new EventLog(this.#db, this.#file), keys, kept);
      const found = audit(this.#db, sound, hasLog(this.#db));
      return this.#checkStructure({ ...found, ok: found.ok && findings.length === 0, findings: [...found.findings, ...findings] });
    });
  }

  consult<T>(read: (log: EventLog) => T): T {
    return this.#transaction('DEFERRED', () => read(new EventLog(this.#db, this.#file)));
  }

  checkpoint(signer: NoteSigner): SignedCheckpoint {
    return this.#transaction('IMMEDIATE', () => {
      const log = new EventLog(this.#db, this.#file);
      if (log.size === 0) throw unavailable(this.#file, 'nothing is recorded in it yet', undefined, 'there is something to sign after the first run');
      const tree = log.tree(log.size);
      const note = signCheckpoint(tree, signer);
      this.#sql('INSERT OR REPLACE INTO checkpoints (size, note) VALUES (?, ?)').run(tree.size, note);
      return parseCheckpoint(note);
    });
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
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

  #add({ run, events, blobs }: Addition, expectedSeq: number): StoredEvent[] {
    const head = this.#head(run);
    if (head.head !== expectedSeq) throw conflict(run, expectedSeq, head.head);
    this.#storeBlobs(
      events.map(({ event }) => event),
      blobs,
    );
    return this.#storeEvents(run, events, head);
  }

  #head(run: string): Head {
    const row = this.#sql('SELECT head, hash, state FROM runs WHERE id = ?').get(run) as RunRow | undefined;
    return row ? { head: row.head, hash: row.hash, state: this.#parseState(run, row.state) } : { head: 0, hash: GENESIS, state: undefined };
  }

  #storeEvents(run: string, admitted: readonly (Admitted & { readonly time: number })[], head: Head): StoredEvent[] {
    let { hash, state } = head;
    const stored = admitted.map(({ event, body, time }, index) => {
      const seq = head.head + index + 1;
      state = reduce(state, event, time);
      const leaf = leafHash({ run, seq, time, body });
      hash = chainHash(hash, leaf);
      const { lastInsertRowid } = this.#sql('INSERT INTO events (run, seq, time, body, hash) VALUES (?, ?, ?, ?, ?)').run(run, seq, time, body, hash);
      this.#writtenLog().append(Number(lastInsertRowid), leaf);
      return { run, seq, time, hash: Buffer.from(hash).toString('hex'), event };
    });
    this.#sql(PUT_RUN).run(run, head.head + admitted.length, hash, JSON.stringify(state));
    return stored;
  }

  /** What SQLite itself finds: a damaged index, for instance, by which events could be overlooked. */
  #checkStructure(found: Audit): Audit {
    const structure = this.#sql('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    if (structure !== 'ok' && found.ok) throw damaged(this.#file, String(structure));
    return found;
  }

  #writtenLog(): Log {
    this.#log ??= new Log(this.#db);
    return this.#log;
  }

  #storeBlobs(events: readonly RunEvent[], blobs: Blobs): void {
    const put = this.#sql('INSERT OR IGNORE INTO blobs (hash, bytes) VALUES (?, ?)');
    for (const [sha256, bytes] of blobs) put.run(Buffer.from(sha256, 'hex'), bytes);
    for (const { blob } of events.flatMap(blobsOf)) {
      const held = blobs.has(blob) || this.#sql('SELECT 1 FROM blobs WHERE hash = ?').get(Buffer.from(blob, 'hex'));
      if (!held) throw invalid(`expected the bytes of blob ${blob}, found none`);
    }
  }

  #toStored(run: string, { seq, time, body, hash }: EventRow, expected: number): StoredEvent {
    const event = parse(body);
    if (seq !== expected) throw damaged(this.#file, `event ${expected} of run ${run} is missing`);
    if (!event) throw damaged(this.#file, `event ${expected} of run ${run} is unreadable`);
    return { run, seq, time, hash: Buffer.from(hash).toString('hex'), event };
  }

  #toSummary({ id, head, state }: RunRow): RunSummary {
    const parsed = this.#parseState(id, state);
    const interrupted = parsed.status === 'running' && isGone(parsed.process);
    return { id, ...parsed, ...(interrupted && { status: 'interrupted' as const }), events: head };
  }

  #parseState(run: string, text: string): RunState {
    try {
      return JSON.parse(text) as RunState;
    } catch (error) {
      throw damaged(this.#file, `the summary of run ${run} is unreadable`, error);
    }
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  #transaction<T>(kind: 'IMMEDIATE' | 'DEFERRED', work: () => T): T {
    return this.#guarded(() => {
      this.#sql(`BEGIN ${kind}`).run();
      try {
        const result = work();
        this.#sql('COMMIT').run();
        return result;
      } catch (error) {
        // SQLite itself has rolled back after some errors, a full disk for instance.
        if (this.#db.isTransaction) this.#sql('ROLLBACK').run();
        this.#log?.forget();
        throw error;
      }
    });
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translate(error, this.#file);
    }
  }
}

function checkBlobs(events: readonly RunEvent[], blobs: Blobs): void {
  const named = new Set(events.flatMap(blobsOf).map(({ blob }) => blob));
  for (const [sha256, bytes] of blobs) {
    if (!named.has(sha256)) throw invalid(`expected only blobs that an event names, found ${sha256}`);
    if (bytes.byteLength > BLOB_LIMIT) throw invalid(`expected blobs of at most ${BLOB_LIMIT} bytes, found ${bytes.byteLength}`);
    if (hexDigest(bytes) !== sha256) throw invalid(`expected a blob by its SHA-256, found other bytes under ${sha256}`);
  }
}
