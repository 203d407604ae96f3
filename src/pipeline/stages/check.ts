import type { JsonValue } from '@toka/sdk';
import { budgetExceeded, type Left } from '../../capability/budgets.ts';
import { TokaError } from '../../errors.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { Completion } from '../../runtime/completion.ts';
import type { SandboxPlan } from '../../sandbox/plan.ts';
import { lapseOf } from '../bond.ts';
import { cancelled } from '../cancelled.ts';
import type { House } from '../house.ts';
import { Halt, type Run, settled } from '../run.ts';

/** Turns a completion into the run's result, or into the error that says why there is none. */
export async function check(run: Run, house: House): Promise<Run> {
  const tool = settled(run, 'tool');
  const completion = settled(run, 'completion');
  const shortage = shortageOf(run, completion);
  if (shortage) throw shortage;
  if (completion.stopped === 'cancelled') throw lapseOf(run.request.principal) ?? cancelled(tool.qualified, run.request.signal);
  if (completion.stopped !== undefined) throw stopped(tool, completion.stopped);
  const failure = failureOf(tool, completion);
  const data = tool.output === undefined ? completion.data : typedResult(tool, completion, failure !== undefined);
  if (tool.output !== undefined && data !== undefined) await matchOutput(tool, tool.output, data, house);
  const checked = data === undefined ? run : { ...run, data };
  if (failure) throw new Halt(checked, failure);
  return checked;
}

const STOPPED = {
  cpu: ['TOKA_CPU_LIMIT', 'used more CPU time than its limit', 'lower its work, or raise security.level in its manifest'],
  disk: ['TOKA_DISK_LIMIT', 'wrote more to disk than its limit', 'raise security.sandbox.maxDisk or the level in its manifest'],
  memory: ['TOKA_MEMORY_LIMIT', 'used more memory than its limit', 'raise security.level in its manifest'],
  output: ['TOKA_OUTPUT_LIMIT', 'wrote more output than its limit', 'let it write less, or raise the level in its manifest'],
  processes: ['TOKA_PROCESS_LIMIT', 'started more processes than its limit', 'let it start fewer, or raise the level in its manifest'],
  timeout: ['TOKA_TIMED_OUT', 'took longer than its limit', 'pass a longer --timeout, or raise security.level in its manifest'],
} as const;

function stopped(tool: Tool, why: keyof typeof STOPPED): TokaError {
  const [code, what, hint] = STOPPED[why];
  const ownHint = tool.source === 'command' || tool.source === 'code' ? 'ask for more with the flags of this command, or for a higher level' : hint;
  return new TokaError(code, `${tool.qualified} ${what} and was stopped`, { hint: ownHint });
}

const ENDED_BY: { readonly [why in NonNullable<Completion['stopped']>]?: keyof Left } = { timeout: 'wall', cpu: 'cpu', output: 'bytes' };

/** What budget was used up, where that is why the run was stopped, or it returned more than was left. */
function shortageOf({ plan, share }: Run, { outputBytes, stopped: why }: Completion): TokaError | undefined {
  if (!share) return undefined;
  const { left, bounds } = share;
  if (!plan && outputBytes > (left.bytes ?? Infinity)) return budgetExceeded('bytes', bounds.bytes);
  const name = why && ENDED_BY[why];
  return name !== undefined && isLowered(name, plan, left) ? budgetExceeded(name, bounds[name]) : undefined;
}

function isLowered(name: keyof Left, plan: SandboxPlan | undefined, left: Left): boolean {
  if (name === 'cpu') return plan?.limits.cpuMs !== undefined;
  return (name === 'wall' ? plan?.limits.timeoutMs : plan?.limits.maxOutput) === left[name];
}

function failureOf(tool: Tool, { failure, exitCode, signal }: Completion): TokaError | undefined {
  if (failure) {
    return new TokaError('TOKA_RUN_FAILED', failure.message, {
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      data: { tool: tool.qualified, code: failure.code },
    });
  }
  if (exitCode === 0) return undefined;
  const how = exitCode === null ? `was ended by ${signal ?? 'a signal'}` : `ended with exit code ${exitCode}`;
  return new TokaError('TOKA_RUN_FAILED', `${tool.qualified} ${how}`, { data: { tool: tool.qualified, exitCode } });
}

/** A process with a declared output writes one JSON value to stdout; one that failed may have written none. */
function typedResult(tool: Tool, { data, output }: Completion, hasFailed: boolean): JsonValue | undefined {
  if (data !== undefined || tool.executable.type === 'native') return data;
  try {
    return JSON.parse(output) as JsonValue;
  } catch (cause) {
    if (hasFailed) return undefined;
    const found = output.length > 200 ? `${output.slice(0, 199)}…` : output;
    throw new TokaError('TOKA_OUTPUT_INVALID', `${tool.qualified} should write one JSON value to stdout, found ${JSON.stringify(found)}`, {
      cause,
      hint: 'let it write everything else to stderr, or leave outputs.schema out of its manifest',
    });
  }
}

async function matchOutput(tool: Tool, schema: Readonly<Record<string, unknown>>, data: JsonValue, house: House): Promise<void> {
  const mismatches = await house.mismatches(schema, data);
  if (mismatches.length === 0) return;
  const lines = mismatches.map(({ pointer, message }) => `${pointer === '' ? 'the result' : pointer} ${message}`);
  throw new TokaError('TOKA_OUTPUT_INVALID', `the result of ${tool.qualified} does not match its schema: ${lines.join('; ')}`, {
    hint: 'correct the tool, or outputs.schema in its manifest',
    data: { problems: mismatches },
  });
}
