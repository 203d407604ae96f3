import type { JsonValue } from './json.ts';

/** How much a message matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** How far a run has come. */
export interface Progress {
  readonly message?: string;
  readonly done?: number;
  /** Absent while the end is not known. */
  readonly total?: number;
}

/** What is known of a file without reading it. */
export interface FileInfo {
  readonly type: 'file' | 'directory' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Permission bits. */
  readonly mode: number;
}

/** What a folder holds. */
export interface FileEntry {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
}

/** How a file is written. */
export interface WriteOptions {
  /** Fail with `TOKA_FS_EXISTS` instead of replacing a file. Default false. */
  readonly exclusive?: boolean;
  /** Make missing parent folders. Default false. */
  readonly parents?: boolean;
}

/** What of a tree is told. */
export interface WalkOptions {
  /** Leave out what `.gitignore` files (and `.git` itself) exclude. Default true. */
  readonly gitignore?: boolean;
  /** Include names that start with a dot. Default false. */
  readonly hidden?: boolean;
  /** Only files whose name ends so: `['.md', '.mdx']`. Default: all. */
  readonly extensions?: readonly string[];
  /** Also yield folders. Default false. */
  readonly directories?: boolean;
  /** How many levels below the start, 1 = its direct children. Default: no limit. */
  readonly depth?: number;
}

/**
 * Files, as far as the run may see them. Every path is resolved (symlinks followed) before it is matched against the grants; relative paths
 * start at `ctx.cwd`. Every method may throw `TOKA_CAPABILITY_DENIED` (outside the grants), `TOKA_FS_NOT_FOUND`, `TOKA_FS_NOT_FILE`,
 * `TOKA_FS_NOT_DIRECTORY`, `TOKA_FS_EXISTS`, `TOKA_FS_TOO_LARGE` or `TOKA_FS_FAILED`.
 */
export interface ToolFs {
  /** Whether the grants allow it, without touching the file. */
  can(action: 'read' | 'write', path: string): boolean;
  /** Reads bytes; `start` and `length` in bytes. Refuses more than `maxBytes` (default 64 MiB) with `TOKA_FS_TOO_LARGE`. */
  read(path: string, options?: { start?: number; length?: number; maxBytes?: number }): Promise<Uint8Array>;
  /** Reads UTF-8 text (a byte order mark is kept). Refuses more than `maxBytes` (default 64 MiB). */
  readText(path: string, options?: { maxBytes?: number }): Promise<string>;
  /** Streams a file of any size in chunks, from byte `start` to before byte `end`. */
  stream(path: string, options?: { start?: number; end?: number }): AsyncIterable<Uint8Array>;
  /** Writes the whole file: to a temporary file beside it, synced, then renamed, so that no reader ever sees half. Keeps the mode of a file it replaces; follows a symlink inside the grants. */
  write(path: string, data: string | Uint8Array, options?: WriteOptions): Promise<void>;
  /** Information, symlinks followed; `undefined` where there is nothing. */
  stat(path: string): Promise<FileInfo | undefined>;
  /** The direct children, sorted by name. */
  list(path: string): Promise<FileEntry[]>;
  /** Everything below a folder, depth first, sorted by name; symlinks are yielded, never followed; unreadable entries (secrets) are left out. */
  walk(path: string, options?: WalkOptions): AsyncIterable<FileEntry>;
}

/** How a program is started. */
export interface SpawnOptions {
  /** Working folder. Default `ctx.cwd`. */
  readonly cwd?: string;
  /** Text for its standard input. Default: none. */
  readonly input?: string;
  /** Milliseconds. Default: what is left of the run's own limit. */
  readonly timeoutMs?: number;
  /** Variables beside the scrubbed default environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Capabilities the process shall have, a subset of the run's own. Default: all of the run's. */
  readonly capabilities?: readonly string[];
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** How a process has ended. */
export interface ProcessResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Set where toka ended it: `timeout`, `memory`, `output`, `processes`, `disk`, `cancelled`. */
  readonly stopped?: string;
  /** Whether output was cut at the limit. */
  readonly truncated: boolean;
  readonly wallMs: number;
}

/** How a run that was asked for has ended. */
export interface FetchOptions {
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** A longer answer is refused with `TOKA_FETCH_FAILED`. Default 16 MiB. */
  readonly maxBytes?: number;
}

/** What a server has answered, whatever its status. */
export interface FetchResult {
  /** Where it was found, after redirects. */
  readonly url: string;
  readonly status: number;
  /** By their names in lower case; cookies are left out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The body as UTF-8. */
  text(): string;
}

/** How a call of a tool ended. */
export interface CallResult {
  readonly runId: string;
  readonly status: 'succeeded' | 'failed' | 'denied' | 'cancelled' | 'timed-out' | 'killed';
  readonly data?: JsonValue;
  readonly output: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** What a running tool may use: nothing else of the machine is meant for it. */
export interface ToolContext {
  readonly runId: string;
  /**
   * The same each time that the run is resumed after a crash, and no other run's: hand it to servers (`Idempotency-Key`), which then do a
   * request only once. Processes find theirs in `TOKA_IDEMPOTENCY_KEY`.
   */
  readonly idempotencyKey: string;
  /** The caller's folder, absolute. */
  readonly cwd: string;
  /** The project's root, or `cwd` where there is none. Absolute. */
  readonly root: string;
  /** Aborted when the run is cancelled or timed out; a tool that works long checks it. */
  readonly signal: AbortSignal;
  /** The capabilities in force, printed. */
  readonly capabilities: readonly string[];
  /** Optional capabilities of the tool that were not granted, printed. */
  readonly missing: readonly string[];
  readonly fs: ToolFs;
  /** Runs a program in the sandbox as a recorded child run. Needs `proc:exec:<program>`; throws `TOKA_CAPABILITY_DENIED` or `TOKA_SANDBOX_UNAVAILABLE`. */
  spawn(argv: readonly [string, ...string[]], options?: SpawnOptions): Promise<ProcessResult>;
  /** Runs another tool as a recorded child run. Needs `tool:call:<name>`. */
  call(tool: string, params: Readonly<Record<string, unknown>>): Promise<CallResult>;
  /** Asks a server over HTTP. Needs `net:connect:<host>:<port>`, of each server to which it is redirected as well; throws `TOKA_CAPABILITY_DENIED` or `TOKA_FETCH_FAILED`. */
  fetch(url: string, options?: FetchOptions): Promise<FetchResult>;
  /** The value of an environment variable granted by `env:read:<name>`; `undefined` where it is not set. */
  env(name: string): string | undefined;
  /** Milliseconds since 1970; when a recorded run is replayed, what it was then. */
  now(): number;
  log(level: LogLevel, message: string): void;
  progress(progress: Progress): void;
}
