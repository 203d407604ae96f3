import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { CallResult } from '../context.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { RUNTIME_FILES, type CodeOrder, type CodeResult, type IsolateRuntime, type ProgramHost, type Runtime, type SandboxRuntime, type SetupHost } from '../runtime.ts';

/** What code did, and how it ended. */
export interface Attempt {
  readonly result: CodeResult;
  readonly stdout: string;
  readonly stderr: string;
  /** What the program did against the protocol, a sentence each. */
  readonly faults: readonly string[];
}

export interface DriveOptions {
  /** Answers calls of tools. */
  call(tool: string, params: JsonObject): CallResult;
  /** Cancels the run when the code has printed this. */
  readonly cancelAfter?: string;
  /** Milliseconds between the start of a program and its order: warm ones wait. Default 0. */
  readonly delayMs?: number;
}

const GRACE_MS = 500;

/** Longer lines are none. */
const MAX_LINE = 64 * 1024 * 1024;

/** Runs code as toka would, but without a sandbox. */
export async function drive(runtime: Runtime, order: CodeOrder, options: DriveOptions): Promise<Attempt> {
  return runtime.isolation === 'isolate' ? driveIsolate(runtime, order, options) : driveProgram(runtime, order, options);
}

async function driveIsolate(runtime: IsolateRuntime, order: CodeOrder, { call, cancelAfter }: DriveOptions): Promise<Attempt> {
  const stop = new AbortController();
  const text = { stdout: '', stderr: '' };
  const result = await runtime.run(order, {
    signal: stop.signal,
    output(stream, piece) {
      text[stream] += piece;
      if (cancelAfter !== undefined && text.stdout.includes(cancelAfter)) stop.abort(new Error('cancelled'));
    },
    call: async (tool, params) => call(tool, params),
    artifact: () => undefined,
    log: () => undefined,
    progress: () => undefined,
  });
  return { result, ...text, faults: [] };
}

async function driveProgram(runtime: SandboxRuntime, order: CodeOrder, options: DriveOptions): Promise<Attempt> {
  const base = await mkdtemp(join(tmpdir(), 'toka-runtime-'));
  try {
    const host = hostIn(base);
    await runtime.setup?.(order, host);
    const { argv, files = {}, env = {} } = await runtime.program(order, host);
    const [folder, artifacts] = [join(base, 'files'), join(base, 'artifacts')];
    await Promise.all([mkdir(folder), mkdir(artifacts)]);
    // The files stand elsewhere than in a sandbox.
    const here = (text: string): string => text.replaceAll(RUNTIME_FILES, folder);
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), here(content));
    return await converse(argv.map(here) as [string, ...string[]], { PATH: process.env['PATH'], HOME: base, LANG: 'C.UTF-8', ...env, TOKA_ARTIFACTS: artifacts }, order, options);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

/** What a runtime is told of this machine, with a folder of its own. */
export function hostIn(base: string): ProgramHost & SetupHost {
  return {
    folder: base,
    env: process.env,
    signal: new AbortController().signal,
    spawn: async (argv) => runHere(argv, base),
    log: () => undefined,
    progress: () => undefined,
  };
}

async function runHere([program, ...args]: readonly [string, ...string[]], cwd: string): ReturnType<SetupHost['spawn']> {
  const started = performance.now();
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = gather(child.stdout, child.stderr);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  const exitCode = await promise;
  return { exitCode, stdout: text.stdout, stderr: text.stderr, truncated: false, wallMs: performance.now() - started };
}

function gather(stdout: Readable, stderr: Readable, said: () => void = () => undefined): { stdout: string; stderr: string } {
  const text = { stdout: '', stderr: '' };
  for (const [name, stream] of Object.entries({ stdout, stderr }) as ['stdout' | 'stderr', Readable][]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
      said();
    });
  }
  return text;
}

type Line =
  | { readonly type: 'ready' }
  | { readonly type: 'call'; readonly id: number; readonly tool: string; readonly params: JsonObject }
  | { readonly type: 'log' | 'progress' }
  | { readonly type: 'result'; readonly data: JsonValue }
  | { readonly type: 'failure'; readonly code: string; readonly message: string; readonly hint?: string };

async function converse([program, ...args]: readonly [string, ...string[]], env: Readonly<Record<string, string | undefined>>, order: CodeOrder, { call, cancelAfter, delayMs = 0 }: DriveOptions): Promise<Attempt> {
  const child = spawn(program, args, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
  const [, stdout, stderr, input, output] = child.stdio as unknown as [null, Readable, Readable, Writable, Readable];
  const faults: string[] = [];
  let result: CodeResult | undefined;
  input.on('error', () => undefined);
  const send = (line: object): void => void input.write(`${JSON.stringify(line)}\n`);
  const text = gather(stdout, stderr, () => {
    if (cancelAfter === undefined || !text.stdout.includes(cancelAfter) || input.writableEnded) return;
    input.end();
    // toka ends the sandbox of whoever does not end by itself.
    setTimeout(endAll, GRACE_MS, child).unref();
  });
  const hear = (line: Line): void => {
    if (result) faults.push(`it said ${line.type} after its end`);
    else if (line.type === 'call') send({ type: 'answer', id: line.id, result: call(line.tool, line.params) });
    else if (line.type === 'result') result = { ok: true, data: line.data };
    else if (line.type === 'failure') result = { ok: false, failure: { code: line.code, message: line.message, ...(line.hint === undefined ? {} : { hint: line.hint }) } };
  };
  createInterface({ input: output }).on('line', (line) => {
    const said = read(line);
    if (said) hear(said);
    else faults.push(`it said what is no line of the protocol: ${line.slice(0, 200)}`);
  });
  // Whoever ends by itself lets go of its descriptors; its child processes may not.
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  const starter = setTimeout(() => send({ type: 'order', version: 1, ...order }), delayMs);
  const killer = setTimeout(() => {
    faults.push(`it did not end within ${order.limits.timeoutMs} ms`);
    endAll(child);
  }, order.limits.timeoutMs);
  const exitCode = await promise.finally(() => [starter, killer].forEach(clearTimeout));
  const ended: CodeResult = exitCode === 0 ? { ok: true, data: null } : { ok: false, failure: { code: 'TOKA_RUN_FAILED', message: `its program ended with ${exitCode ?? child.signalCode}` } };
  return { result: result ?? ended, stdout: text.stdout, stderr: text.stderr, faults };
}

/** The program and what it has started. */
function endAll({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function read(text: string): Line | undefined {
  if (text.length > MAX_LINE) return undefined;
  try {
    const line = JSON.parse(text) as Line | null;
    return line && isWhole(line) ? line : undefined;
  } catch {
    return undefined;
  }
}

function isWhole(line: Line): boolean {
  if (line.type === 'call') return Number.isInteger(line.id) && typeof line.tool === 'string' && typeof line.params === 'object';
  if (line.type === 'failure') return /^[A-Z][A-Z0-9_]*$/.test(line.code) && typeof line.message === 'string';
  return line.type === 'result' ? line.data !== undefined : ['ready', 'log', 'progress'].includes(line.type);
}
