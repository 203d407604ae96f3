import type { CallableTool, CallResult, CodeLimits, CodeOrder, CodeResult, IsolateHost, IsolateRuntime, JsonObject, LogLevel } from '@toka/sdk';
import { coded } from '@toka/sdk';
import { createRequire } from 'node:module';

/** As it is shipped: its threads are files of its dist/. */
export const javascript = (createRequire(import.meta.url)('../../dist/javascript.cjs') as { readonly default: IsolateRuntime }).default;

const LIMITS: CodeLimits = { memory: 64 * 1024 * 1024, timeoutMs: 5000, maxOutput: 256 * 1024, maxValue: 1024 * 1024, maxCalls: 100 };

const TOOLS: readonly CallableTool[] = ['add', 'echo', 'fail', 'slow', 'huge', 'text', 'nest', 'throw'].map((alias) => ({ alias, name: `math/${alias}`, summary: 'A tool', params: { type: 'object' } }));

export interface Ran {
  readonly result: CodeResult;
  readonly stdout: string;
  readonly stderr: string;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly calls: readonly { readonly tool: string; readonly params: JsonObject }[];
  readonly logs: readonly string[];
}

export interface Options {
  readonly language?: string;
  readonly name?: string;
  readonly params?: JsonObject;
  readonly limits?: Partial<CodeLimits>;
  readonly signal?: AbortSignal;
  /** Told all that was printed so far. */
  readonly onOutput?: (text: string) => void;
}

/** Runs code as toka does, with tools that answer at once. */
export async function runCode(source: string, { language = 'js', name = 'greet.js', params = {}, limits = {}, signal = new AbortController().signal, onOutput }: Options = {}): Promise<Ran> {
  const output = { stdout: '', stderr: '' };
  const artifacts: Record<string, string> = {};
  const calls: { tool: string; params: JsonObject }[] = [];
  const logs: string[] = [];
  const host: IsolateHost = {
    signal,
    output(stream, text) {
      output[stream] += text;
      onOutput?.(output.stdout + output.stderr);
    },
    async call(tool, given) {
      calls.push({ tool, params: given });
      return answerOf(tool, given);
    },
    artifact(file, content) {
      if (file.includes('/')) throw coded('ARTIFACT_NAME', 'expected a name');
      artifacts[file] = Buffer.from(content).toString('utf8');
    },
    log: (_level: LogLevel, message) => void logs.push(message),
    progress: () => undefined,
  };
  const order: CodeOrder = { runId: 'run-1', language, source, name, params, tools: TOOLS, requirements: [], limits: { ...LIMITS, ...limits } };
  return { result: await javascript.run(order, host), ...output, artifacts, calls, logs };
}

/** What code has returned; a failure is thrown. */
export async function valueOf(source: string, options: Options = {}): Promise<unknown> {
  const { result } = await runCode(source, options);
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.data;
}

/** The code of its failure, or what it returned instead. */
export async function failureOf(source: string, options: Options = {}): Promise<{ readonly code: string; readonly message: string; readonly hint?: string; readonly stopped?: string }> {
  const { result } = await runCode(source, options);
  if (result.ok) throw new Error(`returned ${JSON.stringify(result.data)}`);
  return { ...result.failure, ...(result.stopped === undefined ? {} : { stopped: result.stopped }) };
}

async function answerOf(tool: string, params: JsonObject): Promise<CallResult> {
  const succeeded = { runId: 'run-2', status: 'succeeded', output: '' } as const;
  switch (tool) {
    case 'math/add':
      return { ...succeeded, data: Number(params['a']) + Number(params['b']) };
    case 'math/echo':
      return { ...succeeded, data: params };
    case 'math/slow':
      await new Promise((resolve) => void setTimeout(resolve, Number(params['ms'])));
      return { ...succeeded, data: 'done' };
    case 'math/huge':
      return { ...succeeded, data: 'x'.repeat(2 * 1024 * 1024) };
    case 'math/text':
      return { ...succeeded, output: 'plain text' };
    case 'math/nest': {
      const depth = Number(params['depth']);
      return { ...succeeded, data: depth === 0 ? 0 : ((await valueOf(`return 1 + await tools.nest({ depth: ${depth - 1} })`)) as number) };
    }
    case 'math/throw':
      throw new Error(`a secret of ${import.meta.filename}`);
    default:
      return { runId: 'run-3', status: 'failed', output: '', error: { code: 'DISK_FULL', message: 'no space is left', hint: 'remove something' } };
  }
}
