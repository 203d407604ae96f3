import type { QuickJSHandle } from 'quickjs-emscripten-core';
import { AFTER, BEFORE } from '../lib/frame.ts';
import type { IsolateParts, Outcome, Stop, Stream, ThreadOrder } from '../lib/messages.ts';
import { Budget } from './budget.ts';
import { bound, type Engine, makeEngine } from './engine.ts';
import { remade } from './image.ts';
import { makeOutput } from './output.ts';
import { problemIn, problemOf, type Problem } from './syntax.ts';
import { withoutTypes } from './typescript.ts';
import { answerUrl } from './url.ts';

const STRICT = "'use strict';";

/** Timers that may run at once. */
const MAX_TIMERS = 1000;

/** Bytes of parameters of calls that wait for their answers. */
const MAX_WAITING = 16 * 1024 * 1024;

/** Letters of what was thrown, as JSON. */
const MAX_THROWN = 256 * 1024;

const JOBS_AT_ONCE = 1000;

/** What an isolate asks of toka. */
export interface Outside {
  readonly clock: SharedArrayBuffer;
  call(call: number, text: string): void;
  output(pieces: readonly (readonly [Stream, string])[], isWaiting: boolean): void;
  /** Answers '' or the JSON of why it was refused. */
  artifact(name: string, content: Uint8Array): string;
  end(outcome: Outcome): void;
}

export interface Isolate {
  readonly bytes: number;
  run(order: ThreadOrder, outside: Outside): void;
  answer(call: number, isError: boolean, text: string): void;
}

/** An interpreter in which nothing has run yet, for one order. */
export async function makeIsolate({ module, image, more }: IsolateParts, bytes: number): Promise<Isolate> {
  let running: Running | undefined;
  const engine = await makeEngine(module, bytes, (exports) => remade(exports, image));
  const { context, runtime, memory, making } = engine;
  // The image holds what the text has become.
  const api = started(engine, { guest: '', more }, () => running);
  making.done(memory);
  bound(engine, bytes);
  runtime.setInterruptHandler(() => running?.mustStop() ?? false);
  runtime.setModuleLoader(() => UNAVAILABLE);
  return {
    bytes,
    run(order, outside) {
      running = new Running(engine, api, order, outside);
      running.begin();
    },
    answer(call, isError, text) {
      const { answer } = api;
      running?.answered(call, () => context.callFunction(answer, context.undefined, context.newNumber(call), isError ? context.true : context.false, context.newString(text)));
    },
  };
}

/** What a module is that code imports: one that fails. */
const UNAVAILABLE = `const error = new Error('there are no modules here'); error.code = 'CODE_IMPORT_UNAVAILABLE'; error.hint = 'call a tool instead: tools has those that this run may call'; throw error`;

type Api = Readonly<Record<'begin' | 'run' | 'answer' | 'fire' | 'describe', QuickJSHandle>>;

/** Evaluates what stands in each isolate and hands it the ways out. */
export function started({ context }: Engine, { guest, more }: Readonly<Record<'guest' | 'more', string>>, current: () => Running | undefined): Api {
  const loaded = (text: string) => context.unwrapResult(context.evalCode(`(function(module){${text}\nreturn module.exports.start})({exports:{}})`, '<toka>', { type: 'global', strict: true }));
  const make = loaded(guest);
  const host = context.newObject();
  const ways: Readonly<Record<string, (...args: QuickJSHandle[]) => QuickJSHandle | void>> = {
    call: (call, text) => context.newString(current()?.call(context.getNumber(call), context.getString(text)) ?? ''),
    print: (stream, text) => current()?.print(context.getNumber(stream), context.getString(text)),
    keep(name, content) {
      const bytes = context.getArrayBuffer(content).consume((lifetime) => new Uint8Array(lifetime.value));
      return context.newString(current()?.keep(context.getString(name), bytes) ?? '');
    },
    url: (text) => context.newString(answerUrl(context.getString(text))),
    more: () => loaded(more),
    setTimer: (timer, delay) => (current()?.setTimer(context.getNumber(timer), context.getNumber(delay)) === true ? context.true : context.false),
    clearTimer: (timer) => current()?.clearTimer(context.getNumber(timer)),
    end: (kind, text) => current()?.end(context.getString(kind) === 'result' ? 'result' : 'threw', context.getString(text)),
  };
  for (const [name, way] of Object.entries(ways)) context.setProp(host, name, context.newFunction(name, way));
  const api = context.unwrapResult(context.callFunction(make, context.undefined, host));
  const part = (name: string) => context.getProp(api, name);
  return { begin: part('begin'), run: part('run'), answer: part('answer'), fire: part('fire'), describe: part('describe') };
}

/** One order in an isolate. Whatever enters the isolate goes through `enter`, which counts its time and sees how it stands afterwards. */
class Running {
  readonly #engine: Engine;
  readonly #api: Api;
  readonly #order: ThreadOrder;
  readonly #outside: Outside;
  readonly #budget: Budget;
  readonly #output: ReturnType<typeof makeOutput>;
  readonly #calls = new Map<number, number>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  #made = 0;
  #waitingBytes = 0;
  #stop: Stop | undefined;
  #outcome: Outcome | undefined;
  #isOver = false;
  #expiry: NodeJS.Timeout | undefined;

  constructor(engine: Engine, api: Api, order: ThreadOrder, outside: Outside) {
    this.#engine = engine;
    this.#api = api;
    this.#order = order;
    this.#outside = outside;
    this.#budget = new Budget(outside.clock, order.limits.timeoutMs);
    this.#output = makeOutput(order.limits.maxOutput, outside.output);
  }

  begin(): void {
    const { context } = this.#engine;
    const { source, isTyped, name, params, aliases } = this.#order;
    this.#enter(() => {
      const text = `${BEFORE}${source}${AFTER}`;
      const plain = isTyped ? this.#plain(text) : text;
      if (plain === undefined) return undefined;
      const begun = context.callFunction(this.#api.begin, context.undefined, context.newString(params), context.newString(JSON.stringify(aliases)));
      if (begun.error) return begun;
      const code = context.evalCode(plain, name, { type: 'global', strict: true });
      if (!code.error) return context.callFunction(this.#api.run, context.undefined, code.value);
      if (this.#stop === undefined && this.#isSyntaxError(code.error)) {
        const problem = problemOf(`${STRICT}${plain}`);
        this.#outcome = problem === undefined ? { kind: 'syntax', text: this.#described(code.error) } : this.#wrong(problem, `${STRICT}${BEFORE}`);
        return undefined;
      }
      return code;
    });
  }

  mustStop(): boolean {
    this.#output.flushOld();
    if (this.#stop === undefined && this.#budget.left < 0) this.#stop = 'timeout';
    return this.#stop !== undefined || this.#isOver;
  }

  call(call: number, text: string): string {
    if (this.#isOver || this.#outcome !== undefined) return '';
    const { maxCalls, maxValue } = this.#order.limits;
    if (text.length > maxValue) return refusal('CODE_PARAMS_TOO_LARGE', `expected parameters of at most ${maxValue} bytes as JSON, found ${text.length}`);
    if (this.#made >= maxCalls) return refusal('CODE_TOO_MANY_CALLS', `expected at most ${maxCalls} calls of tools in one run`);
    if (this.#waitingBytes + text.length > Math.max(MAX_WAITING, maxValue)) return refusal('CODE_TOO_MANY_CALLS', `expected parameters of at most ${MAX_WAITING} bytes in calls that run at once`);
    this.#made += 1;
    this.#waitingBytes += text.length;
    this.#calls.set(call, text.length);
    this.#outside.call(call, text);
    return '';
  }

  answered(call: number, enter: () => Entered): void {
    const length = this.#calls.get(call);
    if (length === undefined || this.#isOver) return;
    this.#calls.delete(call);
    this.#waitingBytes -= length;
    this.#enter(enter);
  }

  print(stream: number, text: string): void {
    if (this.#stop !== undefined || this.#isOver) return;
    if (this.#output.add(stream === 2 ? 'stderr' : 'stdout', JSON.parse(text) as string)) return;
    this.#stop = 'output';
    // Said at once: code that is busy in the interpreter's own functions does not see for a long time that it has to stop.
    this.#finish({ kind: 'stopped', stop: 'output' });
  }

  keep(name: string, content: Uint8Array): string {
    return this.#isOver ? '' : this.#outside.artifact(JSON.parse(name) as string, content);
  }

  setTimer(timer: number, delay: number): boolean {
    if (this.#timers.size >= MAX_TIMERS) return false;
    const within = Math.min(Math.max(Number.isNaN(delay) ? 0 : delay, 0), this.#order.limits.timeoutMs);
    this.#timers.set(
      timer,
      setTimeout(() => {
        this.#timers.delete(timer);
        const { context } = this.#engine;
        this.#enter(() => context.callFunction(this.#api.fire, context.undefined, context.newNumber(timer)));
      }, within),
    );
    return true;
  }

  clearTimer(timer: number): void {
    clearTimeout(this.#timers.get(timer));
    this.#timers.delete(timer);
  }

  end(kind: 'result' | 'threw', text: string): void {
    const { maxValue } = this.#order.limits;
    if (kind === 'threw' && text.length > MAX_THROWN) this.#outcome ??= { kind: 'failed', code: 'CODE_THREW', message: 'what was thrown is too large to be told' };
    const isTooLarge = kind === 'result' && text.length > maxValue;
    this.#outcome ??= isTooLarge ? { kind: 'failed', code: 'CODE_RESULT_TOO_LARGE', message: `expected a result of at most ${maxValue} bytes as JSON, found ${text.length}` } : { kind, text };
  }

  #enter(what: () => Entered): void {
    if (this.#isOver) return;
    clearTimeout(this.#expiry);
    this.#budget.start();
    const uncaught = failureOf(what()) ?? this.#drain();
    if (this.#isOver) return;
    if (this.#stop !== undefined) this.#finish({ kind: 'stopped', stop: this.#stop });
    else if (this.#outcome !== undefined) this.#finish(this.#outcome);
    else if (uncaught !== undefined) this.#finish({ kind: 'threw', text: this.#described(uncaught) });
    else this.#wait();
  }

  /** Runs what is due, until nothing is. Answers what a callback threw. */
  #drain(): QuickJSHandle | undefined {
    const { runtime } = this.#engine;
    while (runtime.hasPendingJob() && !this.mustStop() && this.#outcome === undefined) {
      const failure = failureOf(runtime.executePendingJobs(JOBS_AT_ONCE));
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #wait(): void {
    this.#output.flush();
    if (this.#calls.size > 0) this.#budget.pause();
    else if (this.#timers.size > 0) {
      this.#budget.pause();
      const left = this.#budget.left;
      this.#budget.start();
      this.#expiry = setTimeout(() => this.#finish({ kind: 'stopped', stop: 'timeout' }), left);
    } else this.#finish({ kind: 'failed', code: 'CODE_NEVER_SETTLED', message: 'the code awaits a promise that nothing can settle any more' });
  }

  #finish(outcome: Outcome): void {
    this.#isOver = true;
    this.#budget.pause();
    clearTimeout(this.#expiry);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#output.flush();
    this.#outside.end(this.#ofMemory(outcome) ? { kind: 'stopped', stop: 'memory' } : outcome);
  }

  #ofMemory(outcome: Outcome): boolean {
    if (outcome.kind !== 'threw') return false;
    // Where not even an error fits, null is thrown.
    const isFull = this.#engine.memory.buffer.byteLength > this.#order.limits.memory / 2;
    return outcome.text.startsWith('{"name":"InternalError","message":"out of memory"') || (isFull && outcome.text.startsWith('{"name":"","message":"null"'));
  }

  #described(thrown: QuickJSHandle): string {
    const { context } = this.#engine;
    const described = context.callFunction(this.#api.describe, context.undefined, thrown);
    return described.error ? JSON.stringify({ name: 'InternalError', message: 'out of memory', stack: '', code: '', hint: '' }) : context.getString(described.value);
  }

  #isSyntaxError(error: QuickJSHandle): boolean {
    return this.#described(error).startsWith('{"name":"SyntaxError"');
  }

  #plain(text: string): string | undefined {
    try {
      return withoutTypes(text);
    } catch (error) {
      const { name } = this.#order;
      const problem = problemIn(error as Error);
      this.#outcome = problem === undefined ? { kind: 'broken', code: 'CODE_SYNTAX', message: `${name} cannot be read as TypeScript: it may be nested too deeply` } : this.#wrong(problem, BEFORE);
      return undefined;
    }
  }

  #wrong(problem: Problem, prefix: string): Outcome {
    const { name } = this.#order;
    const column = problem.line === 1 ? problem.column - prefix.length : problem.column;
    const place = `${name}:${problem.line}:${Math.max(1, column)}`;
    if (/^\s*(?:import|export)\b/.test(problem.line === 1 ? problem.text.slice(prefix.length) : problem.text)) {
      return { kind: 'failed', code: 'CODE_IMPORT_UNAVAILABLE', message: `there are no modules here: ${place}`, hint: '`return` the result; call tools instead of importing: `tools` has those that this run may call' };
    }
    return {
      kind: 'failed',
      code: 'CODE_SYNTAX',
      message: `${problem.message} (${place})`,
      ...(problem.message.includes('strip-only') ? { hint: 'types are erased, nothing is made of them: use a constant object instead of an enum, a module or a parameter property' } : {}),
    };
  }
}

type Entered = { readonly error?: QuickJSHandle | undefined } | undefined;

function failureOf(entered: Entered): QuickJSHandle | undefined {
  return entered?.error;
}

function refusal(code: string, message: string): string {
  return JSON.stringify({ code, message });
}
