import type { JsonValue } from '@toka/sdk';
import { EffectiveSet } from '../capability/effective.ts';
import { escapeGlob } from '../capability/glob.ts';
import { parseCapability } from '../capability/grammar.ts';
import { TokaError } from '../errors.ts';
import { createKeeper } from '../journal/blobs.ts';
import type { Journal } from '../journal/contract.ts';
import type { Kept, RunEvent, RunRecorded, RunRequested, RunStarted, StoredEvent } from '../journal/events.ts';
import { parseCalls, parseFiles, type RecordedCall, type RecordedFile } from '../journal/recorded.ts';
import type { RunDifference } from '../journal/run-diff.ts';
import { MASKED } from '../manifest/secret-parts.ts';
import { passParameters } from '../runtime/arguments.ts';
import type { Completion } from '../runtime/completion.ts';
import type { ReplayedCall } from '../runtime/replay-context.ts';
import type { TapedCall } from '../runtime/taped-call.ts';
import { STOPPED, valueOf } from './answer.ts';
import type { House } from './house.ts';
import { maskOf } from './mask.ts';
import { outcomeEvents } from './record.ts';
import { type Divergence, divergenceOf, type Ending, endingDifferences } from './replay-compare.ts';
import type { ExecutionRequest, ToolRequest } from './request.ts';
import type { RunResult } from './result.ts';
import type { Run } from './run.ts';
import { toolDigest as digestNow } from './tool-digest.ts';
import { requestOf } from './unknown.ts';

export const REPLAY_SCHEMA = 'toka/run-replay/v1';

/** A run on record that can be told again. */
export interface Retellable {
  readonly run: string;
  readonly events: readonly StoredEvent[];
  readonly requested: RunRequested;
  readonly started: RunStarted;
  readonly recorded: RunRecorded;
  readonly ending: Ending;
  readonly params: Readonly<Record<string, unknown>>;
  /** Parameters that hold a secret, which is not on record. */
  readonly needs: readonly string[];
}

/** What is said of a replay. */
export interface ReplayRequest extends Pick<ToolRequest, 'allow' | 'door' | 'onEvent' | 'principal' | 'signal'> {
  /** Those of `needs`, once more. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Whether all must be equal: the tool and its version, the order of its calls, what it logged. Default false. */
  readonly strict?: boolean;
  /** Whether it is really done once more, as a run that is recorded. Default false. */
  readonly reexecute?: boolean;
}

/** A file that a process could read and that is not what it was; absent sums: it is not there. */
export interface ChangedFile {
  readonly path: string;
  readonly before?: string;
  readonly now?: string;
}

/** Whether a run went as on record, and where it did not. */
export interface ReplayReport {
  readonly schema: typeof REPLAY_SCHEMA;
  readonly run: string;
  readonly tool: string;
  readonly strict: boolean;
  readonly same: boolean;
  /** What it asked otherwise; how it ended is not compared then. */
  readonly divergence?: Divergence;
  readonly differences: readonly RunDifference[];
  /** The run that did it once more. */
  readonly reexecuted?: string;
  /** With that: what the process could read and was otherwise. */
  readonly changedFiles?: readonly ChangedFile[];
}

/** How the pipeline is entered; handed in, since it stands in another part of the bundle. */
export interface Entries {
  retell(house: House, request: ExecutionRequest): Promise<{ run: Run; error?: TokaError }>;
  execute(house: House, request: ExecutionRequest): Promise<RunResult>;
}

/** @throws TokaError TOKA_RUN_UNKNOWN, TOKA_RUN_ACTIVE, TOKA_RUN_NOT_RECORDED, TOKA_INTEGRITY */
export async function retellable(house: House, id: string): Promise<Retellable> {
  const journal = await house.journal();
  const { status } = await journal.run(id);
  if (status === 'running') throw new TokaError('TOKA_RUN_ACTIVE', `run ${id} has not ended yet`, { hint: 'wait until it is done: toka runs list --status running', data: { run: id } });
  const events = await journal.read(id);
  const requested = requestOf(events);
  const of = <T extends RunEvent['type']>(type: T): Extract<RunEvent, { type: T }> | undefined =>
    events.map(({ event }) => event).find((event): event is Extract<RunEvent, { type: T }> => event.type === type);
  const [started, recorded, finished] = [of('run.started'), of('run.recorded'), of('run.finished')];
  if (!finished) throw refusal(id, 'it was interrupted, and has no end', `toka runs resume ${id}`);
  if (!started || !recorded) throw refusal(id, started ? 'it was not asked to be recorded so' : `it never began: ${status}`, `record it: toka run --record ${requested.tool ?? 'NAME'} …`);
  if (recorded.lost?.includes('calls') === true) throw refusal(id, 'it asked for more than is kept', 'record a run that does less');
  const isByItself = status === 'succeeded' || status === 'failed' || (started.command !== undefined && Object.hasOwn(STOPPED, finished.error?.code ?? ''));
  if (!isByItself) throw refusal(id, `it did not end by itself: ${status}`, 'record a run that comes to its end');
  const params = (await valueOf(requested.params, journal)) as Readonly<Record<string, JsonValue>>;
  return { run: id, events, requested, started, recorded, ending: await endingOf(events.map(({ event }) => event), { toolDigest: recorded.toolDigest, toka: requested.toka }, async (kept) => bytesOf(kept, journal)), params, needs: Object.keys(params).filter((name) => JSON.stringify(params[name]).includes(MASKED)) };
}

/**
 * Tells a run again from its record, or does it once more, and compares.
 *
 * @throws TokaError What keeps it from being compared: TOKA_RUN_NOT_RECORDED, TOKA_INPUT_NEEDED, TOKA_USAGE, TOKA_TOOL_UNKNOWN,
 *   TOKA_LOCK_DRIFT, TOKA_SANDBOX_UNAVAILABLE
 */
export async function replay(house: House, found: Retellable, request: ReplayRequest, entries: Entries): Promise<ReplayReport> {
  return request.reexecute === true ? reexecuted(house, found, request, entries) : retold(house, found, request, entries);
}

async function retold(house: House, found: Retellable, request: ReplayRequest, { retell }: Entries): Promise<ReplayReport> {
  const { run: id, events, requested, started, recorded } = found;
  const { strict = false } = request;
  const journal = await house.journal();
  const calls = await callsOf(recorded, journal);
  requireVariables(calls, house);
  const secrets = secretsFor(found, request.params ?? {});
  const asked: ToolRequest = {
    ...commonOf(request),
    cwd: requested.cwd,
    params: { ...found.params, ...secrets },
    target: targetOf(found),
    ...(requested.parent === undefined ? {} : { parent: { run: requested.parent, step: requested.step ?? { position: 0 }, permissions: [], secrets: Object.values(secrets).filter((value) => typeof value === 'string') } }),
    replays: { run: id, events, calls, capabilities: started.effective, missing: recorded.missing, root: requested.project ?? requested.cwd, completion: await completionOf(events, journal) },
  };
  const { run, error } = await retell(house, asked);
  // What has no completion, and asked nothing, was not carried out.
  if (error && !run.replayed) throw error;
  const divergence = divergenceOf(calls, withoutSecrets(run), strict);
  const isNative = run.tool?.executable.type === 'native';
  const differences = divergence ? [] : endingDifferences(withWords(found.ending, found, run), await endingNow(run, error, house), { isStrict: strict, isNative });
  return { schema: REPLAY_SCHEMA, run: id, tool: requested.tool ?? '', strict, same: !divergence && differences.length === 0, ...(divergence ? { divergence } : {}), differences };
}

/** It is really done: by who asks, with their rights of today, and of these at most what it had. */
async function reexecuted(house: House, found: Retellable, request: ReplayRequest, { execute }: Entries): Promise<ReplayReport> {
  const { run: id, requested, started, recorded } = found;
  const { strict = false } = request;
  if (requested.manifestHash === undefined) {
    throw refusal(id, 'what it was to run is on record without its variables', requested.parent === undefined ? 'run it again' : `toka runs replay ${requested.parent} --reexecute does it once more with the run that asked for it`);
  }
  if (recorded.lost?.includes('input') === true) throw refusal(id, 'what it read on standard input was too large to be kept', 'run it again');
  const journal = await house.journal();
  const move = mover(requested.project ?? requested.cwd, house.projectRoot ?? house.anchors.root);
  const { budget, frozen, timeoutMs } = requested.bounds ?? {};
  const { runId, error } = await execute(house, {
    ...commonOf(request),
    principal: request.principal.within(grantedThen(found, move)),
    ...(request.allow ? { allow: request.allow } : {}),
    ...(request.onEvent ? { onEvent: request.onEvent } : {}),
    ...(budget ? { budget } : {}),
    ...(frozen === undefined ? {} : { frozen }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(recorded.input ? { input: await bytesOf(recorded.input, journal) } : {}),
    cwd: move.text(requested.cwd),
    params: { ...(move.json(found.params as JsonValue) as Readonly<Record<string, JsonValue>>), ...secretsFor(found, request.params ?? {}) },
    target: targetOf(found),
    record: true,
    repeats: id,
  });
  const events = (await journal.read(runId)).map(({ event }) => event);
  const began = events.some(({ type }) => type === 'run.started');
  if (!began) throw new TokaError((error?.code ?? 'TOKA_INTERNAL') as TokaError['code'], error?.message ?? 'it was not done', error?.hint === undefined ? {} : { hint: error.hint });
  const again = events.find((event) => event.type === 'run.recorded');
  const now = back(await endingOf(events, { toolDigest: again?.toolDigest, toka: house.version }, async (kept) => bytesOf(kept, journal)), move);
  const differences = endingDifferences(found.ending, now, { isStrict: strict, isNative: started.command === undefined });
  const changedFiles = again ? changes(await filesOf(recorded, journal), await filesOf(again, journal), move) : [];
  return { schema: REPLAY_SCHEMA, run: id, tool: requested.tool ?? '', strict, same: differences.length === 0, differences, reexecuted: runId, changedFiles };
}

function commonOf({ door, principal, signal }: ReplayRequest): Pick<ToolRequest, 'door' | 'model' | 'principal' | 'signal'> {
  return { model: 'tool', door, principal, ...(signal ? { signal } : {}) };
}

function targetOf({ requested: { tool = '', manifestHash }, started: { command = [], level } }: Retellable): ToolRequest['target'] {
  if (manifestHash !== undefined) return { kind: 'named', name: tool };
  const [program = tool, ...args] = command;
  return { kind: 'command', command: { argv: [program, ...args], level, limits: {}, capabilities: [], env: {} } };
}

function secretsFor({ run, needs }: Retellable, params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const other = Object.keys(params).find((name) => !needs.includes(name));
  if (other !== undefined) {
    throw new TokaError('TOKA_USAGE', `a run is told again with the parameters on record; ${needs.join(', ') || 'none'} may be given, found ${other}`, { hint: 'to run it with others, run the tool' });
  }
  const missing = needs.filter((name) => params[name] === undefined);
  if (missing.length === 0) return params;
  throw new TokaError('TOKA_INPUT_NEEDED', `run ${run} was given secrets, which are not on record: ${missing.join(', ')}`, {
    hint: `pass them once more: toka runs replay ${run} --params FILE, a JSON object with ${missing.join(', ')}`,
    data: { run, missing },
  });
}

/** Variables that by their names hold secrets are taken as they are now. */
function requireVariables(calls: readonly TapedCall[], { env }: House): void {
  const missing = calls.flatMap(({ do: verb, args, answer }) => (verb === 'env' && answer.lost && env[(args as { name: string }).name] === undefined ? [(args as { name: string }).name] : []));
  if (missing.length === 0) return;
  throw new TokaError('TOKA_INPUT_NEEDED', `it read variables whose values are not on record: ${missing.join(', ')}`, { hint: 'set them as they were, and replay it again', data: { missing } });
}

async function callsOf({ calls }: RunRecorded, journal: Journal): Promise<TapedCall[]> {
  return Promise.all(parseCalls(await valueOf(calls, journal)).map(async (call) => tapedCall(call, journal)));
}

async function tapedCall({ do: verb, args, content, answer: { value, content: bytes, part, error, lost } }: RecordedCall, journal: Journal): Promise<TapedCall> {
  const { code, message = '', hint, data } = error ?? {};
  return {
    do: verb,
    args,
    ...(content ? { content: await bytesOf(content, journal) } : {}),
    answer: {
      ...(value === undefined ? {} : { value }),
      ...(bytes ? { bytes: await bytesOf(bytes, journal) } : {}),
      ...(part ? { part } : {}),
      ...(error ? { error: { message, ...(code === undefined ? {} : { code }), ...(hint === undefined ? {} : { hint }), ...(data === undefined ? {} : { data }) } } : {}),
      ...(lost ? { lost } : {}),
    },
  };
}

async function filesOf({ files }: RunRecorded, journal: Journal): Promise<RecordedFile[]> {
  return parseFiles(await valueOf(files, journal));
}

async function bytesOf(kept: Kept, journal: Journal): Promise<Uint8Array> {
  if ('blob' in kept) return journal.blob(kept.blob);
  return Buffer.from(typeof kept.inline === 'string' ? kept.inline : JSON.stringify(kept.inline));
}

/** How the process ended that is on record. */
async function completionOf(events: readonly StoredEvent[], journal: Journal): Promise<Completion> {
  const pieces: { stream: 'stdout' | 'stderr'; bytes: Uint8Array }[] = [];
  let isTruncated = false;
  for (const { event } of events) {
    if (event.type !== 'run.output') continue;
    pieces.push({ stream: event.stream, bytes: await bytesOf(event.kept, journal) });
    isTruncated ||= event.truncated;
  }
  const last = events.map(({ event }) => event).find((event) => event.type === 'run.finished');
  const stopped = STOPPED[last?.error?.code ?? ''];
  const output = Buffer.concat(pieces.flatMap(({ stream, bytes }) => (stream === 'stdout' ? [bytes] : []))).toString('utf8');
  return { output, outputBytes: last?.usage.outputBytes ?? 0, truncated: isTruncated, exitCode: last?.exitCode ?? null, pieces, ...(stopped ? { stopped } : {}) };
}

interface Versions {
  readonly toolDigest: string | undefined;
  readonly toka: string;
}

async function endingOf(events: readonly RunEvent[], { toolDigest, toka }: Versions, read: (kept: Kept) => Promise<Uint8Array>): Promise<Ending> {
  const finished = events.find((event) => event.type === 'run.finished');
  const data = finished?.data && ('inline' in finished.data ? finished.data.inline : (JSON.parse(Buffer.from(await read(finished.data)).toString('utf8')) as JsonValue));
  const text = async (wanted: 'stdout' | 'stderr'): Promise<Uint8Array> =>
    Buffer.concat(await Promise.all(events.flatMap((event) => (event.type === 'run.output' && event.stream === wanted ? [read(event.kept)] : []))));
  return {
    status: finished?.status ?? '',
    exitCode: finished?.exitCode ?? null,
    ...(finished?.error ? { error: finished.error } : {}),
    ...(data === undefined ? {} : { data }),
    stdout: await text('stdout'),
    stderr: await text('stderr'),
    ...(toolDigest === undefined ? {} : { toolDigest }),
    toka,
  };
}

/** As its calls would be recorded. */
function withoutSecrets(run: Run): ReplayedCall[] {
  const mask = maskOf(run);
  return (run.replayed ?? []).map(({ content, args, ...call }) => ({
    ...call,
    args: mask.json(args),
    ...(content ? { content: mask.pieces([{ stream: 'stdout', bytes: content }])[0]!.bytes } : {}),
  }));
}

/** As it would be recorded, so that secrets are replaced on both sides. */
async function endingNow(run: Run, error: TokaError | undefined, house: House): Promise<Ending> {
  const keeper = createKeeper();
  const events = outcomeEvents(run, error, { wallMs: 0, outputBytes: 0 }, keeper);
  const read = async (kept: Kept): Promise<Uint8Array> => ('blob' in kept ? (keeper.blobs.get(kept.blob) ?? new Uint8Array(0)) : Buffer.from(kept.inline as string));
  const ending = await endingOf(events, { toolDigest: digestNow(run, house), toka: house.version }, read);
  const words = wordsOf(run);
  return words ? { ...ending, words: words.map(maskOf(run).text) } : ending;
}

function wordsOf({ tool, params = {} }: Run): string[] | undefined {
  if (!tool || tool.source === 'command' || tool.executable.type === 'native' || !('pass' in tool.executable)) return undefined;
  return passParameters(tool.executable, tool.params, params).args;
}

/** Where program and script lie is a matter of the machine: the words after them count. */
function withWords(ending: Ending, { started: { command } }: Retellable, run: Run): Ending {
  if (!command || !wordsOf(run)) return ending;
  return { ...ending, words: command.slice(run.tool?.executable.type === 'external' ? 1 : 2) };
}

/** Says of one folder what was said of another one. */
interface Mover {
  text(text: string): string;
  json(value: JsonValue): JsonValue;
  /** The other way, wherever it stands in a text. */
  back(text: string): string;
  capability(text: string): string;
}

function mover(from: string, to: string): Mover {
  const replaced = (text: string, old: string, now: string): string => (text === old || text.startsWith(`${old}/`) ? now + text.slice(old.length) : text);
  const text = (value: string): string => replaced(value, from, to);
  const json = (value: JsonValue): JsonValue => mapTexts(value, text);
  return {
    text,
    json,
    back: (value) => (from === to ? value : value.replaceAll(to, from)),
    capability: (value) => {
      const [domain = '', action = '', ...scope] = value.split(':');
      return domain === 'fs' || domain === 'proc' ? [domain, action, replaced(scope.join(':'), escapeGlob(from), escapeGlob(to))].join(':') : value;
    },
  };
}

function mapTexts(value: JsonValue, text: (value: string) => string): JsonValue {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]): [string, JsonValue] => [name, mapTexts(each, text)]));
}

function back(ending: Ending, move: Mover): Ending {
  const bytes = (value: Uint8Array): Uint8Array => {
    const text = Buffer.from(value).toString('utf8');
    return move.back(text) === text ? value : Buffer.from(move.back(text));
  };
  return { ...ending, stdout: bytes(ending.stdout), stderr: bytes(ending.stderr), ...(ending.data === undefined ? {} : { data: mapTexts(ending.data, move.back) }) };
}

function grantedThen({ started: { effective, sources = [], exceptSecrets = [], carvedOut = [] } }: Retellable, move: Mover): EffectiveSet {
  const permissions = effective.map((text, at) => ({
    capability: parseCapability(move.capability(text)),
    source: sources[at] ?? '',
    ...(exceptSecrets.includes(text) ? { exceptSecrets: true } : {}),
  }));
  return new EffectiveSet(permissions, carvedOut.map((text) => parseCapability(move.capability(text))));
}

function changes(before: readonly RecordedFile[], now: readonly RecordedFile[], move: Mover): ChangedFile[] {
  const sums = new Map(now.map(({ path, sha256 }) => [path, sha256]));
  const known = new Set(before.map(({ path }) => move.text(path)));
  return [
    ...before.flatMap(({ path, sha256 }): ChangedFile[] => {
      const found = sums.get(move.text(path));
      return found === sha256 ? [] : [{ path, before: sha256, ...(found === undefined ? {} : { now: found }) }];
    }),
    ...now.flatMap(({ path, sha256 }): ChangedFile[] => (known.has(path) ? [] : [{ path, now: sha256 }])),
  ];
}

function refusal(run: string, why: string, hint: string): TokaError {
  return new TokaError('TOKA_RUN_NOT_RECORDED', `run ${run} cannot be replayed: ${why}`, { hint, data: { run } });
}
