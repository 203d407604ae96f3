import type { CallResult, JsonValue, ProcessResult } from '@toka/sdk';
import { TokaError, type ErrorCode } from '../errors.ts';
import type { Journal } from '../journal/contract.ts';
import type { Kept, RunFinished, RunOutput } from '../journal/events.ts';
import { MASKED } from '../manifest/secret-parts.ts';
import type { Completion } from '../runtime/completion.ts';
import type { RecordedCall } from './calls.ts';
import type { House } from './house.ts';

/** What a process that ran before is answered with; what kept it from being started is thrown once more. */
export async function processAnswer(call: RecordedCall, house: House): Promise<ProcessResult> {
  const { error, exitCode, usage } = finishedOf(call);
  const stopped = error && STOPPED[error.code];
  if (error && stopped === undefined && error.code !== 'TOKA_RUN_FAILED') {
    throw new TokaError(error.code as ErrorCode, error.message, error.hint === undefined ? {} : { hint: error.hint });
  }
  const journal = await house.journal();
  return {
    exitCode,
    stdout: await textOf(call, 'stdout', journal),
    stderr: await textOf(call, 'stderr', journal),
    ...(stopped === undefined ? {} : { stopped }),
    truncated: outputsOf(call).some(({ truncated }) => truncated),
    wallMs: usage.wallMs,
  };
}

/** What a call of a tool that ran before is answered with. */
export async function callAnswer(call: RecordedCall, house: House): Promise<CallResult> {
  const { status, error, data } = finishedOf(call);
  const journal = await house.journal();
  return {
    runId: call.run,
    status,
    output: await textOf(call, 'stdout', journal),
    ...(data === undefined ? {} : { data: known(call, await valueOf(data, journal)) }),
    ...(error ? { error } : {}),
  };
}

/** By the code of its error: why a process was ended. */
export const STOPPED: Readonly<Record<string, NonNullable<Completion['stopped']>>> = {
  TOKA_CANCELLED: 'cancelled',
  TOKA_TIMED_OUT: 'timeout',
  TOKA_CPU_LIMIT: 'cpu',
  TOKA_DISK_LIMIT: 'disk',
  TOKA_MEMORY_LIMIT: 'memory',
  TOKA_OUTPUT_LIMIT: 'output',
  TOKA_PROCESS_LIMIT: 'processes',
};

/** A value that was recorded. */
export async function valueOf(kept: Kept, journal: Journal): Promise<JsonValue> {
  return 'inline' in kept ? kept.inline : (JSON.parse(Buffer.from(await journal.blob(kept.blob)).toString('utf8')) as JsonValue);
}

function finishedOf({ run, events }: RecordedCall): RunFinished {
  const last = events.at(-1)?.event;
  if (last?.type === 'run.finished') return last;
  throw new TokaError('TOKA_INTEGRITY', `expected the outcome of run ${run}, found none`, { hint: 'toka audit verify tells what is damaged' });
}

function outputsOf({ events }: RecordedCall): RunOutput[] {
  return events.flatMap(({ event }) => (event.type === 'run.output' ? [event] : []));
}

async function textOf(call: RecordedCall, stream: RunOutput['stream'], journal: Journal): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const output of outputsOf(call)) {
    if (output.stream !== stream) continue;
    const { kept } = output;
    parts.push('inline' in kept ? Buffer.from(typeof kept.inline === 'string' ? kept.inline : JSON.stringify(kept.inline)) : await journal.blob(kept.blob));
  }
  return known(call, Buffer.concat(parts).toString('utf8'));
}

/** A tool that is handed a placeholder for a secret would go on with that. */
function known<T extends JsonValue>(call: RecordedCall, value: T): T {
  if (!JSON.stringify(value).includes(MASKED)) return value;
  throw new TokaError('TOKA_RUN_NOT_RESUMABLE', `run ${call.run} answered with a secret, which is not on record`, { hint: 'run the tool anew' });
}
