import type { CodeOrder, IsolateRuntime, JsonObject } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import type { Executable } from '../../manifest/tool.ts';
import type { Completion } from '../../runtime/completion.ts';
import { loadRuntime } from '../../runtime/code/runtimes.ts';
import { limitsOf } from '../../sandbox/levels.ts';
import { type Calls, callsOf } from '../calls.ts';
import type { House } from '../house.ts';
import { limitedSignal } from '../limited-signal.ts';
import type { CodeParams } from '../request.ts';
import { Halt, type Run, settled } from '../run.ts';
import { timeLimitOf } from '../time-limit.ts';
import { codeHost } from './host.ts';
import { callableTools } from './tools.ts';

/** Bytes of a result, a parameter or an answer as JSON. */
const MAX_VALUE = 1024 * 1024;

/** Calls of tools that one run of code may make. */
const MAX_CALLS = 1000;

/** Makes code run, by the runtime of its language. */
export async function executeCode(run: Run, executable: Extract<Executable, { type: 'code' }>, house: House): Promise<Run> {
  const runtime = loadRuntime(executable.path);
  if (runtime.isolation === 'isolate') return inIsolate(run, runtime, await orderOf(run, executable.language, house), house);
  throw new TokaError('TOKA_INTERNAL', 'a runtime is not what its plugin says');
}

async function inIsolate(run: Run, runtime: IsolateRuntime, order: CodeOrder, house: House): Promise<Run> {
  const limited = limitedSignal(run, house);
  const calls = callsOf(run, house);
  const host = codeHost(run, house, { signal: limited.signal, calls, maxOutput: order.limits.maxOutput });
  try {
    const result = await runtime.run(order, host);
    limited.signal.throwIfAborted();
    return await concluded(run, host.completion(result), host.artifacts, calls);
  } catch (thrown) {
    throw new Halt({ ...run, completion: host.completion(), artifacts: host.artifacts }, thrown as TokaError);
  } finally {
    limited.end();
  }
}

async function concluded(run: Run, completion: Completion, artifacts: Run['artifacts'], calls: Calls): Promise<Run> {
  await calls.demandComplete();
  return { ...run, completion, ...(artifacts === undefined || artifacts.length === 0 ? {} : { artifacts }) };
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
    params: params as JsonObject,
    tools: await callableTools(settled(run, 'decision').effective, house),
    requirements,
    limits: { memory, timeoutMs: timeLimitOf(run), maxOutput, maxValue: MAX_VALUE, maxCalls: MAX_CALLS },
  };
}
