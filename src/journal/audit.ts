import { FORGOTTEN, type StorageEvent, type StorageReader } from '@toka/sdk';
import { canonical } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import { explain, type Mutable, type Recorded, type Suspect } from './audit-explain.ts';
import { parse, parseRecorded, RunCheck } from './audit-run.ts';
import { type HexHasher, type Join, joiner, TreeCheck } from './audit-tree.ts';
import type { RunEvent } from './events.ts';
import { type Audit, type Finding, FINDINGS_LIMIT } from './findings.ts';
import { blobKey, childKey, parseSummary, PREFIXES, runKey, RUNS, textOf } from './keys.ts';
import { blobsOf } from './limits.ts';
import { completedBy, HASH_BYTES } from './merkle.ts';
import { eachEntry, everyEvent } from './pages.ts';

/** Events that are read at once. */
const PAGE = 500;

/** How many open places are tried for a gap: more gaps than that are no accident that could be told apart. */
const TRIED = 64;

const HEX = 2 * HASH_BYTES;

/**
 * Checks all events against the log, the chain of each run, the summaries and the blobs, in one pass.
 *
 * @param reader Sees one moment.
 * @param checkpoints Those whose signature is known to be good.
 */
export async function audit(reader: StorageReader, checkpoints: readonly Checkpoint[]): Promise<Audit> {
  return new Auditor(reader, checkpoints).run();
}

/** An event with its place, its leaf and what its chain is said to be. */
interface Placed {
  readonly run: string;
  readonly seq: number;
  readonly time: number;
  readonly position: number;
  /** Undefined where nothing tells it any more. */
  readonly leaf: string | undefined;
  readonly hash: string;
}

class Auditor {
  readonly #reader: StorageReader;
  readonly #hash: HexHasher;
  readonly #link: Join;
  readonly #checkpoints: Checkpoint[];
  readonly #findings: Mutable<Finding>[] = [];
  readonly #runs = new Map<string, RunCheck>();
  readonly #tree: TreeCheck;
  /** Runs that came to their end in this page. */
  readonly #finished = new Set<RunCheck>();
  /** Places at which there is nothing, or another event than the recorded one. */
  readonly #open: Suspect[] = [];
  /** Leaves of the log that were changed, while their event was not. */
  readonly #edited = new Set<number>();
  /** The last position of the log. */
  #logged = 0;
  #events = 0;
  #pruned = 0;
  #summaries = 0;
  #signed = 0;
  #isSignedWhole = true;

  constructor(reader: StorageReader, checkpoints: readonly Checkpoint[]) {
    this.#reader = reader;
    const { hash } = process.getBuiltinModule('node:crypto');
    this.#hash = (content) => hash('sha256', content, 'hex');
    this.#link = joiner(this.#hash);
    this.#checkpoints = checkpoints.toSorted((a, b) => a.size - b.size);
    this.#tree = new TreeCheck(this.#hash, {
      node: (position, level) => this.#report({ why: 'log', position, field: `nodes[${level}]` }),
      leaf: (position) => this.#edited.add(position),
    });
  }

  async run(): Promise<Audit> {
    this.#logged = (await this.#reader.ends()).nodes;
    let last = 0;
    for (let isMore = true; isMore && !this.#isFull;) {
      const page = await this.#reader.readAll({ after: last, limit: PAGE });
      for (const event of page) {
        if (this.#isFull) break;
        if (event.position > last + 1) await this.#fillGap(last + 1, event.position);
        // Mostly there is nothing to wait for.
        const pending = this.#accept(event);
        if (pending) await pending;
        last = event.position;
      }
      await this.#concludeFinished();
      isMore = page.length === PAGE;
    }
    await this.#fillGap(last + 1, this.#logged + 1);
    if (!this.#isFull) await this.#concludeRuns();
    await this.#findForeign();
    for (const { size } of this.#checkpoints) this.#report({ why: 'truncated', position: Math.max(last, this.#logged) + 1, size });
    await explain(this.#open, this.#edited, this.#reader, this.#hash);
    return {
      ok: this.#findings.length === 0,
      events: this.#events,
      pruned: this.#pruned,
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
  async #fillGap(from: number, to: number): Promise<void> {
    for (let position = from; position < to && !this.#isFull; position++) {
      const [nodes] = await this.#reader.nodes([position]);
      const row = whole(nodes, position);
      this.#open.push({ position, logged: row?.slice(0, HEX), finding: this.#report({ why: 'missing', position }), isSettled: false });
      if (position <= this.#logged) this.#grow(row, undefined);
    }
  }

  #accept({ position, stream: run, version: seq, time, body, hash, nodes }: StorageEvent): Promise<void> | undefined {
    this.#events += 1;
    const row = whole(nodes, position);
    const logged = row?.slice(0, HEX);
    if (body === FORGOTTEN && position <= this.#logged) return this.#acceptEmptied({ run, seq, time, position, leaf: logged, hash }, row);
    const leaf = this.#hash(`\0${canonical({ run, seq, time, body })}`);
    if (position <= this.#logged) this.#grow(row, leaf);
    if (leaf !== logged) {
      const isBeyond = position > this.#logged;
      if (logged === undefined && !isBeyond) this.#report({ why: 'log', position, run, seq, field: 'nodes' });
      else {
        const finding = this.#report({ why: isBeyond ? 'inserted' : 'changed', position, run, seq });
        const found = { run, seq, time, body, leaf };
        // Nothing above the last leaf of an odd tree tells which of the two was changed: the chain does.
        if (position === this.#logged && position % 2 === 1 && this.#isNext(found, hash)) this.#edited.add(position);
        this.#open.push({ position, logged: logged ?? leaf, row: found, finding, isSettled: false });
        return undefined;
      }
    }
    const link = { run, seq, time, position, leaf, hash };
    const check = this.#runs.get(run) ?? (seq === 1 ? this.#begin(run) : undefined);
    if (!check || body.includes(BLOB)) return this.#acceptWhole(link, body);
    this.#follow(check, link, standIn(body) ?? parseRecorded(body));
    if (check.hasOtherTimes) this.#report({ why: 'changed', run, field: 'time' });
    return check.isPruned && check.emptied < seq - 1 ? this.#findRestored(run, seq) : undefined;
  }

  /** An event that was pruned, or that somebody has emptied: what follows in its run tells. The log knows what it was. */
  async #acceptEmptied(stored: Placed, row: string | undefined): Promise<void> {
    this.#grow(row, undefined);
    const link = this.#placeEmptied(stored);
    const { run, seq, position, leaf, hash } = link;
    if (leaf === undefined) this.#report({ why: 'log', position, run, seq, field: 'nodes' });
    const check = this.#runs.get(run) ?? (seq === 1 ? this.#begin(run) : await this.#resume(link));
    this.#bridge(check, link);
    if (!check.follow(leaf, hash)) this.#report({ why: 'changed', position, run, seq, field: 'hash' });
    check.acceptEmptied(seq, position, link.time, this.#hash);
  }

  /** Nothing but the chains tells whether an empty event stands where it belongs. */
  #placeEmptied(link: Placed): Placed {
    const { run, seq, position, leaf, hash } = link;
    const own = this.#runs.get(run);
    if (seq === (own?.count ?? 0) + 1 || this.#findings.length > TRIED) return link;
    const check = [...(own ? [own] : []), ...this.#runs.values()].find((one) => one.chained([leaf]) === hash);
    if (!check) return link;
    const place = { run: check.run, seq: check.count + 1 };
    this.#report({ why: 'changed', position, ...place, field: check === own ? 'seq' : 'run' });
    return { ...link, ...place };
  }

  /** What a pruned run says once more. */
  async #findRestored(run: string, before: number): Promise<void> {
    for (const { position, version: seq, body } of await everyEvent(this.#reader, run)) {
      const isOpen = this.#open.some((one) => one.position === position);
      if (seq < before && body !== FORGOTTEN && !isOpen) this.#report({ why: 'restored', position, run, seq });
    }
  }

  /** What says nothing any more, although nobody has pruned it. */
  async #findEmptied(run: string): Promise<void> {
    for (const { position, version: seq, body } of await everyEvent(this.#reader, run)) if (body === FORGOTTEN) this.#report({ why: 'changed', position, run, seq });
  }

  /** An event of which more has to be looked up. */
  async #acceptWhole(link: Placed, body: string): Promise<void> {
    const check = this.#runs.get(link.run) ?? (await this.#resume(link));
    const event = parse(body);
    const blob = event && (await this.#blobFault(event));
    const { position, run, seq } = link;
    if (blob) this.#report({ why: blob, position, run, seq });
    this.#follow(check, link, event);
  }

  /** Goes over events of the run that are not there. */
  #bridge(check: RunCheck, { seq, position, leaf, hash }: Placed): void {
    if (seq > check.count + 1) this.#settle(check, seq - 1, position, (before) => check.chained([leaf], before) === hash);
  }

  #follow(check: RunCheck, link: Placed, event: RunEvent | undefined): void {
    const { run, seq, time, position, leaf, hash } = link;
    this.#bridge(check, link);
    const isLinked = check.follow(leaf, hash);
    const wrong = check.accept(seq, position, time, event);
    if (!isLinked) this.#report({ why: 'changed', position, run, seq, field: 'hash' });
    else if (wrong !== undefined) this.#report({ why: wrong, position, run, seq });
    if (check.isFinished) this.#finished.add(check);
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

  #begin(run: string): RunCheck {
    const check = new RunCheck(run, this.#link);
    this.#runs.set(run, check);
    return check;
  }

  /** An event of a run that had come to its end before, or that was not seen from its beginning on. */
  async #resume({ run, position }: Placed): Promise<RunCheck> {
    const check = this.#begin(run);
    const before = (await everyEvent(this.#reader, run)).filter((event) => event.position < position).toSorted((a, b) => a.position - b.position).at(-1);
    const isOpen = this.#open.some((one) => one.position === before?.position);
    if (before && !isOpen) check.skip(before.version, before.position, before.hash);
    return check;
  }

  async #blobFault(event: RunEvent): Promise<'blob-missing' | 'blob-changed' | undefined> {
    for (const { blob, bytes } of blobsOf(event)) {
      const value = await this.#reader.get(blobKey(blob));
      if (!value) return 'blob-missing';
      if (value.byteLength !== bytes || this.#hash(value) !== blob) return 'blob-changed';
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
  async #concludeFinished(): Promise<void> {
    const finished = [...this.#finished].toSorted((a, b) => (a.run < b.run ? -1 : 1));
    this.#finished.clear();
    const [first] = finished;
    if (!first) return;
    const page = await this.#reader.list({ prefix: RUNS, after: runKey(first.run.slice(0, -1)), limit: finished.length });
    let at = 0;
    for (const check of finished) {
      if (check.emptied > 0 && !check.isPruned) continue;
      const key = runKey(check.run);
      while (page[at] && page[at]!.key < key) at += 1;
      const value = page[at]?.key === key ? page[at]!.value : await this.#reader.get(key);
      // Most runs were asked for by nobody that would lead to them: then there is nothing to wait for.
      if (!value || !check.fits(textOf(value)) || (check.parent !== undefined && !(await this.#isFound(check)))) continue;
      this.#summaries += 1;
      this.#pruned += check.emptied;
      this.#runs.delete(check.run);
    }
  }

  /** Whether the run that asked for it leads to it. */
  async #isFound({ parent, run }: RunCheck): Promise<boolean> {
    return parent === undefined || (await this.#reader.get(childKey(parent, run))) !== undefined;
  }

  /** Compares a run that is not finished, or not as it should be, with its summary. */
  async #conclude(check: RunCheck): Promise<void> {
    const value = await this.#reader.get(runKey(check.run));
    if (value) this.#summaries += 1;
    const text = value && textOf(value);
    const { head = 0, hash: last = '' } = (text === undefined ? undefined : parseSummary(text)) ?? {};
    if (head > check.count) this.#settle(check, head, Infinity, (hash) => hash === last);
    // Where its last event is not as it was, that may be the one that said so.
    const isUntold = this.#open.some(({ finding }) => finding.run === check.run && finding.seq === head && finding.why !== 'inserted');
    if (check.isPruned) this.#pruned += check.emptied;
    else if (check.emptied > 0 && !isUntold) await this.#findEmptied(check.run);
    if (text === undefined || !check.fits(text) || !(await this.#isFound(check))) this.#report({ why: 'summary', run: check.run, seq: check.count, position: check.position });
  }

  async #concludeRuns(): Promise<void> {
    for (const check of [...this.#runs.values()]) await this.#conclude(check);
    if ((await this.#reader.count(RUNS)) === this.#summaries) return;
    // Runs of which no event is left as it was.
    for await (const { key, value } of eachEntry(this.#reader, { prefix: RUNS })) {
      const run = key.slice(RUNS.length);
      const text = textOf(value);
      if (!(await this.#isAllOpen(run))) continue;
      const { head = 0, hash: last = '' } = parseSummary(text) ?? {};
      const check = new RunCheck(run, this.#link);
      this.#settle(check, head, Infinity, (hash) => hash === last);
      if (!check.fits(text)) this.#report({ why: 'summary', run, seq: head });
    }
  }

  /** What stands under another key than a journal has could be something that was put aside: a checkpoint, for instance. */
  async #findForeign(): Promise<void> {
    let last: string | undefined;
    while (!this.#isFull) {
      const [entry] = await this.#reader.list({ prefix: '', limit: 1, ...(last === undefined ? {} : { after: last }) });
      if (!entry) return;
      const prefix = PREFIXES.find((known) => entry.key.startsWith(known));
      if (prefix === undefined) this.#report({ why: 'foreign', field: entry.key });
      // From one prefix to the next, past all that begins so; and past what stands even beyond that.
      const end = `${prefix}\u{10ffff}`;
      last = prefix === undefined || last === end || entry.key > end ? entry.key : end;
    }
  }

  /** Whether a run has no event, or none that is the recorded one. */
  async #isAllOpen(run: string): Promise<boolean> {
    const events = await everyEvent(this.#reader, run);
    return events.every(({ position }) => this.#open.some((one) => one.position === position));
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
const BEGINNINGS = new Map(STAND_INS.map((event) => [`{"v":${event.v},"type":"${event.type}"`, event]));

/** What names a blob holds this. A text is found ten times as fast by a first letter that is rarer than a quotation mark. */
const BLOB = 'blob":';

/** Where the comma behind the version is not looked for. */
const BEHIND_VERSION = '{"v":1,'.length;

/** What fits the log was an event when it was recorded; to parse all of them would take as long as all the rest. */
function standIn(body: string): RunEvent | undefined {
  return BEGINNINGS.get(body.slice(0, body.indexOf(',', BEHIND_VERSION)));
}
