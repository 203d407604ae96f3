import { createHash } from 'node:crypto';
import * as z from 'zod';
import { TokaError, toTokaError } from '../errors.ts';
import { parse } from './audit-run.ts';
import type { Journal } from './contract.ts';
import type { RunEvent, RunImported } from './events.ts';
import { blobsOf, checkRunId } from './limits.ts';
import { replay } from './replay.ts';
import { brokenLink, EXPORT_SCHEMA, type ExportedEvent, type ExportHead } from './run-export.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
const count = z.int().min(0);

const Head = z.strictObject({ schema: z.literal(EXPORT_SCHEMA), toka: z.string().max(1024), exportedAt: z.iso.datetime(), origin: z.string().max(1024), run: z.string() });
const Event = z.strictObject({ run: z.string(), seq: z.int().min(1), time: z.int(), hash, body: z.string() });
const Blob = z.strictObject({ blob: hash, base64: z.base64() });
const End = z.strictObject({ end: z.strictObject({ events: count, blobs: count }), sha256: hash });

/** One run of a file, with each event as it was recorded and as it is read. */
interface ImportedRun {
  readonly run: string;
  readonly recorded: readonly ExportedEvent[];
  readonly events: readonly RunEvent[];
}

/** What a file holds that is in order in itself. */
export interface RunExport {
  readonly head: ExportHead;
  readonly runs: readonly ImportedRun[];
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
}

/** What an import has done: runs that were recorded, and runs that were here already. */
export interface Imported {
  readonly imported: readonly string[];
  readonly known: readonly string[];
}

/**
 * Reads a file of exported runs and checks all of it: its form, its end, every chain, every blob, and that the events make runs.
 *
 * @throws TokaError `TOKA_EXPORT_INVALID` for what is something else or was cut off, `TOKA_EXPORT_VERSION` for a newer format,
 *   `TOKA_INTEGRITY` for what was changed
 */
export function readExport(text: string, file: string): RunExport {
  const lines = text.split('\n');
  const [first = '', ...rest] = lines;
  const head = readHead(first, file);
  const isWhole = rest.pop() === '';
  const { end, sha256 } = read(End, isWhole ? (rest.pop() ?? '') : '', file, lines.length - 1, 'an end: the file was cut off');
  const body = [first, ...rest].map((line) => `${line}\n`);
  if (digestOf(body) !== sha256) throw changed(file, 'it is not what its last line says');
  const events = rest.slice(0, end.events).map((line, at) => read(Event, line, file, at + 2, 'an event'));
  const blobs = new Map(rest.slice(end.events).map((line, at) => blobOf(read(Blob, line, file, end.events + at + 2, 'a blob'), file)));
  if (events.length !== end.events || blobs.size !== end.blobs || rest.length !== end.events + end.blobs) throw foreign(file, 'other numbers of events and blobs than its end says');
  const runs = runsOf(events, file);
  checkTree(head.run, runs, file);
  checkNamed(runs, blobs, file);
  return { head, runs, blobs, sha256: digestOf([text]) };
}

/**
 * Records the runs of a file under their own ids, all of them in one commit, with an event for each that says where it comes from. Those that
 * are here already stay as they are.
 *
 * @throws TokaError `TOKA_INTEGRITY` where a run of that id is here with other events
 */
export async function importRuns(journal: Journal, { head, runs, blobs, sha256 }: RunExport, { by, toka }: { readonly by: string; readonly toka: string }): Promise<Imported> {
  const provenance: RunImported = { v: 1, type: 'run.imported', origin: head.origin, exportedAt: head.exportedAt, file: sha256, by, toka };
  for (let isAgain = false; ; isAgain = true) {
    const found = await Promise.all(runs.map(async (one) => isKnown(journal, one)));
    const missing = runs.filter((_, at) => found[at] === false);
    try {
      if (missing.length > 0) await recordAll(journal, missing, blobs, provenance);
      return { imported: missing.map(({ run }) => run), known: runs.filter((_, at) => found[at] === true).map(({ run }) => run) };
    } catch (error) {
      // Somebody else has just imported the same.
      if (isAgain || toTokaError(error).code !== 'TOKA_EVENT_CONFLICT') throw error;
    }
  }
}

async function recordAll(journal: Journal, runs: readonly ImportedRun[], blobs: ReadonlyMap<string, Uint8Array>, provenance: RunImported): Promise<void> {
  await journal.commit(async ({ append }) => {
    for (const { run, recorded, events } of runs) {
      const own = new Map(events.flatMap(blobsOf).map(({ blob }) => [blob, blobs.get(blob) ?? new Uint8Array(0)]));
      const stored = await append(run, [...events, provenance], 0, own, recorded.map(({ time }) => time));
      const other = recorded.find(({ hash: expected }, at) => stored[at]?.hash !== expected);
      if (!other) continue;
      throw new TokaError('TOKA_EXPORT_INVALID', `expected an event that can be recorded as it is, found event ${other.seq} of run ${run}, whose time is ${new Date(other.time).toISOString()}`, {
        hint: 'nothing was imported. Is the clock of this machine behind? Import it when that time has passed',
      });
    }
  });
}

/** Whether a run is here, as the file has it but for what was noted of its way. */
async function isKnown(journal: Journal, { run, recorded, events }: ImportedRun): Promise<boolean> {
  const here = await journal.consult((log) => log.entries(run));
  if (here.length === 0) return false;
  const other = recorded.filter((_, at) => events[at]?.type !== 'run.imported').map((event) => event.hash);
  // Of one that was pruned here the hashes are left, with those of what was noted of its way; it stays pruned.
  const isPruned = here[0]?.leaf !== undefined;
  const own = isPruned ? here.slice(0, other.length) : here.filter(({ body }) => parse(body)?.type !== 'run.imported');
  if (own.map((entry) => entry.hash).join() === other.join()) return true;
  throw new TokaError('TOKA_INTEGRITY', `expected run ${run} to be unknown here, or the same as in the file; found another one of that id`, {
    hint: 'nothing was imported; toka runs show and toka audit verify say more about the one here',
  });
}

function readHead(line: string, file: string): ExportHead {
  const value = json(line);
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  const [, version] = /^toka\/run-export\/v(\d{1,6})$/.exec(String(schema)) ?? [];
  if (version !== undefined && Number(version) > 1) {
    throw new TokaError('TOKA_EXPORT_VERSION', `expected an export of the format ${EXPORT_SCHEMA}, found ${String(schema)}`, { hint: 'update toka', where: { file } });
  }
  return read(Head, line, file, 1, 'the head of one');
}

function read<T>(schema: z.ZodType<T>, line: string, file: string, number: number, expected: string): T {
  const parsed = schema.safeParse(json(line));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : 'something else';
  throw foreign(file, `line ${number} is not ${expected} (${at})`, number);
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function blobOf({ blob, base64 }: z.infer<typeof Blob>, file: string): [string, Uint8Array] {
  const bytes = Buffer.from(base64, 'base64');
  if (digestOf([bytes]) !== blob) throw changed(file, `blob ${blob} holds other bytes`);
  return [blob, bytes];
}

function runsOf(all: readonly ExportedEvent[], file: string): ImportedRun[] {
  return [...Map.groupBy(all, ({ run }) => run)].map(([run, recorded]) => {
    const broken = brokenLink(recorded);
    if (broken) throw changed(file, `event ${broken.seq} of run ${run} does not fit its chain`);
    const events = recorded.map(({ seq, body }) => {
      const event = parse(body);
      if (!event || event.type === 'run.pruned' || JSON.stringify(event) !== body) throw foreign(file, `event ${seq} of run ${run} is none that this toka knows`);
      return event;
    });
    checkRun(run, events, recorded, file);
    return { run, recorded, events };
  });
}

/** What the journal would refuse is the file's fault, not a defect of toka. */
function checkRun(run: string, events: readonly RunEvent[], recorded: readonly ExportedEvent[], file: string): void {
  try {
    checkRunId(run);
    replay(events.map((event, at) => ({ event, time: recorded[at]?.time ?? 0 })));
  } catch (cause) {
    throw foreign(file, `run ${run.slice(0, 64)} is none: ${cause instanceof Error ? cause.message : String(cause)}`, undefined, cause);
  }
}

/** One run, and what it started. */
function checkTree(root: string, runs: readonly ImportedRun[], file: string): void {
  const ids = new Set(runs.map(({ run }) => run));
  const stranger = runs.find(({ run, events: [first] }) => run !== root && !(first?.type === 'run.requested' && ids.has(first.parent ?? '')));
  if (!ids.has(root)) throw foreign(file, `no events of run ${root.slice(0, 64)}, which it says it is of`);
  if (stranger) throw foreign(file, `run ${stranger.run}, which none of the others has started`);
}

function checkNamed(runs: readonly ImportedRun[], blobs: ReadonlyMap<string, Uint8Array>, file: string): void {
  const named = new Map(runs.flatMap(({ events }) => events.flatMap(blobsOf)).map(({ blob, bytes }) => [blob, bytes]));
  for (const [blob, bytes] of named) if (blobs.get(blob)?.byteLength !== bytes) throw foreign(file, `no blob ${blob} of ${bytes} bytes, which an event names`);
  for (const blob of blobs.keys()) if (!named.has(blob)) throw foreign(file, `blob ${blob}, which no event names`);
}

function digestOf(parts: readonly (string | Uint8Array)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
}

function changed(file: string, found: string): TokaError {
  return new TokaError('TOKA_INTEGRITY', `expected an export as toka wrote it, found that ${found}`, { hint: 'nothing was imported; export the run again', where: { file } });
}

function foreign(file: string, found: string, line?: number, cause?: unknown): TokaError {
  return new TokaError('TOKA_EXPORT_INVALID', `expected an export of runs (${EXPORT_SCHEMA}), found ${found}`, {
    hint: 'nothing was imported; toka runs export RUN --out FILE writes one',
    where: { file, ...(line === undefined ? {} : { line }) },
    cause,
  });
}
