import { dirname, join } from 'node:path';
import type { JsonValue, LogLevel, Progress } from '@toka/sdk';
import type { Missing } from '../capability/policy.ts';
import type { EffectiveSet, Permission } from '../capability/effective.ts';
import { escapeGlob } from '../capability/glob.ts';
import type { Capability } from '../capability/grammar.ts';
import { packageRoot } from '../config/package-root.ts';
import { limitsOf } from '../sandbox/levels.ts';
import type { Mount, SandboxPlan } from '../sandbox/plan.ts';
import type { Completion } from './completion.ts';
import { fileView, secretsBelow } from './mounts.ts';
import { baseEnvironment, networkView, type PlanInput, type Planned, requireWithin, shorter } from './plan.ts';
import { type ProcessOptions, runProcess } from './process.ts';
import type { ReplayBase } from './replay-context.ts';
import { type EncodedCall, TAPE_LIMITS, type TapeLimits } from './taped-call.ts';

/** What the host process reads on its standard input before it loads the tool. */
export interface HostOrder {
  readonly entry: string;
  readonly sdk: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly runId: string;
  readonly idempotencyKey: string;
  readonly cwd: string;
  readonly root: string;
  readonly permissions: readonly Permission[];
  readonly carvedOut: readonly Capability[];
  readonly fallen: readonly Missing[];
  readonly hidden: readonly string[];
  /** How much of what it asks and is answered is written at its end. */
  readonly record?: TapeLimits;
  /** What it is answered with, instead of by the machine. */
  readonly replays?: ReplayOrder;
}

/** A run to be told again, for a process. */
export interface ReplayOrder extends ReplayBase {
  readonly calls: readonly EncodedCall[];
  /** Whether answers come in the order in which they came on record. */
  readonly inOrder: boolean;
  /** What is replaced in what it asks, as it was replaced in the record. */
  readonly secrets: readonly string[];
}

/** What the host process writes, one JSON value a line. */
export type HostLine =
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'calls'; readonly calls: readonly unknown[]; readonly isFull: boolean }
  | ({ readonly type: 'done'; readonly data: JsonValue } & Pick<Completion, 'output' | 'textless' | 'failure'>)
  | { readonly type: 'failed'; readonly failure: NonNullable<Completion['failure']> };

export interface IsolatedOptions extends ProcessOptions {
  onLog(level: LogLevel, message: string): void;
  onProgress(progress: Progress): void;
  /** Told what the tool asked, where that was asked for. */
  onCalls?(calls: readonly unknown[], isFull: boolean): void;
}

/** The sandbox of a native tool that is not part of toka: Node.js, the tool's own folder, and what was granted. */
export function planIsolatedNative(
  entry: string,
  input: PlanInput & { readonly runId: string; readonly idempotencyKey: string; readonly fallen: readonly Missing[]; readonly record?: boolean; readonly replays?: ReplayOrder },
): Planned {
  const { tool, effective, cwd, root, env, hidden, params, runId, idempotencyKey, fallen } = input;
  requireWithin(entry, input);
  const host = join(packageRoot(), 'dist', 'native-host.cjs');
  const sdk = join(packageRoot(), 'dist', 'sdk.mjs');
  const view = fileView(effective, hidden);
  const code = tool.origin.plugin?.root ?? (dirname(entry) === root ? entry : dirname(entry));
  const own = [process.execPath, host, sdk, code].map((path): Mount => ({ path, access: 'read' }));
  const mounts = [...view.mounts, ...own.filter(({ path }) => !view.mounts.some((mount) => mount.path === path))];
  const limits = limitsOf(tool.level, { ...tool.sandbox, ...shorter(tool.sandbox.timeoutMs, input.timeoutMs) });
  const order: HostOrder = {
    entry,
    sdk,
    params,
    runId,
    idempotencyKey,
    cwd,
    root,
    permissions: effective.permissions,
    carvedOut: effective.carvedOut,
    fallen,
    hidden,
    ...(input.record === true ? { record: tapeLimits(limits.maxOutput) } : {}),
    ...(input.replays ? { replays: input.replays } : {}),
  };
  const network = networkView(effective);
  const plan: SandboxPlan = {
    argv: [process.execPath, '--disable-warning=ExperimentalWarning', host],
    cwd: '/tmp',
    env: { ...baseEnvironment(effective, env), ...network.env },
    mounts,
    hidden: [...new Set([...view.hidden, ...secretsBeside(code, effective)])],
    ...network.part,
    stdin: 'pipe',
    limits,
  };
  return { plan, input: JSON.stringify(order) };
}

/** What is recorded comes the same way as the result, in base64, and must leave room for that. */
function tapeLimits(maxOutput: number): TapeLimits {
  const all = Math.floor(maxOutput / 4);
  return { each: Math.min(TAPE_LIMITS.each, all), all: Math.min(TAPE_LIMITS.all, all), list: Math.min(TAPE_LIMITS.list, all) };
}

/** A tool may read its own code; the secret-bearing files that lie beside it need a grant like all others. */
function secretsBeside(code: string, effective: EffectiveSet): string[] {
  const secrets = secretsBelow({ domain: 'fs', action: 'read', scope: `${escapeGlob(code)}/**` });
  return secrets.filter((path) => !effective.allows('fs', 'read', path));
}

/** Runs a native tool out of process and reads its result from the lines that its host writes. */
export async function runIsolatedNative(plan: SandboxPlan, order: string, options: IsolatedOptions): Promise<Completion> {
  const { onLog, onProgress, onCalls, onOutput, ...rest } = options;
  const completion = await runProcess(plan, {
    ...rest,
    input: Buffer.from(order),
    onOutput: (stream, chunk) => {
      if (stream === 'stderr') onOutput(stream, chunk);
    },
  });
  const lines = completion.output.split('\n').flatMap(readLine);
  for (const line of lines) {
    if (line.type === 'log') onLog(line.level, line.message);
    if (line.type === 'progress') onProgress(line.progress);
    if (line.type === 'calls') onCalls?.(line.calls, line.isFull);
  }
  return finish(completion, lines.findLast((line) => line.type === 'done' || line.type === 'failed'));
}

function finish(completion: Completion, last: Extract<HostLine, { type: 'done' | 'failed' }> | undefined): Completion {
  const stderr = completion.pieces.filter(({ stream }) => stream === 'stderr');
  if (last?.type === 'failed') return { ...completion, output: '', pieces: stderr, exitCode: 1, failure: last.failure };
  if (!last) {
    const failure = { code: 'TOKA_RUN_FAILED', message: 'the tool ended without a result' };
    return { ...completion, output: '', pieces: stderr, ...(completion.exitCode === 0 ? { exitCode: 1, failure } : {}) };
  }
  const { output, textless, data, failure } = last;
  const stdout = output === '' ? [] : [{ stream: 'stdout' as const, bytes: Buffer.from(output) }];
  return { ...completion, output, data, pieces: [...stderr, ...stdout], ...(textless ? { textless } : {}), ...(failure ? { exitCode: 1, failure } : {}) };
}

/** Whatever else a tool writes to the descriptor of the result is not a line of its host. */
function readLine(text: string): HostLine[] {
  if (!text.startsWith('{')) return [];
  try {
    const line = JSON.parse(text) as unknown;
    return isHostLine(line) ? [line] : [];
  } catch {
    return [];
  }
}

const LEVELS: readonly unknown[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];

/** The tool has the same descriptor and may write anything to it: only what has the right form counts. */
function isHostLine(line: unknown): line is HostLine {
  if (!isObject(line)) return false;
  const { type, level, message, progress, calls, isFull, output, textless, data, failure } = line;
  if (type === 'log') return LEVELS.includes(level) && typeof message === 'string';
  if (type === 'progress') return isProgress(progress);
  if (type === 'calls') return Array.isArray(calls) && typeof isFull === 'boolean';
  if (type === 'failed') return isFailure(failure);
  const isText = typeof output === 'string' && (textless === undefined || textless === true);
  return type === 'done' && isText && data !== undefined && (failure === undefined || isFailure(failure));
}

function isProgress(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { done, total, message } = value;
  const isCount = (count: unknown): boolean => count === undefined || typeof count === 'number';
  return isCount(done) && isCount(total) && (message === undefined || typeof message === 'string');
}

function isFailure(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { code, message, hint } = value;
  return typeof code === 'string' && typeof message === 'string' && (hint === undefined || typeof hint === 'string');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
