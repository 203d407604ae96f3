import { TokaError } from '../../errors.ts';
import type { Journal } from '../../journal/contract.ts';
import type { Kept, RunEvent, RunRecorded, RunRequested, RunResumed, RunStarted, StoredEvent } from '../../journal/events.ts';
import { parseCalls, parseFiles, type RecordedCall, type RecordedFile } from '../../journal/recorded.ts';
import { TAPE_LIMITS, type TapedCall } from '../../runtime/taped-call.ts';
import { STOPPED, valueOf } from '../answer.ts';
import { bytesOf } from '../recorded-completion.ts';
import { paramsAgain } from '../asked-again.ts';
import type { House } from '../house.ts';
import type { ToolRequest } from '../request.ts';
import { requestOf } from '../unknown.ts';
import { type Ending, endingOf } from './ending.ts';

/** Where secrets are replaced a content becomes up to twice as long. */
const MOST_BYTES = 2 * TAPE_LIMITS.all;

/** A run on record that can be told again. */
export interface Retellable {
  readonly run: string;
  readonly events: readonly StoredEvent[];
  readonly requested: RunRequested;
  /** With which rights it came to its end. */
  readonly started: RunStarted | RunResumed;
  readonly recorded: RunRecorded;
  readonly calls: readonly TapedCall[];
  readonly ending: Ending;
  readonly params: Readonly<Record<string, unknown>>;
  /** Parameters that hold a secret, which is not on record. */
  readonly needs: readonly string[];
  /** Variables that it read and that are not on record, since by their names they hold secrets. */
  readonly variables: readonly string[];
}

/** @throws TokaError TOKA_RUN_UNKNOWN, TOKA_RUN_ACTIVE, TOKA_RUN_NOT_RECORDED, TOKA_INTEGRITY */
export async function retellable(house: House, id: string): Promise<Retellable> {
  const journal = await house.journal();
  const { status } = await journal.run(id);
  if (status === 'running') throw new TokaError('TOKA_RUN_ACTIVE', `run ${id} has not ended yet`, { hint: 'wait until it is done: toka runs list --status running', data: { run: id } });
  const stored = await journal.read(id);
  const events = stored.map(({ event }) => event);
  const requested = requestOf(stored);
  const { started, recorded } = wholeOf(id, requested, events);
  const calls = await tapedCalls(parseCalls(await valueOf(recorded.calls, journal)), journal);
  return {
    run: id,
    events: stored,
    requested,
    started,
    recorded,
    calls,
    ending: await endingOf(events, { toolDigest: recorded.toolDigest, toka: started.type === 'run.resumed' ? started.toka : requested.toka }, async (kept) => bytesOf(kept, journal)),
    ...(await paramsAgain(requested, journal)),
    variables: [...new Set(calls.flatMap(({ do: verb, args, answer }) => (verb === 'env' && answer.lost ? [(args as { name: string }).name] : [])))],
  };
}

function wholeOf(id: string, { model, tool = 'NAME', bounds }: RunRequested, events: readonly RunEvent[]): { started: RunStarted | RunResumed; recorded: RunRecorded } {
  const of = <T extends RunEvent['type']>(type: T): Extract<RunEvent, { type: T }> | undefined => events.find((event): event is Extract<RunEvent, { type: T }> => event.type === type);
  // What an agent, or code, was answered is on record with the runs below its own.
  const untaped = model === 'agent' || model === 'code' ? NOTHING_TAPED : undefined;
  const [started, recorded = untaped, finished] = [events.findLast((event) => event.type === 'run.started' || event.type === 'run.resumed'), of('run.recorded'), of('run.finished')];
  if (!finished) throw notRecorded(id, 'it was interrupted, and has no end', `toka runs resume ${id}`);
  if (!started) throw notRecorded(id, `it never began: ${finished.status}`, 'toka runs show tells why');
  const isStopped = finished.status !== 'cancelled' && started.command !== undefined && Object.hasOwn(STOPPED, finished.error?.code ?? '');
  const isOver = finished.status === 'succeeded' || finished.status === 'failed' || isStopped || (model === 'agent' && finished.status === 'denied');
  if (!isOver) throw notRecorded(id, `it did not end by itself: ${finished.status}`, 'record a run that comes to its end');
  if (!recorded && bounds?.record === true) throw notRecorded(id, 'its process was gone before it told what it was answered', 'record a run that comes to its end');
  if (!recorded) throw notRecorded(id, 'it was not recorded with what it was answered', `record one: toka run --record ${tool} …`);
  if (recorded.lost?.includes('calls') === true) throw notRecorded(id, 'not all that it asked could be kept', 'record a run that does less');
  return { started, recorded };
}

const NOTHING_TAPED: RunRecorded = { v: 1, type: 'run.recorded', calls: { inline: [] }, files: { inline: [] }, missing: [], contents: [] };

/** What it asked for: a tool by its name, or a command. */
export function targetOf({ requested: { tool = '', manifestHash }, started: { command = [], level } }: Retellable): ToolRequest['target'] {
  if (manifestHash !== undefined) return { kind: 'named', name: tool };
  const [program = tool, ...args] = command;
  return { kind: 'command', command: { argv: [program, ...args], level, limits: {}, capabilities: [], env: {} } };
}

/**
 * Parts what is given once more into parameters and variables.
 *
 * @throws TokaError TOKA_USAGE, TOKA_INPUT_NEEDED
 */
export function secretsFor({ run, needs, variables }: Retellable, given: Readonly<Record<string, unknown>>): { params: Readonly<Record<string, unknown>>; variables: Readonly<Record<string, string>> } {
  const wanted = [...needs, ...variables];
  const other = Object.keys(given).find((name) => !wanted.includes(name));
  if (other !== undefined) {
    throw new TokaError('TOKA_USAGE', `a run is told again with what is on record; ${wanted.join(', ') || 'nothing'} may be given, found ${other}`, { hint: 'to run it with other parameters, run the tool' });
  }
  const missing = wanted.filter((name) => given[name] === undefined);
  if (missing.length > 0) {
    throw new TokaError('TOKA_INPUT_NEEDED', `run ${run} was given secrets, which are not on record: ${missing.join(', ')}`, {
      hint: `give them once more: toka runs replay ${run} --params FILE, a JSON object with ${missing.join(', ')}`,
      data: { run, missing },
    });
  }
  return {
    params: Object.fromEntries(needs.map((name) => [name, given[name]])),
    variables: Object.fromEntries(variables.map((name) => [name, String(given[name])])),
  };
}

/** One after the other, and no more than a recording holds: a forged list may name the same large content a thousand times. */
async function tapedCalls(recorded: readonly RecordedCall[], journal: Journal): Promise<TapedCall[]> {
  let left = MOST_BYTES;
  const read = async (kept: Kept): Promise<Uint8Array> => {
    const bytes = await bytesOf(kept, journal);
    left -= bytes.byteLength;
    if (left < 0) throw new TokaError('TOKA_INTEGRITY', `expected contents of at most ${MOST_BYTES} bytes in a recording, found more`, { hint: 'toka did not write this record: do not trust where it comes from' });
    return bytes;
  };
  const calls: TapedCall[] = [];
  for (const { content, answer: { content: answered, ...answer }, ...call } of recorded) {
    calls.push({ ...call, ...(content ? { content: await read(content) } : {}), answer: { ...answer, ...(answered ? { bytes: await read(answered) } : {}) } });
  }
  return calls;
}

/** The files that a process could read. */
export async function filesOf({ files }: RunRecorded, journal: Journal): Promise<RecordedFile[]> {
  return parseFiles(await valueOf(files, journal));
}

export function notRecorded(run: string, why: string, hint: string): TokaError {
  return new TokaError('TOKA_RUN_NOT_RECORDED', `run ${run} cannot be replayed: ${why}`, { hint, data: { run } });
}
