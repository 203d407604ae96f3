import { spawn } from 'node:child_process';
import type { CallResult, LogLevel, ProcessResult, Progress, SpawnOptions, ToolContext } from '@toka/sdk';
import { createToolFs, type FileAction } from '../../src/runtime/tool-fs.ts';
import { realPathOf } from '../../src/runtime/tool-fs-locate.ts';

export interface ToolContextOptions {
  /** The project: everything below it may be read and written unless `allows` says otherwise. */
  readonly root: string;
  /** Default: `root`. */
  readonly cwd?: string;
  readonly allows?: (action: FileAction, realPath: string) => boolean;
  readonly capabilities?: readonly string[];
  readonly missing?: readonly string[];
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  readonly call?: (tool: string, params: Readonly<Record<string, unknown>>) => Promise<CallResult>;
}

/** A context for tests of tools, with what the tool logged and how it reported its progress. */
export interface TestToolContext extends ToolContext {
  readonly logs: readonly { readonly level: LogLevel; readonly message: string }[];
  readonly reported: readonly Progress[];
}

/**
 * Makes a context for tests of tools: the real jailed file system over a folder, and processes started directly, without a sandbox
 * (how they are confined is tested through the binary).
 */
export function toolContext(options: ToolContextOptions): TestToolContext {
  const { root, cwd = root, capabilities = [], missing = [], signal = new AbortController().signal, env = {} } = options;
  const realRoot = realPathOf(root);
  const isInside = (path: string): boolean => path === realRoot || path.startsWith(`${realRoot}/`);
  const allows = options.allows ?? ((_action, path) => isInside(path));
  const logs: { level: LogLevel; message: string }[] = [];
  const reported: Progress[] = [];
  return {
    runId: '00000000-0000-7000-8000-000000000000',
    idempotencyKey: '00000000-0000-7000-8000-000000000000/0',
    cwd,
    root,
    signal,
    capabilities,
    missing,
    fs: createToolFs({ cwd, allows, signal }),
    spawn: (argv, spawnOptions = {}) => spawnDirectly(argv, { cwd, ...spawnOptions }, signal),
    call: options.call ?? (async (tool) => Promise.reject(new Error(`this test gives its tool no other tool to call, it called ${tool}`))),
    fetch: async (url) => Promise.reject(new Error(`this test gives its tool no network, it fetched ${url}`)),
    env: (name) => env[name],
    now: Date.now,
    log: (level, message) => void logs.push({ level, message }),
    progress: (progress) => void reported.push(progress),
    logs,
    reported,
  };
}

function spawnDirectly(
  [program, ...args]: readonly [string, ...string[]],
  options: SpawnOptions,
  signal: AbortSignal,
): Promise<ProcessResult> {
  const { cwd, env, input, timeoutMs, onOutput } = options;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: 'pipe',
      ...(cwd === undefined ? {} : { cwd }),
      env: { PATH: process.env['PATH'], ...env },
      signal,
    });
    const text = { stdout: '', stderr: '' };
    let stopped: string | undefined;
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => void ((stopped = 'timeout'), child.kill('SIGKILL')), timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (piece: string) => {
        text[name] += piece;
        onOutput?.(name, piece);
      });
    }
    child.on('error', (error) => {
      clearTimeout(timer);
      if (signal.aborted) stopped = 'cancelled';
      else reject(error);
    });
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      const wallMs = performance.now() - started;
      resolve({ exitCode, ...text, ...(stopped === undefined ? {} : { stopped }), truncated: false, wallMs });
    });
    child.stdin.on('error', () => undefined).end(input ?? '');
  });
}
