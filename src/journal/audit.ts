import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { canonical } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import { explain, type Mutable, type Recorded, type Suspect } from './audit-explain.ts';
import { parse, RunCheck, type Summary } from './audit-run.ts';
import { type HexHasher, type Join, joiner, TreeCheck } from './audit-tree.ts';
import type { RunEvent } from './events.ts';
import { type Audit, type Finding, FINDINGS_LIMIT } from './findings.ts';
import { blobsOf } from './limits.ts';
import { completedBy, HASH_BYTES } from './merkle.ts';

/** Rows for one call of SQLite: a call for each takes as long as hashing what it gives. */
const PAGE = 1000;

/** How many open places are tried for a gap: more gaps than that are no accident that could be told apart. */
const TRIED = 64;

/** Hash and nodes are one text, `hash:nodes`: each value that SQLite hands over takes as long as a hash. */
type Cells = readonly [position: number, run: string, seq: number, time: number, body: string, hashes: string];

const HEX = 2 * HASH_BYTES;
const SELECT = `SELECT e.position, e.run, e.seq, e.time, e.body, lower(hex(e.hash) || ':' || hex(l.nodes))
  FROM events AS e LEFT JOIN log AS l ON l.position = e.position WHERE e.position > ? ORDER BY e.position LIMIT ${PAGE}`;
const SELECT_WITHOUT_LOG = `SELECT position, run, seq, time, body, lower(hex(hash)) || ':'
  FROM events WHERE position > ? ORDER BY position LIMIT ${PAGE}`;
const SELECT_SUMMARIES = 'SELECT id, head, lower(hex(hash)), state, status, tool, parent FROM runs';

/**
 * Checks all events against the log, the chain of each run, the summaries and the blobs, in one pass; to be called inside a read
 * transaction, so that it sees one moment.
 *
 * @param checkpoints Those whose signature is known to be good.
 * @param hasLog Whether the journal has a log; one of format 1 has none, so that its tree is made of its events alone.
 */
export function audit(db: DatabaseSync, checkpoints: readonly Checkpoint[], hasLog: boolean): Audit {
  return new Auditor(db, checkpoints, hasLog).run();
}

class Auditor {
  readonly #db: DatabaseSync;
  readonly #summary: StatementSync;
  readonly #summaryRange: StatementSync;
  readonly #blob: StatementSync;
  readonly #hash: HexHasher;
  readonly #link: Join;
  readonly #hasLog: boolean;
  readonly #checkpoints: Checkpoint[];
  readonly #findings: Mutable<Finding>[] = [];
  readonly #runs = new Map<string, RunCheck>();
  readonly #tree: TreeCheck;
  /** Runs that came to their end in this page. */
  readonly #finished: RunCheck[] = [];
  /** Places at which there is nothing, or another event than the recorded one. */
  readonly #open: Suspect[] = [];
  /** Leaves of the log that were changed, while their event was not. */
  readonly #edited = new Set<number>();
  /** The last position of the tree: that of the log or, where there is none, of the events, of which it is made then. */
  readonly #logged: number;
  #events = 0;
  #summaries = 0;
  #signed = 0;
  #isSignedWhole = true;

  constructor(db: DatabaseSync, checkpoints: readonly Checkpoint[], hasLog: boolean) {
    this.#db = db;
    this.#summary = db.prepare(`${SELECT_SUMMARIES} WHERE id = ?`);
    this.#summaryRange = db.prepare(`${SELECT_SUMMARIES} WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ${PAGE}`);
    for (const statement of [this.#summary, this.#summaryRange]) statement.setReturnArrays(true);
    this.#blob = db.prepare('SELECT bytes FROM blobs WHERE hash = ?');
    const { hash } = process.getBuiltinModule('node:crypto');
    this.#hash = (content) => hash('sha256', content, 'hex');
    this.#link = joiner(this.#hash);
    this.#hasLog = hasLog;
    this.#checkpoints = checkpoints.toSorted((a, b) => a.size - b.size);
    this.#tree = new TreeCheck(this.#hash, {
      node: (position, level) => this.#report({ why: 'log', position, field: `nodes[${level}]` }),
      leaf: (position) => this.#edited.add(position),
    });
    this.#logged = Number(db.prepare(`SELECT max(position) AS last FROM ${hasLog ? 'log' : 'events'}`).get()?.['last'] ?? 0);
  }

  run(): Audit {
    const select = this.#db.prepare(this.#hasLog ? SELECT : SELECT_WITHOUT_LOG);
    select.setReturnArrays(true);
    let last = 0;
    for (let isMore = true; isMore && !this.#isFull;) {
      const page = select.all(last) as unknown as Cells[];
      for (const cells of page) {
        if (this.#isFull) break;
        this.#fillGap(last + 1, cells[0]);
        this.#accept(cells);
        [last] = cells;
      }
      this.#concludeFinished();
      isMore = page.length === PAGE;
    }
    this.#fillGap(last + 1, this.#logged + 1);
    if (!this.#isFull) this.#concludeRuns();
    for (const { size } of this.#checkpoints) this.#report({ why: 'truncated', position: Math.max(last, this.#logged) + 1, size });
    explain(this.#open, this.#edited, this.#db, this.#hash);
    return {
      ok: this.#findings.length === 0,
      events: this.#events,
      root: this.#isFull ? null : (this.#tree.root() ?? null),
      findings: this.#findings.toSorted((a, b) => (a.position ?? Infinity) - (b.position ?? Infinity)),
      signed: this.#signed,
    };
  }

  get #isFull(): boolean {
    return this.#findings.length >= FINDINGS_LIMIT;
  }

  #report(finding: Finding): Mutable<Finding> {
    const own = { ...finding };
    if (!this.#isFull) this.#findings.push(own);
    return own;
  }

  /** Positions without an event. */
  #fillGap(from: number, to: number): void {
    const nodes = this.#hasLog && from < to ? this.#db.prepare('SELECT lower(hex(nodes)) AS nodes FROM log WHERE position = ?') : undefined;
    for (let position = from; position < to && !this.#isFull; position++) {
      const row = whole(nodes?.get(position)?.['nodes'] as string | undefined, position);
      this.#open.push({ position, logged: row?.slice(0, HEX), finding: this.#report({ why: 'missing', position }), isSettled: false });
      if (position <= this.#logged) this.#grow(row, undefined);
    }
  }

  #accept([position, run, seq, time, body, hashes]: Cells): void {
    this.#events += 1;
    const [hash = '', nodes = ''] = hashes.split(':');
    const leaf = this.#hash(`\0${canonical({ run, seq, time, body })}`);
    const row = whole(nodes, position);
    const logged = row?.slice(0, HEX);
    if (position <= this.#logged) this.#grow(row, leaf);
    if (this.#hasLog && leaf !== logged) {
      const isBeyond = position > this.#logged;
      if (logged === undefined && !isBeyond) this.#report({ why: 'log', position, run, seq, field: 'nodes' });
      else {
        const finding = this.#report({ why: isBeyond ? 'inserted' : 'changed', position, run, seq });
        const found = { run, seq, time, body, leaf };
        // Nothing above the last leaf of an odd tree tells which of the two was changed: the chain does.
        if (position === this.#logged && position % 2 === 1 && this.#isNext(found, hash)) this.#edited.add(position);
        this.#open.push({ position, logged: logged ?? leaf, row: found, finding, isSettled: false });
        return;
      }
    }
    const check = this.#checkOf(run, seq, position);
    if (seq > check.count + 1) this.#settle(check, seq - 1, position, (before) => check.chained([leaf], before) === hash);
    const isLinked = check.follow(leaf, hash);
    const wrong = check.accept(seq, position, time, this.#read(body, position, run, seq));
    if (!isLinked) this.#report({ why: 'changed', position, run, seq, field: 'hash' });
    else if (wrong !== undefined) this.#report({ why: wrong, position, run, seq });
    if (check.isFinished) this.#finished.push(check);
  }

  #isNext({ run, seq, leaf }: Recorded, hash: string): boolean {
    const check = this.#runs.get(run) ?? new RunCheck(run, this.#link);
    return check.count + 1 === seq && check.chained([leaf]) === hash;
  }

  /** Lets the tree grow by the row of the log at the next position, and compares it with the checkpoint of that size. */
  #grow(nodes: string | undefined, computed: string | undefined): void {
    this.#tree.accept(nodes, computed === nodes?.slice(0, HEX) ? undefined : computed);
    while (this.#checkpoints[0]?.size === this.#tree.size) {
      const { size, root } = this.#checkpoints.shift() as Checkpoint;
      const fits = this.#tree.root() === Buffer.from(root).toString('hex');
      if (fits && this.#isSignedWhole) this.#signed = size;
      if (!fits) this.#report({ why: 'rewritten', position: this.#signed + 1, size, from: this.#signed });
      this.#isSignedWhole &&= fits;
    }
  }

  #checkOf(run: string, seq: number, position: number): RunCheck {
    let check = this.#runs.get(run);
    if (!check) {
      check = new RunCheck(run, this.#link);
      this.#runs.set(run, check);
      if (seq > 1) this.#resume(check, position);
    }
    return check;
  }

  /** An event of a run that had come to its end before. */
  #resume(check: RunCheck, position: number): void {
    const row = this.#db.prepare('SELECT seq, position, lower(hex(hash)) AS hash FROM events WHERE run = ? AND position < ? ORDER BY position DESC LIMIT 1');
    const before = row.get(check.run, position) as { seq: number; position: number; hash: string } | undefined;
    const isOpen = this.#open.some((one) => one.position === before?.position);
    if (before && !isOpen) check.skip(before.seq, before.position, before.hash);
  }

  #read(body: string, position: number, run: string, seq: number): RunEvent | undefined {
    const known = this.#hasLog && !body.includes('"blob":') ? standIn(body) : undefined;
    if (known) return known;
    const event = parse(body);
    const blob = event && this.#blobFault(event);
    if (blob) this.#report({ why: blob, position, run, seq });
    return event;
  }

  #blobFault(event: RunEvent): 'blob-missing' | 'blob-changed' | undefined {
    for (const { blob, bytes } of blobsOf(event)) {
      const row = this.#blob.get(Buffer.from(blob, 'hex')) as { bytes: Uint8Array } | undefined;
      if (!row) return 'blob-missing';
      if (row.bytes.byteLength !== bytes || this.#hash(row.bytes) !== blob) return 'blob-changed';
    }
    return undefined;
  }

  /**
   * Finds where the events of a gap in a run were recorded: at open places whose leaves lead from the event before to what comes after; or
   * else at all that there are in between, if they are as many.
   */
  #settle(check: RunCheck, to: number, before: number, leads: (hash: string) => boolean): void {
    const open = this.#open.filter(({ isSettled, position }) => !isSettled && position > check.position && position < before);
    const leafOf = ({ position, logged, row }: Suspect): string | undefined => (this.#edited.has(position) ? row?.leaf : logged);
    const after = (places: readonly Suspect[] | undefined): string | undefined => places && check.chained(places.map(leafOf));
    const need = to - check.count;
    const windows = open.slice(0, TRIED).map((_, at) => open.slice(at, at + need)).filter(({ length }) => length === need);
    const found = windows.find((window) => leads(after(window) ?? '')) ?? (open.length === need ? open : undefined);
    for (let seq = check.count + 1; seq <= to && !this.#isFull; seq++) {
      const place = found?.[seq - check.count - 1] ?? open.find(({ row }) => row?.run === check.run && row.seq === seq);
      if (!place) this.#report({ why: 'missing', run: check.run, seq });
      else {
        place.isSettled = true;
        place.finding.run = check.run;
        place.finding.seq = seq;
      }
    }
    check.skip(to, found?.at(-1)?.position ?? check.position, after(found));
  }

  /** Compares finished runs with their summaries, which mostly stand side by side; those that are as they should be are not needed any more. */
  #concludeFinished(): void {
    const ids = this.#finished.map(({ run }) => run).toSorted();
    const page = this.#summaryRange.all(ids[0] ?? '', ids.at(-1) ?? '') as unknown as Summary[];
    const near = new Map(page.map((summary) => [summary[0], summary]));
    for (const check of this.#finished.splice(0)) {
      const summary = near.get(check.run) ?? this.#summaryOf(check.run);
      if (!summary || !check.fits(summary)) continue;
      this.#summaries += 1;
      this.#runs.delete(check.run);
    }
  }

  #summaryOf(run: string): Summary | undefined {
    return this.#summary.get(run) as unknown as Summary | undefined;
  }

  /** Compares a run that is not finished, or not as it should be, with its summary. */
  #conclude(check: RunCheck): void {
    const summary = this.#summaryOf(check.run);
    if (summary) this.#summaries += 1;
    const [, head = 0, last = ''] = summary ?? [];
    if (head > check.count) this.#settle(check, head, Infinity, (hash) => hash === last);
    if (!summary || !check.fits(summary)) this.#report({ why: 'summary', run: check.run, seq: check.count, position: check.position });
  }

  #concludeRuns(): void {
    for (const check of [...this.#runs.values()]) this.#conclude(check);
    const { count } = this.#db.prepare('SELECT count(*) AS count FROM runs').get() as { count: number };
    if (count === this.#summaries) return;
    // Runs of which no event is left as it was.
    const all = this.#db.prepare(`${SELECT_SUMMARIES} ORDER BY id`);
    all.setReturnArrays(true);
    for (const summary of all.iterate() as unknown as Iterable<Summary>) {
      const [run, head, last] = summary;
      if (!this.#isAllOpen(run)) continue;
      const check = new RunCheck(run, this.#link);
      this.#settle(check, head, Infinity, (hash) => hash === last);
      if (!check.fits(summary)) this.#report({ why: 'summary', run, seq: head });
    }
  }

  /** Whether a run has no event, or none that is the recorded one. */
  #isAllOpen(run: string): boolean {
    const rows = this.#db.prepare('SELECT position FROM events WHERE run = ?').all(run) as { position: number }[];
    return rows.every(({ position }) => this.#open.some((one) => one.position === position));
  }
}

/** A row of the log, if it holds as many nodes as it should. */
function whole(nodes: string | undefined, position: number): string | undefined {
  return nodes?.length === completedBy(position) * HEX ? nodes : undefined;
}

/** Events that the reducer needs no more of than their type, by the beginning of their text as toka writes it. */
const STAND_INS: readonly RunEvent[] = [
  { v: 1, type: 'run.output', stream: 'stdout', kept: { inline: '' }, bytes: 0, truncated: false },
  { v: 1, type: 'run.started', effective: [], level: 'restricted' },
  { v: 1, type: 'approval.decided', capability: '', decision: 'once', by: '' },
];
const BEGINNINGS = STAND_INS.map(({ v, type }) => `{"v":${v},"type":"${type}",`);

/** What fits the log was an event when it was recorded; to parse all of them would take as long as all the rest. */
function standIn(body: string): RunEvent | undefined {
  const at = BEGINNINGS.findIndex((beginning) => body.startsWith(beginning));
  return STAND_INS[at];
}
