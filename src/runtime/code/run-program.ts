import type { CallResult, CodeOrder, IsolateHost, JsonObject, JsonValue } from '@toka/sdk';
import type { ProgramLine } from '@toka/sdk/program';
import { toTokaError } from '../../errors.ts';
import type { SandboxPlan } from '../../sandbox/plan.ts';
import type { Completion } from '../completion.ts';
import { type ProcessOptions, runProcess } from '../process.ts';
import { ENVELOPE, failed, Talk } from '../talk.ts';
import { keepArtifacts } from './artifacts.ts';
import { answerLine, orderLine, readProgramLine } from './protocol.ts';

/** Bytes that JSON may take for a byte of a value where all that is no ASCII is escaped. */
const ESCAPED = 3;

export interface ProgramOptions extends Omit<ProcessOptions, 'channel' | 'collect'> {
  /** Variables of this run alone. */
  readonly env?: Readonly<Record<string, string>>;
  /** The code has its result, or its program has ended: what it called and has not come is no longer wanted. */
  onEnded(): void;
}

/**
 * Runs code by a runtime's program in a sandbox. Whatever the program does is a completion; a program that breaks the protocol has failed with
 * TOKA_RUNTIME_FAILED.
 *
 * @param plan of `planProgram`
 * @throws what `launch` throws: nothing was run
 */
export async function runProgram(plan: SandboxPlan, order: CodeOrder, host: Pick<IsolateHost, 'call' | 'log' | 'progress' | 'artifact'>, options: ProgramOptions): Promise<Completion> {
  const { env, onEnded, ...rest } = options;
  const dialogue = new Dialogue(order, host, { env, onEnded });
  const { talk } = dialogue;
  const end = (): void => talk.end();
  options.signal?.addEventListener('abort', end, { once: true });
  let refused: Completion['failure'];
  try {
    const completion = await runProcess(plan, {
      ...rest,
      channel: talk.channel,
      collect: (folder, { stopped }) => {
        if (stopped === undefined) refused = keepArtifacts(folder, host, plan.limits.maxDisk);
      },
    });
    await talk.settled();
    const concluded = dialogue.conclude(completion);
    return refused && concluded.failure === undefined ? failed(concluded, refused) : concluded;
  } finally {
    options.signal?.removeEventListener('abort', end);
  }
}

/** What a runtime's program says, and what it is told. */
class Dialogue {
  readonly talk: Talk;
  readonly #order: CodeOrder;
  readonly #host: Pick<IsolateHost, 'call' | 'log' | 'progress'>;
  readonly #ids = new Set<number>();
  #end: Extract<ProgramLine, { type: 'result' | 'failure' }> | undefined;

  constructor(order: CodeOrder, host: Pick<IsolateHost, 'call' | 'log' | 'progress'>, { env, onEnded }: { readonly env: ProgramOptions['env'] } & Pick<ProgramOptions, 'onEnded'>) {
    const { maxOutput, maxValue } = order.limits;
    this.#order = order;
    this.#host = host;
    this.talk = new Talk({
      order: orderLine(order, env),
      maxLine: ESCAPED * maxValue + ENVELOPE,
      maxOutput,
      failsWith: 'TOKA_RUNTIME_FAILED',
      hear: async (line) => this.#hear(line),
      onEnded,
    });
  }

  conclude(completion: Completion): Completion {
    const verdict = this.talk.verdict(completion);
    if (verdict) return verdict;
    if (this.#end?.type === 'failure') {
      const { code, message, hint } = this.#end;
      return failed(completion, { code, message, ...(hint === undefined ? {} : { hint }) });
    }
    if (this.#end) return this.#concludeWith(completion, this.#end.data);
    return completion.exitCode === 0 ? { ...completion, data: null } : completion;
  }

  #concludeWith(completion: Completion, data: JsonValue): Completion {
    const { maxValue } = this.#order.limits;
    const size = sizeOf(data);
    if (size <= maxValue) return { ...completion, exitCode: 0, data };
    return failed(completion, { code: 'CODE_RESULT_TOO_LARGE', message: `the result is ${size} bytes of JSON, more than ${maxValue}`, hint: 'write it into a file in $TOKA_ARTIFACTS' });
  }

  async #hear(text: string): Promise<void> {
    const line = readProgramLine(text);
    if (!line) return this.talk.fail(`wrote what is no line of the protocol: ${text.slice(0, 80)}`);
    if (this.#end) return this.talk.fail('wrote on after its result');
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
        return this.talk.close();
    }
  }

  async #call({ id, tool, params }: Extract<ProgramLine, { type: 'call' }>, text: string): Promise<void> {
    if (this.talk.isOver) return;
    if (this.#ids.has(id)) return this.talk.fail(`made two calls of the id ${id}`);
    const { maxCalls, maxValue } = this.#order.limits;
    if (this.#ids.size >= maxCalls) {
      const answer = answerLine(id, refusal({ code: 'CODE_TOO_MANY_CALLS', message: `code may call tools ${maxCalls} times` }));
      void this.talk.write(answer);
      return this.#count(text + answer);
    }
    this.#ids.add(id);
    const size = sizeOf(params);
    const tooLarge = { code: 'CODE_PARAMS_TOO_LARGE', message: `the parameters are ${size} bytes of JSON, more than ${maxValue}` };
    return this.talk.answer(size > maxValue ? Promise.resolve(answerLine(id, refusal(tooLarge))) : this.#ask(id, tool, params));
  }

  async #ask(id: number, tool: string, params: JsonObject): Promise<string> {
    const { maxValue } = this.#order.limits;
    const call = async (): Promise<CallResult> => this.#host.call(tool, params);
    const result = await call().catch(thrownResult);
    const line = answerLine(id, result);
    if (line.length <= maxValue + ENVELOPE) return line;
    return answerLine(id, { ...refusal({ code: 'CODE_ANSWER_TOO_LARGE', message: `the answer of the tool is more than ${maxValue} bytes of JSON` }), runId: result.runId });
  }

  /** What is neither a call nor a result counts as output. */
  #count(text: string): void {
    this.talk.count(Buffer.byteLength(text));
  }
}

function thrownResult(thrown: unknown): CallResult {
  const { code, message, hint } = toTokaError(thrown);
  return refusal({ code, message, ...(hint === undefined ? {} : { hint }) });
}

function refusal(error: NonNullable<CallResult['error']>): CallResult {
  return { runId: '', status: 'failed', output: '', error };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
