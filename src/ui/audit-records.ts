import { ownPackage } from '../config/package-root.ts';
import { TokaError } from '../errors.ts';
import { parse } from '../journal/audit-run.ts';
import { leafHash } from '../journal/chain.ts';
import type { Journal, RunSummary } from '../journal/contract.ts';
import type { EventLog, LogEntry } from '../journal/event-log.ts';
import type { RunEvent } from '../journal/events.ts';
import { type AuditRecord, recordOf } from '../journal/records.ts';
import { type AuditFormat, recordWriter } from './audit-formats.ts';
import { entriesOf } from './audit-read.ts';
import type { Door } from './door.ts';
import { checkRunFilter, duration } from './runs-list.ts';
import { paint, plain, table, terminal, type Terminal } from './text.ts';

export interface RecordFlags {
  readonly limit?: string | undefined;
  readonly status?: string | undefined;
  readonly tool?: string | undefined;
}

/** Runs that are read at once. */
const PAGE = 500;

/** `toka audit list` */
export async function listRecords({ json, ...flags }: RecordFlags & { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    const records: AuditRecord[] = [];
    for await (const record of recordsOf(await toka.journal(), flags)) records.push(record);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/audit-list/v1', records })}\n`);
    else door.stdout.write(recordTable(records, terminal(door.stdout, door.env)));
    return 0;
  } finally {
    await toka.close();
  }
}

/** `toka audit export`: newest first, each record as soon as it is read. */
export async function exportRecords({ format, ...flags }: RecordFlags & { readonly format: AuditFormat }, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    const writer = recordWriter(format, ownPackage().version);
    if (writer.head !== '') door.stdout.write(writer.head);
    for await (const record of recordsOf(await toka.journal(), flags)) door.stdout.write(writer.line(record));
    return 0;
  } finally {
    await toka.close();
  }
}

/** `toka audit show SEQ|RUN` */
export async function showRecord(word: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const entries = await journal.consult(await entriesOf(word, journal));
    const run = await journal.run(entries[0]?.run ?? '');
    const record = await journal.consult((log) => recordWith(log, run));
    const events = entries.map((entry) => ({ ...shownEntry(entry), event: parse(entry.body) ?? null }));
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/audit-show/v1', record, events })}\n`);
    else door.stdout.write(describe(record, events, terminal(door.stdout, door.env)));
    return 0;
  } finally {
    await toka.close();
  }
}

async function* recordsOf(journal: Journal, { limit, status, tool }: RecordFlags): AsyncGenerator<AuditRecord, void, undefined> {
  const filter = checkRunFilter({ limit: limit ?? '999999', status, tool }, 'toka audit list');
  let [left, before] = [filter.limit, undefined as string | undefined];
  while (left > 0) {
    const page = await journal.runs({ ...filter, limit: Math.min(PAGE, left), ...(before === undefined ? {} : { before }) });
    yield* await journal.consult((log) => Promise.all(page.map((run) => recordWith(log, run))));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    before = last.id;
    left -= page.length;
  }
}

async function recordWith(log: EventLog, run: RunSummary): Promise<AuditRecord> {
  const entries = await log.entries(run.id);
  const left = run.prunedAt === undefined ? entries : entries.filter(({ leaf }) => leaf === undefined);
  const events = left.map(({ body }) => parse(body)).filter((event) => event !== undefined);
  const [first] = entries;
  if (!first || events.length < left.length) {
    throw new TokaError('TOKA_INTEGRITY', `expected the events of run ${run.id}, found ${first ? 'some that cannot be read' : 'none'}`, { hint: 'toka audit verify says what is wrong' });
  }
  return recordOf(run, events, { seq: first.position, hash: entries.at(-1)?.hash ?? '' });
}

interface ShownEntry {
  readonly seq: number;
  readonly run: string;
  readonly runSeq: number;
  readonly time: string;
  /** The hash of the run's chain, and the leaf of the log over all runs. */
  readonly hash: string;
  readonly leaf: string;
}

function shownEntry(entry: LogEntry): ShownEntry {
  const { position, run, seq, time, hash, leaf = leafHash(entry).toString('hex') } = entry;
  return { seq: position, run, runSeq: seq, time: new Date(time).toISOString(), hash, leaf };
}

function recordTable(records: readonly AuditRecord[], view: Terminal): string {
  const rows = records.map((record) => [String(record.seq), shortTime(record.time), record.principal, record.tool ?? record.model, decision(record), record.outcome, record.run]);
  const text = table(['SEQ', 'TIME', 'WHO', 'WHAT', 'DECISION', 'OUTCOME', 'RUN'], rows, view);
  return records.length === 0 ? `${text}${paint(view, 'dim', 'nothing is recorded yet')}\n` : text;
}

function decision({ granted, denied, prunedAt }: AuditRecord): string {
  if (prunedAt !== undefined) return 'pruned';
  if (denied.length > 0) return `${denied.length} denied`;
  return granted.length === 0 ? 'nothing needed' : `${granted.length} granted`;
}

function describe(record: AuditRecord, events: readonly (ShownEntry & { readonly event: RunEvent | null })[], view: Terminal): string {
  const facts: [string, string | undefined][] = [
    ['run', record.run],
    ['time', shortTime(record.time)],
    ['who', `${record.principal}, through ${record.door}${record.parent === undefined ? '' : `, for run ${record.parent}`}`],
    ['from', record.importedFrom],
    ['pruned', record.prunedAt && shortTime(record.prunedAt)],
    ['token', record.tokens?.toReversed().join(', from ')],
    ['what', `${record.tool ?? record.model}, effect ${record.effect}`],
    ['manifest', record.manifestHash],
    ['parameters', record.paramsDigest === '' ? undefined : record.paramsDigest],
    ...record.granted.map(({ capability, source }): [string, string] => ['granted', `${capability}${source === undefined ? '' : `, by ${source}`}`]),
    ...record.approvals.map(({ capability, decision: answer, by }): [string, string] => ['asked', `${capability}: ${answer}, by ${by}`]),
    ...record.denied.map(({ capability, reason }): [string, string] => ['denied', `${capability}: ${reason}`]),
    ['outcome', [record.outcome, record.errorCode, record.usage && duration(record.usage)].filter((part) => part !== undefined && part !== '').join(', ')],
  ];
  const lines = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)}  ${plain(value)}`]));
  const rows = events.map(({ seq, time, event, leaf }) => [String(seq), shortTime(time), event?.type ?? (record.prunedAt === undefined ? 'unreadable' : 'pruned'), leaf]);
  return `${lines.join('\n')}\n\n${table(['SEQ', 'TIME', 'EVENT', 'LEAF'], rows, view)}`;
}

function shortTime(time: string): string {
  return time.replace('T', ' ').slice(0, 19);
}
