import { dirname, join } from 'node:path';
import type { LogLevel, Progress, SpawnOptions, ToolContext } from '@toka/sdk';
import type { Missing } from '../capability/policy.ts';
import type { EffectiveSet, Permission } from '../capability/effective.ts';
import { escapeGlob } from '../capability/glob.ts';
import type { Capability } from '../capability/grammar.ts';
import { packageRoot } from '../config/package-root.ts';
import { limitsOf } from '../sandbox/levels.ts';
import type { Mount, SandboxPlan } from '../sandbox/plan.ts';
import { toTokaError } from '../errors.ts';
import type { Completion } from './completion.ts';
import { type AskedError, type HostLine, readHostLine, type ToolLine } from './host-lines.ts';
import { fileView, secretsBelow } from './mounts.ts';
import { baseEnvironment, networkView, type PlanInput, type Planned, requireWithin, shorter } from './plan.ts';
import { type ProcessOptions, runProcess } from './process.ts';
import type { ReplayBase } from './replay-context.ts';
import { ENVELOPE, failed, Talk } from './talk.ts';
import { type EncodedCall, TAPE_LIMITS, type TapeLimits } from './taped-call.ts';

/** The first line that the host process reads, before it loads the tool. */
export interface HostOrder {
  readonly entry: string;
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

export interface IsolatedOptions extends Omit<ProcessOptions, 'channel' | 'input'> {
  /** Carries out what the tool asks of other tools and programs; absent where it may ask nothing. */
  readonly children?: Pick<ToolContext, 'call' | 'spawn'>;
  onLog(level: LogLevel, message: string): void;
  onProgress(progress: Progress): void;
  /** Told what the tool asked, where that was asked for. */
  onCalls?(calls: readonly unknown[], isFull: boolean): void;
  /** The tool has its result, or its process has ended: what it asked and has not come is no longer wanted. */
  onEnded?(): void;
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
    stdin: 'none',
    channel: true,
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

/** Runs a native tool out of process. What it prints is shown as it comes and told apart from its result. */
export async function runIsolatedNative(plan: SandboxPlan, order: string, options: IsolatedOptions): Promise<Completion> {
  const { children, onLog, onProgress, onCalls, onEnded = () => undefined, onOutput, ...rest } = options;
  const { maxOutput } = plan.limits;
  let last: Extract<HostLine, { type: 'done' | 'failed' }> | undefined;
  let lastId = 0;
  const ask = async (line: Extract<HostLine, { id: number }>): Promise<void> => {
    if (!children || line.id <= lastId) return talk.fail('asked what it may not ask');
    lastId = line.id;
    return talk.answer(answerTo(line, children, (part) => talk.write(JSON.stringify(part))));
  };
  const hear = (text: string): void | Promise<void> => {
    const line = last ? undefined : readHostLine(text);
    if (line?.type === 'call' || line?.type === 'spawn') return talk.isOver ? undefined : ask(line);
    talk.count(Buffer.byteLength(text));
    // Whatever else a tool writes to the descriptors of its host is no line of it.
    if (!line) return undefined;
    if (line.type === 'log') onLog(line.level, line.message);
    if (line.type === 'progress') onProgress(line.progress);
    if (line.type === 'calls') onCalls?.(line.calls, line.isFull);
    if (line.type !== 'done' && line.type !== 'failed') return undefined;
    last = line;
    return talk.close();
  };
  const talk = new Talk({ order, maxLine: maxOutput + ENVELOPE, maxOutput, failsWith: 'TOKA_RUN_FAILED', hear, onEnded });
  const end = (): void => talk.end();
  rest.signal?.addEventListener('abort', end, { once: true });
  try {
    const completion = await runProcess(plan, {
      ...rest,
      channel: talk.channel,
      onOutput: (_, chunk) => {
        talk.count(chunk.byteLength);
        onOutput('stderr', chunk);
      },
    });
    await talk.settled();
    return finish(completion, talk, last);
  } finally {
    rest.signal?.removeEventListener('abort', end);
  }
}

/** What a tool prints is for people who look on: its result alone is its output. */
function finish(ended: Completion, talk: Talk, last: Extract<HostLine, { type: 'done' | 'failed' }> | undefined): Completion {
  const stderr = ended.pieces.map(({ bytes }) => ({ stream: 'stderr' as const, bytes }));
  const completion: Completion = { ...ended, output: '', outputBytes: talk.output, pieces: stderr };
  const verdict = talk.verdict(completion);
  if (verdict) return verdict;
  if (last?.type === 'failed') return { ...completion, exitCode: 1, failure: last.failure };
  if (!last) {
    const failure = { code: 'TOKA_RUN_FAILED', message: 'the tool ended without a result' };
    return completion.exitCode === 0 ? failed(completion, failure) : completion;
  }
  const { output, textless, data, failure } = last;
  const stdout = output === '' ? [] : [{ stream: 'stdout' as const, bytes: Buffer.from(output) }];
  const done: Completion = { ...completion, output, data, exitCode: 0, pieces: [...stderr, ...stdout], ...(textless ? { textless } : {}) };
  return failure ? failed(done, failure) : done;
}

/** The line that answers what a tool asked; errors are told by their code. */
async function answerTo(line: Extract<HostLine, { id: number }>, children: Pick<ToolContext, 'call' | 'spawn'>, write: (part: ToolLine) => Promise<void>): Promise<string> {
  const { id } = line;
  const answer = async (): Promise<ToolLine> => {
    if (line.type === 'call') return { type: 'answer', id, result: await children.call(line.tool, line.params) };
    const { argv, options, streams } = line;
    const onOutput: NonNullable<SpawnOptions['onOutput']> = (stream, text) => void write({ type: 'output', id, stream, text });
    return { type: 'answer', id, result: await children.spawn(argv, { ...options, ...(streams ? { onOutput } : {}) }) };
  };
  return JSON.stringify(await answer().catch((thrown: unknown) => ({ type: 'answer', id, error: errorOf(thrown) })));
}

function errorOf(thrown: unknown): AskedError {
  const { code, message, hint, data } = toTokaError(thrown);
  return { code, message, ...(hint === undefined ? {} : { hint }), ...(data === undefined ? {} : { data }) };
}
