import type { CallResult, LogLevel, ProcessResult, Progress } from './context.ts';
import { coded } from './errors.ts';
import type { JsonObject, JsonSchema, JsonValue } from './json.ts';

/** A tool that code may call. */
export interface CallableTool {
  /** By which code calls it, as `tools.NAME`: the tool's name with `_` for each sign that no identifier may have. */
  readonly alias: string;
  /** Qualified: `plugin/tool`. */
  readonly name: string;
  readonly summary: string;
  readonly params: JsonSchema;
  /** JSON Schema of its data; absent where it promises none. */
  readonly output?: JsonSchema;
}

/** Source text that is to be run. */
export interface CodeOrder {
  readonly runId: string;
  /** One of the runtime's languages. */
  readonly language: string;
  readonly source: string;
  /** What messages call the source: a file's name, or `<stdin>`. */
  readonly name: string;
  readonly params: JsonObject;
  readonly tools: readonly CallableTool[];
  /** What the runtime is to install for it, in the form of its own ecosystem; only where it supports that. */
  readonly requirements: readonly string[];
  readonly limits: CodeLimits;
}

/** What code may use. */
export interface CodeLimits {
  /** Bytes. */
  readonly memory: number;
  readonly timeoutMs: number;
  /** Bytes, stdout and stderr together. */
  readonly maxOutput: number;
  /** Bytes of a result, of a parameter and of a tool's answer as JSON. */
  readonly maxValue: number;
  /** Calls of tools. */
  readonly maxCalls: number;
}

/** How code ended. */
export type CodeResult =
  | { readonly ok: true; readonly data: JsonValue }
  | {
      readonly ok: false;
      readonly failure: { readonly code: string; readonly message: string; readonly hint?: string };
      /** Where the runtime ended it at a limit. */
      readonly stopped?: 'timeout' | 'memory' | 'output' | 'cancelled';
    };

/** What an isolate may do outside of itself; all of it is checked and recorded by toka. */
export interface IsolateHost {
  /** Aborted when the run is cancelled or out of time. */
  readonly signal: AbortSignal;
  /** Passes on what the code prints. */
  output(stream: 'stdout' | 'stderr', text: string): void;
  /** Calls a tool by its qualified name, as a recorded child run with at most the rights of this one. */
  call(tool: string, params: JsonObject): Promise<CallResult>;
  /** Keeps a file of that name with the run. Throws `ARTIFACT_NAME`, `ARTIFACT_TOO_LARGE`, `ARTIFACT_TOO_MANY`. */
  artifact(name: string, content: Uint8Array): void;
  log(level: LogLevel, message: string): void;
  progress(progress: Progress): void;
}

/** A program that runs source in a sandbox. It speaks the protocol of runtimes (docs/runtimes.md) on its file descriptors 3 (in) and 4 (out). */
export interface Program {
  readonly argv: readonly [string, ...string[]];
  /** Files that exist inside the sandbox only, in the folder `RUNTIME_FILES`; one with a `/` in its name is refused. */
  readonly files?: Readonly<Record<string, string>>;
  /** Absolute paths of files and trees of this machine that it reads: an interpreter's own. */
  readonly reads?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Where a sandbox has the files of `Program.files`.
 *
 * @example
 * `${RUNTIME_FILES}/driver.mjs`; // '/dev/toka/driver.mjs'
 */
export const RUNTIME_FILES = '/dev/toka';

/** How a program is started before there is code to run. */
export interface SetupSpawnOptions {
  /** Capabilities of the run that it needs, such as `net:connect:pypi.org:443`. Default: no network. */
  readonly network?: readonly string[];
  /** Absolute paths of files and trees of this machine that it reads. */
  readonly reads?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds. Default: what is left of the run's own limit. */
  readonly timeoutMs?: number;
}

/** What a runtime may do before a program is started for the first time. */
export interface SetupHost {
  readonly signal: AbortSignal;
  /**
   * Runs a program in the sandbox as a recorded child run. It may write the runtime's own folder (`ProgramHost.folder`) and nothing else, and
   * reach hosts that the run was granted.
   */
  spawn(argv: readonly [string, ...string[]], options?: SetupSpawnOptions): Promise<ProcessResult>;
  log(level: LogLevel, message: string): void;
  progress(progress: Progress): void;
}

/** What a runtime is told of the machine. */
export interface ProgramHost {
  /** A folder of the runtime's own that outlives runs, absolute. A program sees of it what `Program.reads` names. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether a runtime can run on this machine, and what to do where it cannot. */
export type Probe = { readonly available: true; readonly version?: string } | { readonly available: false; readonly reason: string; readonly hint: string };

/** What a runtime can do. */
export interface RuntimeSupports {
  /** Whether code can call tools. */
  readonly calls: boolean;
  /** Whether it installs `requirements`. */
  readonly requirements: boolean;
  /** Whether what it runs is no text: `source` is then base64. Default false. */
  readonly binary?: boolean;
}

interface RuntimeFacts {
  /** By which people name it: `python`. */
  readonly id: string;
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  /** What `--language` takes for it, each with the endings of its files: `{ python: ['.py'] }`. */
  readonly languages: Readonly<Record<string, readonly string[]>>;
  readonly supports: RuntimeSupports;
  /** Whether it can run here. Default: it can. */
  probe?(host: ProgramHost): Promise<Probe>;
}

/** A runtime whose code never touches the machine, so that it may stay in toka's process: an interpreter in WebAssembly. Only for runtimes that are part of toka. */
export interface IsolateRuntime extends RuntimeFacts {
  readonly isolation: 'isolate';
  /** Begins what the next run will wait for, for code that may take so many bytes. It is not known yet whether it comes. */
  prepare?(memory: number): void;
  /** Runs source. Whatever the code does is a result; it throws only where the runtime itself fails. */
  run(order: CodeOrder, host: IsolateHost): Promise<CodeResult>;
  /** Ends all that is kept for later runs. */
  close?(): Promise<void>;
}

/** A runtime that is a program in toka's sandbox. */
export interface SandboxRuntime extends RuntimeFacts {
  readonly isolation: 'sandbox';
  /** What is to be started. The same for the same language, requirements and machine: of the rest of the order it is told on descriptor 3. */
  program(order: Pick<CodeOrder, 'language' | 'requirements'>, host: ProgramHost): Promise<Program>;
  /** Makes what the program needs and is not there yet. Called for each run, before its program is started. */
  setup?(order: Pick<CodeOrder, 'language' | 'requirements'>, host: ProgramHost & SetupHost): Promise<void>;
}

/** What runs code of some languages. */
export type Runtime = IsolateRuntime | SandboxRuntime;

/**
 * Defines a runtime: the default export of a file that a plugin names under `contributes.runtimes`.
 *
 * @param definition What it runs, and how.
 * @returns The same definition.
 * @throws `RUNTIME_LANGUAGES` where it has no language.
 * @example
 * export default defineRuntime({
 *   id: 'lua',
 *   summary: 'Run Lua',
 *   languages: { lua: ['.lua'] },
 *   supports: { calls: false, requirements: false },
 *   isolation: 'sandbox',
 *   program: async () => ({ argv: ['lua', '/dev/toka/driver.lua'], files: { 'driver.lua': DRIVER } }),
 * });
 */
export function defineRuntime<R extends Runtime>(definition: R): R {
  if (Object.keys(definition.languages).length === 0) throw coded('RUNTIME_LANGUAGES', `the runtime ${definition.id} names no language`);
  return definition;
}
