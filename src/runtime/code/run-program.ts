import { mkdirSync, rmSync } from 'node:fs';
import type { CallResult, CodeOrder, IsolateHost, JsonObject, JsonValue } from '@toka/sdk';
import { toTokaError } from '../../errors.ts';
import type { Channel, ChannelFault, ChannelLink, SandboxPlan } from '../../sandbox/plan.ts';
import { scratchPath } from '../../sandbox/scratch.ts';
import type { Completion } from '../completion.ts';
import { type ProcessOptions, runProcess } from '../process.ts';
import { keepArtifacts } from './artifacts.ts';
import { answerLine, orderLine, type ProgramLine, readProgramLine } from './protocol.ts';

/** Calls that are carried out at once; more wait. Each may have an answer of the largest size. */
const MAX_PARALLEL = 64;

/** What a line holds beside its value. */
const ENVELOPE = 64 * 1024;

/** Bytes that JSON may take for a byte of a value where all that is no ASCII is escaped. */
const ESCAPED = 3;

export interface ProgramOptions extends Omit<ProcessOptions, 'channel' | 'folder'> {
  /** The code has its result, or its program has ended: what it called and has not come is no longer wanted. */
  onEnded(): void;
}

type Failure = NonNullable<Completion['failure']>;

/**
 * Runs code by a runtime's program in a sandbox. Whatever the program does is a completion; a program that breaks the protocol has failed with
 * TOKA_RUNTIME_FAILED.
 *
 * @param plan of `planProgram`
 * @throws what `launch` throws: nothing was run
 */
export async function runProgram(plan: SandboxPlan, order: CodeOrder, host: Pick<IsolateHost, 'call' | 'log' | 'progress' | 'artifact'>, options: ProgramOptions): Promise<Completion> {
  const { onEnded, ...rest } = options;
  const dialogue = new Dialogue(order, host, onEnded);
  const end = (): void => dialogue.end();
  options.signal?.addEventListener('abort', end, { once: true });
  const folder = plan.folder === undefined ? undefined : scratchPath('artifacts');
  if (folder !== undefined) mkdirSync(folder, { mode: 0o700 });
  try {
    const completion = await runProcess(plan, { ...rest, channel: dialogue.channel, ...(folder === undefined ? {} : { folder }) });
    await dialogue.settled();
    const concluded = dialogue.conclude(completion);
    if (folder === undefined || concluded.stopped !== undefined) return concluded;
    const refused = keepArtifacts(folder, host, plan.limits.maxDisk);
    return refused && concluded.failure === undefined ? failed(concluded, refused) : concluded;
  } finally {
    options.signal?.removeEventListener('abort', end);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** What toka and a program say to each other in one run. */
class Dialogue {
  readonly channel: Channel;
  readonly #order: CodeOrder;
  readonly #host: Pick<IsolateHost, 'call' | 'log' | 'progress'>;
  readonly #onEnded: () => void;
  readonly #ids = new Set<number>();
  readonly #running = new Set<Promise<void>>();
  #link: ChannelLink | undefined;
  #said = 0;
  #end: Extract<ProgramLine, { type: 'result' | 'failure' }> | undefined;
  #isOver = false;
  #isUnfinished = false;
  #fault: string | undefined;
  #isFlood = false;

  constructor(order: CodeOrder, host: Pick<IsolateHost, 'call' | 'log' | 'progress'>, onEnded: () => void) {
    this.#order = order;
    this.#host = host;
    this.#onEnded = onEnded;
    this.channel = {
      maxLine: ESCAPED * order.limits.maxValue + ENVELOPE,
      onOpen: (link) => {
        this.#link = link;
        void link.write(orderLine(order));
      },
      onLine: async (line) => this.#hear(line),
      onFault: (fault) => this.#hearNothing(fault),
      onEnded: () => this.#close(),
    };
  }

  /** Lets the program read the end of its channel. */
  end(): void {
    this.#link?.end();
  }

  /** All calls have come to an end. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  conclude(completion: Completion): Completion {
    // What toka ends for a reason of its own is cancelled for the sandbox.
    if (completion.stopped !== undefined && completion.stopped !== 'cancelled') return completion;
    if (this.#isFlood) return { ...completion, exitCode: null, stopped: 'output', truncated: true };
    if (this.#fault !== undefined) return failed(ended(completion), { code: 'TOKA_RUNTIME_FAILED', message: `the program of the runtime ${this.#fault}` });
    if (completion.stopped !== undefined) return completion;
    if (this.#end?.type === 'failure') {
      const { code, message, hint } = this.#end;
      return failed(completion, { code, message, ...(hint === undefined ? {} : { hint }) });
    }
    if (this.#end) return this.#concludeWith(completion, this.#end.data);
    if (completion.exitCode !== 0) return completion;
    return this.#isUnfinished ? failed(completion, { code: 'TOKA_RUNTIME_FAILED', message: 'the program of the runtime left its last line without an end' }) : { ...completion, data: null };
  }

  #concludeWith(completion: Completion, data: JsonValue): Completion {
    const { maxValue } = this.#order.limits;
    const size = sizeOf(data);
    if (size <= maxValue) return { ...completion, exitCode: 0, data };
    return failed(completion, { code: 'CODE_RESULT_TOO_LARGE', message: `the result is ${size} bytes of JSON, more than ${maxValue}`, hint: 'write it into a file in $TOKA_ARTIFACTS' });
  }

  async #hear(text: string): Promise<void> {
    if (this.#fault !== undefined || this.#isFlood) return;
    const line = readProgramLine(text);
    if (!line) return this.#fail(`wrote what is no line of the protocol: ${text.slice(0, 80)}`);
    if (this.#end) return this.#fail('wrote on after its result');
    switch (line.type) {
      case 'ready':
        return this.#count(text);
      case 'log':
        this.#host.log(line.level, line.message);
        return this.#count(text);
      case 'progress':
        this.#host.progress(line.progress);
        return this.#count(text);
      case 'call':
        return this.#call(line, text);
      case 'result':
      case 'failure':
        this.#end = line;
        return this.#close();
    }
  }

  async #call({ id, tool, params }: Extract<ProgramLine, { type: 'call' }>, text: string): Promise<void> {
    if (this.#isOver) return;
    if (this.#ids.has(id)) return this.#fail(`made two calls of the id ${id}`);
    const { maxCalls, maxValue } = this.#order.limits;
    if (this.#ids.size >= maxCalls) {
      const answer = answerLine(id, refusal({ code: 'CODE_TOO_MANY_CALLS', message: `code may call tools ${maxCalls} times` }));
      void this.#link?.write(answer);
      return this.#count(text + answer);
    }
    this.#ids.add(id);
    const size = sizeOf(params);
    const work = size > maxValue ? Promise.resolve(refusal({ code: 'CODE_PARAMS_TOO_LARGE', message: `the parameters are ${size} bytes of JSON, more than ${maxValue}` })) : this.#ask(tool, params);
    const running = work.then(async (result) => this.#answer(id, result)).finally(() => this.#running.delete(running));
    this.#running.add(running);
    if (this.#running.size >= MAX_PARALLEL) await Promise.race(this.#running);
  }

  async #ask(tool: string, params: JsonObject): Promise<CallResult> {
    try {
      return await this.#host.call(tool, params);
    } catch (thrown) {
      const { code, message, hint } = toTokaError(thrown);
      return refusal({ code, message, ...(hint === undefined ? {} : { hint }) });
    }
  }

  async #answer(id: number, result: CallResult): Promise<void> {
    const { maxValue } = this.#order.limits;
    const line = answerLine(id, result);
    const fits = line.length <= maxValue + ENVELOPE;
    const small = { ...refusal({ code: 'CODE_ANSWER_TOO_LARGE', message: `the answer of the tool is more than ${maxValue} bytes of JSON` }), runId: result.runId };
    if (!this.#isOver) await this.#link?.write(fits ? line : answerLine(id, small));
  }

  /** What is neither a call nor a result counts as output. */
  #count(text: string): void {
    this.#said += Buffer.byteLength(text);
    if (this.#said <= this.#order.limits.maxOutput) return;
    this.#isFlood = true;
    this.#stop();
  }

  #hearNothing(fault: ChannelFault): void {
    if (fault === 'unfinished') this.#isUnfinished = true;
    else this.#fail(fault === 'long' ? `wrote a line of more than ${this.channel.maxLine} bytes` : 'wrote what is no UTF-8');
  }

  #fail(what: string): void {
    this.#fault ??= what;
    this.#stop();
  }

  #stop(): void {
    this.#link?.kill();
    this.#close();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#link?.end();
    this.#onEnded();
  }
}

/** Of a program that toka has killed for a fault of its own. */
function ended({ stopped: _stopped, signal: _signal, ...completion }: Completion): Completion {
  return completion;
}

function failed(completion: Completion, failure: Failure): Completion {
  return { ...completion, exitCode: completion.exitCode === null || completion.exitCode === 0 ? 1 : completion.exitCode, failure };
}

function refusal(error: NonNullable<CallResult['error']>): CallResult {
  return { runId: '', status: 'failed', output: '', error };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
