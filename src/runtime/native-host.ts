import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CallResult, ProcessResult, SpawnOptions, ToolContext } from '@toka/sdk';
import { EffectiveSet } from '../capability/effective.ts';
import { type ErrorCode, TokaError, toTokaError } from '../errors.ts';
import * as asked from './asked.ts';
import type { HostLine, ToolLine } from './host-lines.ts';
import type { HostOrder } from './isolated.ts';
import { maskFor } from './mask.ts';
import { runNative } from './native.ts';
import { recordContext } from './record-context.ts';
import { replayContext } from './replay-context.ts';
import { Tape } from './tape.ts';
import { decodeCall, encodeCall } from './taped-call.ts';
import { type Children, createToolContext } from './tool-context.ts';

const SDK = pathToFileURL(join(import.meta.dirname, 'sdk.mjs')).href;

/** Descriptors of the channel to toka: what it says, and what is said to it. */
const LINES = 3;
const REPLIES = 4;

/** The program inside the sandbox of a native tool: takes the order, runs the tool, writes its result. */
async function main(): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  // What a cancelled tool does about it is up to the tool, until toka kills it.
  const cancel = (): void => controller.abort(new TokaError('TOKA_CANCELLED', 'the run was cancelled'));
  process.on('SIGTERM', cancel);
  registerHooks({ resolve: (specifier, context, next) => (specifier === '@toka/sdk' ? { url: SDK, shortCircuit: true } : next(specifier, context)) });
  // What every tool needs is there before the order, which may come long after.
  await import(SDK);
  const requests = new Requests(say, signal);
  const order = JSON.parse(await firstLine(requests, cancel)) as HostOrder;
  process.env['TOKA_IDEMPOTENCY_KEY'] = order.idempotencyKey;
  const makeContext = (): ToolContext =>
    createToolContext({
      ...order,
      signal,
      effective: new EffectiveSet(order.permissions, order.carvedOut),
      env: process.env,
      children: requests.children,
      now: Date.now,
      log: (level, message) => say({ ...asked.log(level, message), type: 'log' } as HostLine),
      progress: (progress) => say({ type: 'progress', progress }),
    });
  const { context, tell } = contextFor(order, signal, makeContext, say);
  try {
    const completion = await runNative(order.entry, order.params, context).finally(tell);
    const { output, textless, data = null, failure } = completion;
    if (failure && data === null) say({ type: 'failed', failure });
    else say({ type: 'done', output, data, ...(textless ? { textless } : {}), ...(failure ? { failure } : {}) });
  } catch (thrown) {
    const { code, message, hint } = toTokaError(thrown);
    const own = code === 'TOKA_INTERNAL' ? 'TOKA_RUN_FAILED' : code;
    say({ type: 'failed', failure: { code: own, message, ...(hint === undefined || own !== code ? {} : { hint }) } });
  }
  // Whatever the tool left behind is not waited for, but what it does about its end.
  if (!signal.aborted) process.exit(0);
}

const write = writeSync;

function say(line: HostLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length; ) at += write(REPLIES, bytes, at);
}

/** Reads what toka says: at first the order, then answers, and the end where the run is cancelled. */
async function firstLine(requests: Requests, cancel: () => void): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let take = (line: string): void => {
    take = (next) => requests.hear(JSON.parse(next) as ToolLine);
    resolve(line);
  };
  const parts: string[] = [];
  const lines = new Socket({ fd: LINES, readable: true, writable: false });
  lines.setEncoding('utf8');
  lines.on('data', (text: string) => {
    const [first = '', ...rest] = text.split('\n');
    parts.push(first);
    for (const next of rest) {
      take(parts.splice(0).join(''));
      parts.push(next);
    }
  });
  lines.on('end', cancel);
  lines.on('error', cancel);
  return promise;
}

interface Waiting {
  resolve(result: CallResult | ProcessResult): void;
  reject(error: Error): void;
  readonly onOutput: SpawnOptions['onOutput'];
}

/** What the tool asks of toka, and waits for. */
class Requests {
  readonly children: Children;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(ask: (line: HostLine) => void, signal: AbortSignal) {
    const waitFor = async (line: (id: number) => HostLine, onOutput?: SpawnOptions['onOutput']): Promise<CallResult | ProcessResult> => {
      signal.throwIfAborted();
      const id = ++this.#last;
      ask(line(id));
      return new Promise((resolve, reject) => void this.#waiting.set(id, { resolve, reject, onOutput }));
    };
    this.children = {
      call: async (tool, params) => (await waitFor((id) => ({ type: 'call', id, tool, params: params as never }))) as CallResult,
      spawn: async (argv, { onOutput, ...options }) => (await waitFor((id) => ({ type: 'spawn', id, argv, options, streams: onOutput !== undefined }), onOutput)) as ProcessResult,
    };
  }

  hear(line: ToolLine): void {
    const waiting = this.#waiting.get(line.id);
    if (line.type === 'output') return waiting?.onOutput?.(line.stream, line.text);
    this.#waiting.delete(line.id);
    if ('result' in line) return waiting?.resolve(line.result);
    const { code, message, ...details } = line.error;
    waiting?.reject(new TokaError(code as ErrorCode, message, details));
  }
}

interface Listened {
  readonly context: ToolContext;
  /** Writes what was asked, where somebody wants to know. */
  tell(): void;
}

/** The context that the order wants: one that is recorded, one that answers from a record, or the plain one. */
function contextFor({ record, replays }: HostOrder, signal: AbortSignal, makeContext: () => ToolContext, tellOf: (line: HostLine) => void): Listened {
  if (replays) {
    const { calls: recorded, secrets, ...base } = replays;
    const { context, calls } = replayContext({ ...base, signal, mask: maskFor(secrets).json, recorded: recorded.flatMap((call) => decodeCall(call) ?? []) });
    return { context, tell: () => tellOf({ type: 'calls', calls: calls.map((call) => ({ ...encodeCall({ ...call, answer: {} }), of: call.of })), isFull: false }) };
  }
  if (!record) return { context: makeContext(), tell: () => undefined };
  const tape = new Tape(record);
  return { context: recordContext(makeContext(), tape), tell: () => tellOf({ type: 'calls', calls: tape.calls.map(encodeCall), isFull: tape.isFull }) };
}

void main();
