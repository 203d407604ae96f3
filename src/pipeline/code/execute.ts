import type { CodeOrder, IsolateRuntime, SandboxRuntime } from '@toka/sdk';
import { TokaError, toTokaError } from '../../errors.ts';
import type { Executable } from '../../manifest/tool.ts';
import type { Completion } from '../../runtime/completion.ts';
import { loadRuntime } from '../../runtime/code/load.ts';
import { limitsOf } from '../../sandbox/levels.ts';
import type { SandboxPlan } from '../../sandbox/plan.ts';
import { callsOf } from '../calls.ts';
import type { House } from '../house.ts';
import { limitedSignal } from '../limited-signal.ts';
import { networkOf } from '../network.ts';
import type { CodeParams } from '../request.ts';
import { Halt, idempotencyKey, type Run, settled } from '../run.ts';
import { timeLimitOf } from '../time-limit.ts';
import { warmOf } from '../warm.ts';
import { type CodeHost, codeHost } from './host.ts';
import { programHost } from './isolate.ts';
import { setUp } from './setup.ts';
import { callableTools } from './tools.ts';

/** Bytes of a result, a parameter or an answer as JSON. */
const MAX_VALUE = 1024 * 1024;

/** Calls of tools that one run of code may make. */
const MAX_CALLS = 1000;

/** Errors of a time limit. */
const LATE: readonly unknown[] = ['TOKA_TIMED_OUT', 'TOKA_BUDGET_EXCEEDED'];

/** Makes code run, by the runtime of its language. */
export async function executeCode(run: Run, { isolation, language, path }: Extract<Executable, { type: 'code' }>, house: House): Promise<Run> {
  const runtime: IsolateRuntime | SandboxRuntime = loadRuntime(path, isolation);
  const order = await orderOf(run, language, house);
  const limited = limitedSignal(run, house);
  const ended = new AbortController();
  const calls = callsOf(run, house);
  // What code called is ended with it, however that ends.
  const host = codeHost(run, house, { signal: AbortSignal.any([limited.signal, ended.signal]), calls, maxOutput: order.limits.maxOutput });
  try {
    const completion =
      runtime.isolation === 'isolate'
        ? await inIsolate(runtime, order, { ...host, signal: limited.signal })
        : await inSandbox({ run, house, runtime, order, host, signal: limited.signal, setUp: async () => setUp(run, runtime, language, programHost(runtime, house), house, limited.signal, calls), end: () => ended.abort() });
    await calls.demandComplete();
    return { ...run, completion, ...(host.artifacts.length === 0 ? {} : { artifacts: host.artifacts }) };
  } catch (thrown) {
    // Whatever a runtime makes of that.
    const why = limited.signal.aborted ? (limited.signal.reason as unknown) : thrown;
    throw new Halt({ ...run, completion: host.completion(), ...(host.artifacts.length === 0 ? {} : { artifacts: host.artifacts }) }, toTokaError(why));
  } finally {
    ended.abort();
    limited.end();
  }
}

async function inIsolate(runtime: IsolateRuntime, order: CodeOrder, host: CodeHost): Promise<Completion> {
  const result = await runtime.run(order, host);
  host.signal.throwIfAborted();
  return host.completion(result);
}

interface Sandboxed {
  readonly run: Run;
  readonly house: House;
  readonly runtime: SandboxRuntime;
  readonly order: CodeOrder;
  readonly host: CodeHost;
  readonly signal: AbortSignal;
  setUp(): Promise<void>;
  /** What the code called is not wanted any more. */
  end(): void;
}

async function inSandbox({ run, house, order, host, signal, setUp: prepare, end }: Sandboxed): Promise<Completion> {
  const { request } = run;
  const plan = requirePlan(run);
  await prepare();
  const { makeHidden, runProgram } = await import('../../runtime/sandboxed.ts');
  makeHidden(house.hidden, plan.mounts);
  const completion = await runProgram(plan, order, host, {
    require: house.demand.require,
    signal,
    ...(request.input === undefined ? {} : { input: request.input }),
    ...networkOf(run, plan),
    onOutput: (stream, chunk) => request.onEvent?.({ type: 'output', run: run.id, stream, chunk }),
    env: { TOKA_IDEMPOTENCY_KEY: idempotencyKey(run) },
    ...(await warmOf(house)),
    onEnded: end,
  });
  // The time limit counts from before the setup; for the sandbox its end is a cancellation.
  const isLate = completion.stopped === 'cancelled' && LATE.includes((signal.reason as TokaError | undefined)?.code);
  return isLate ? { ...completion, stopped: 'timeout' } : completion;
}

function requirePlan(run: Run): SandboxPlan {
  if (!run.plan) throw new TokaError('TOKA_INTERNAL', 'code was to be run without a plan');
  return run.plan;
}

async function orderOf(run: Run, language: string, house: House): Promise<CodeOrder> {
  const { source, name, params, requirements } = settled(run, 'params') as CodeParams;
  const { level, sandbox } = settled(run, 'tool');
  const { memory, maxOutput } = limitsOf(level, sandbox);
  return {
    runId: run.id,
    language,
    source,
    name,
    params,
    tools: await callableTools(settled(run, 'decision').effective, house),
    requirements,
    limits: { memory, timeoutMs: timeLimitOf(run), maxOutput, maxValue: MAX_VALUE, maxCalls: MAX_CALLS },
  };
}
