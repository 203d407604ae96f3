import { isCoded, type CodeOrder, type CodeResult, type IsolateHost } from '@toka/sdk';
import { answerOf } from './calls.ts';
import { type FromThread, leavesThreadWhole, type Outcome, type Reply, type Stop } from './messages.ts';
import { parsePlain } from './plain.ts';
import { endThreads, giveBack, takeThread } from './pool.ts';
import { inSlot } from './slots.ts';
import type { Thread } from './thread.ts';
import { failureOf } from './thrown.ts';

/** How often it is looked whether code that no longer listens has to be ended. */
const WATCH_MS = 50;

const MAX_SOURCE = 8 * 1024 * 1024;

let orders = 0;

/** Runs code in an isolate of its own. */
export async function run(order: CodeOrder, host: IsolateHost): Promise<CodeResult> {
  const bytes = Buffer.byteLength(order.source);
  if (bytes > MAX_SOURCE) return failure('CODE_SOURCE_TOO_LARGE', `expected a source of at most ${MAX_SOURCE} bytes, found ${bytes}`);
  return inSlot(host.signal, async (inside) => {
    if (host.signal.aborted) return CANCELLED;
    const thread = await takeThread(order.limits.memory);
    return inThread(thread, order, host, inside);
  });
}

/** Ends what is kept for later runs. */
export async function close(): Promise<void> {
  await endThreads();
}

const CANCELLED: CodeResult = { ok: false, failure: { code: 'CODE_CANCELLED', message: 'the run was ended before the code was done' }, stopped: 'cancelled' };

async function inThread(thread: Thread, order: CodeOrder, host: IsolateHost, inside: <R>(call: () => R) => R): Promise<CodeResult> {
  orders += 1;
  const id = orders;
  const { promise, resolve, reject } = Promise.withResolvers<CodeResult>();
  let isReusable = false;
  const cancel = () => resolve(CANCELLED);
  const received = (message: FromThread) => {
    if (message.type === 'end') {
      isReusable = leavesThreadWhole(message.outcome);
      resolve(resultOf(message.outcome, order, host));
    } else if (message.type === 'call') inside(() => void call(thread, id, message, order, host));
    else passOn(thread, message, host);
  };
  const watch = setInterval(() => thread.isOverdue() && resolve(stopped('timeout', order)), WATCH_MS);
  host.signal.addEventListener('abort', cancel, { once: true });
  if (host.signal.aborted) cancel();
  thread.listen({
    broken: (how) => resolve(how === 'memory' ? stopped('memory', order) : failure('CODE_CRASHED', 'the interpreter broke down', 'the code may be nested too deeply, or may call itself without end')),
    message(message) {
      try {
        received(message);
      } catch (error) {
        reject(error);
      }
    },
  });
  const { source, name, language, params, tools, limits } = order;
  try {
    thread.send({ type: 'order', id, source, isTyped: language === 'ts', name, params: JSON.stringify(params), aliases: tools.map(({ alias }) => alias), limits });
    return await promise;
  } finally {
    clearInterval(watch);
    host.signal.removeEventListener('abort', cancel);
    thread.listen(undefined);
    if (isReusable) giveBack(thread);
    else await thread.end();
  }
}

async function call(thread: Thread, id: number, { call: number, text }: Extract<FromThread, { type: 'call' }>, order: CodeOrder, host: IsolateHost): Promise<void> {
  const answer = await answerOf(text, order, host);
  thread.send({ type: 'answer', order: id, call: number, ...answer });
}

function passOn(thread: Thread, message: FromThread, host: IsolateHost): void {
  if (message.type === 'output') {
    for (const [stream, text] of message.pieces) host.output(stream, text);
    if (message.isWaiting) thread.reply({});
  } else if (message.type === 'artifact') thread.reply(kept(message.name, message.content, host));
}

function kept(name: string, content: Uint8Array, host: IsolateHost): Reply {
  try {
    host.artifact(name, content);
    return {};
  } catch (error) {
    const { code, message, hint } = isCoded(error) ? error : { code: 'CODE_ARTIFACT_FAILED', message: `${name} could not be kept`, hint: undefined };
    return { error: JSON.stringify({ code, message, ...(hint === undefined ? {} : { hint }) }) };
  }
}

function resultOf(outcome: Outcome, order: CodeOrder, host: IsolateHost): CodeResult {
  switch (outcome.kind) {
    case 'stopped':
      return stopped(outcome.stop, order);
    case 'failed':
      return failure(outcome.code, outcome.message, outcome.hint);
    case 'broken':
      return failure(outcome.code, outcome.message);
    case 'syntax':
      return { ok: false, failure: { ...failureOf(outcome.text, order.name), code: 'CODE_SYNTAX' } };
    case 'threw':
      return { ok: false, failure: failureOf(outcome.text, order.name) };
    case 'result': {
      const { maxValue } = order.limits;
      const bytes = Buffer.byteLength(outcome.text);
      if (bytes > maxValue) return failure('CODE_RESULT_TOO_LARGE', `expected a result of at most ${maxValue} bytes as JSON, found ${bytes}`);
      try {
        return { ok: true, data: parsePlain(outcome.text, (key) => host.log('warn', `${order.name}: the key ${key} was dropped from the result`)) };
      } catch {
        return failure('CODE_RESULT_INVALID', 'the result is no JSON');
      }
    }
  }
}

function stopped(stop: Stop, { limits: { timeoutMs, memory, maxOutput } }: CodeOrder): CodeResult {
  const found = {
    timeout: { code: 'CODE_TIMEOUT', message: `the code took longer than ${timeoutMs} ms, not counting what it waited for tools` },
    memory: { code: 'CODE_MEMORY', message: `the code took more than ${memory} bytes of memory` },
    output: { code: 'CODE_OUTPUT_TOO_LARGE', message: `the code printed more than ${maxOutput} bytes` },
  };
  return { ok: false, failure: found[stop], stopped: stop };
}

function failure(code: string, message: string, hint?: string): CodeResult {
  return { ok: false, failure: { code, message, ...(hint === undefined ? {} : { hint }) } };
}
