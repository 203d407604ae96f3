import { registerHooks } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { ToolContext } from '@toka/sdk';
import { EffectiveSet } from '../capability/effective.ts';
import { TokaError, toTokaError } from '../errors.ts';
import type { HostLine, HostOrder } from './isolated.ts';
import { maskFor } from './mask.ts';
import { runNative } from './native.ts';
import { recordContext } from './record-context.ts';
import { replayContext } from './replay-context.ts';
import { Tape } from './tape.ts';
import { decodeCall, encodeCall } from './taped-call.ts';
import { createToolContext } from './tool-context.ts';

/** The program inside the sandbox of a native tool: takes the order, runs the tool, writes its result. */
async function main(): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  const say = (line: HostLine): boolean => write(`${JSON.stringify(line)}\n`);
  // The tool's own prints must not mix with the lines of the result.
  process.stdout.write = process.stderr.write.bind(process.stderr);
  const order = JSON.parse(await text(process.stdin)) as HostOrder;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@toka/sdk' ? { url: pathToFileURL(order.sdk).href, shortCircuit: true } : next(specifier, context),
  });
  const outOfProcess = async (): Promise<never> => {
    throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', 'a tool that runs out of process cannot start other runs in this release', {
      hint: 'only tools that are part of toka can use ctx.spawn and ctx.call',
    });
  };
  const { signal } = new AbortController();
  const makeContext = (): ToolContext =>
    createToolContext({
      ...order,
      signal,
      effective: new EffectiveSet(order.permissions, order.carvedOut),
      env: process.env,
      children: { spawn: outOfProcess, call: outOfProcess },
      now: Date.now,
      log: (level, message) => say({ type: 'log', level, message }),
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
}

interface Listened {
  readonly context: ToolContext;
  /** Writes what was asked, where somebody wants to know. */
  tell(): void;
}

/** The context that the order wants: one that is recorded, one that answers from a record, or the plain one. */
function contextFor({ record, replays }: HostOrder, signal: AbortSignal, makeContext: () => ToolContext, say: (line: HostLine) => void): Listened {
  if (replays) {
    const { calls: recorded, secrets, ...base } = replays;
    const { context, calls } = replayContext({ ...base, signal, mask: maskFor(secrets).json, recorded: recorded.flatMap((call) => decodeCall(call) ?? []) });
    return { context, tell: () => say({ type: 'calls', calls: calls.map((call) => ({ ...encodeCall({ ...call, answer: {} }), of: call.of })), isFull: false }) };
  }
  if (!record) return { context: makeContext(), tell: () => undefined };
  const tape = new Tape(record);
  return { context: recordContext(makeContext(), tape), tell: () => say({ type: 'calls', calls: tape.calls.map(encodeCall), isFull: tape.isFull }) };
}

void main();
