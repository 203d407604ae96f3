import { coded, isCoded, type JsonValue, type ToolContext, type ToolDefinition } from '@toka/sdk';
import type { Completion } from './completion.ts';
import { loadNative } from './load.ts';

/**
 * Runs a native tool in toka's own process. Only for code that is part of toka: what keeps it to its grants is the context it is given.
 *
 * @throws TokaError TOKA_RUNTIME_UNAVAILABLE if the entry cannot be loaded.
 */
export async function runNative(entry: string, params: Readonly<Record<string, unknown>>, context: ToolContext): Promise<Completion> {
  const tool = await loadNative(entry);
  try {
    return completed(tool, await untilAborted(tool.run(params as never, context), context.signal));
  } catch (error) {
    if (context.signal.aborted || !isCoded(error) || error.code === 'TOKA_BUDGET_EXCEEDED') throw error;
    return failed({ code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) });
  }
}

/** A tool that does not listen to its signal is left behind; its result no longer counts. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** A result that says `ok: false` is a failed run that still delivers its data. */
function completed(tool: ToolDefinition, result: unknown): Completion {
  const data = asJson(result);
  const output = tool.print ? tool.print(result) : '';
  const verdict = data as { ok?: unknown; code?: unknown; message?: unknown } | null;
  const isFailure = typeof verdict === 'object' && verdict?.ok === false;
  return {
    output,
    ...(tool.print ? {} : { textless: true }),
    outputBytes: Buffer.byteLength(output),
    truncated: false,
    data,
    exitCode: isFailure ? 1 : 0,
    pieces: output === '' ? [] : [{ stream: 'stdout', bytes: Buffer.from(output) }],
    ...(isFailure ? { failure: { code: text(verdict.code, 'TOKA_RUN_FAILED'), message: text(verdict.message, 'the tool reported a failure') } } : {}),
  };
}

function asJson(result: unknown): JsonValue {
  try {
    const json = JSON.stringify(result ?? null) as string | undefined;
    if (json !== undefined) return JSON.parse(json) as JsonValue;
  } catch (cause) {
    throw coded('TOOL_RESULT_INVALID', `expected a result that JSON can hold: ${cause instanceof Error ? cause.message : 'it throws when it is read'}`, { cause });
  }
  throw coded('TOOL_RESULT_INVALID', `expected a result that JSON can hold, found a ${typeof result}`);
}

function failed(failure: NonNullable<Completion['failure']>): Completion {
  return { output: '', outputBytes: 0, truncated: false, exitCode: 1, pieces: [], failure };
}

function text(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
