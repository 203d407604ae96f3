import type { Reach } from '../capability/reach.ts';
import type { Traffic } from '../journal/events.ts';

/** What a sandboxed process gets. Plain data: its digest goes into the journal and `--dry-run` prints it. */
export interface SandboxPlan {
  /** Program and arguments, never a shell line. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute; must lie in a mount. */
  readonly cwd: string;
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Files and trees of this machine that exist inside; everything else of it does not. */
  readonly mounts: readonly Mount[];
  /** Absolute paths inside the mounts that are covered by an empty file or folder. */
  readonly hidden: readonly string[];
  /** Files that exist inside only, in memory, for their owner to read. */
  readonly files?: readonly OwnFile[];
  /** Grants of hosts and ports, printed: where there are any, a proxy of toka is the way to them. Otherwise there is no network at all. */
  readonly network?: readonly string[];
  readonly stdin: 'none' | 'pipe';
  /** Whether the program has a channel to toka: lines that it reads on descriptor 3, and lines that it writes on descriptor 4. */
  readonly channel?: true;
  /** Absolute path, in a folder of the sandbox's own, of an empty folder that it may write and that toka looks into afterwards (`LaunchOptions.collect`). */
  readonly folder?: string;
  readonly limits: Limits;
}

/** Where a sandbox has files of its own: in a tmpfs that no grant can cover. */
export const OWN_FILES = '/dev/toka';

/** A file of a sandbox's own. Its content may be secret: see `printablePlan`. */
export interface OwnFile {
  /** Absolute, in a folder of the sandbox's own. */
  readonly path: string;
  readonly content: string;
}

/** A plan as it may be shown and recorded: of variables and files the names only, since their values may be secrets. */
export function printablePlan({ env, files, ...rest }: SandboxPlan): Readonly<Record<string, unknown>> {
  return { ...rest, env: Object.keys(env), ...(files ? { files: files.map(({ path }) => path) } : {}) };
}

export interface Mount {
  /** Absolute path, the same inside and outside; a file or a folder. */
  readonly path: string;
  readonly access: 'read' | 'write';
  /**
   * What is made where a write mount does not exist yet; it is removed again if the run leaves it empty. Other mounts that do not exist
   * are left out.
   */
  readonly create?: 'file' | 'folder';
}

export interface Limits {
  /** Bytes, of the whole process tree. */
  readonly memory: number;
  /** Per cent of one core. */
  readonly cpu: number;
  /** Processes and threads. */
  readonly pids: number;
  readonly timeoutMs: number;
  /** CPU time of all its processes, milliseconds. Absent: what the share allows. */
  readonly cpuMs?: number;
  /** Bytes, stdout and stderr together. */
  readonly maxOutput: number;
  /** Bytes written to write mounts, and the size of each private tmpfs. */
  readonly maxDisk: number;
}

/** What the machine must be able to enforce for a run to start. */
export interface Demand {
  /** `hard`: memory, processes and CPU by cgroup; `watchdog`: rlimits and polling will do. */
  readonly require: 'hard' | 'watchdog';
}

/** By what each limit of a run was enforced. */
export interface Enforcement {
  readonly filesystem: 'namespaces' | 'seatbelt';
  readonly memory: 'cgroup' | 'watchdog';
  readonly processes: 'cgroup' | 'rlimit' | 'watchdog';
  readonly cpu: 'cgroup' | 'rlimit';
}

/** How a sandboxed process ended. */
export interface Outcome {
  /** Of the process; 128 + n if a signal n ended it inside the sandbox; null if toka ended it. */
  readonly exitCode: number | null;
  /** By which toka ended it. */
  readonly signal: string | null;
  /** Set where toka ended it. */
  readonly stopped?: 'timeout' | 'memory' | 'output' | 'processes' | 'disk' | 'cpu' | 'cancelled';
  readonly truncated: boolean;
  readonly outputBytes: number;
  readonly wallMs: number;
  /** Present only where measured. */
  readonly cpuMs?: Figure;
  readonly maxRssBytes?: Figure;
  /** What passed through the proxy; present where the plan has network. */
  readonly traffic?: Traffic;
  readonly enforcement: Enforcement;
}

/** Decides on each connection of a plan with network. */
export interface NetworkRules {
  readonly reach: Reach;
  /** Turns the name of a host into addresses. Default: this machine's resolver. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Told of each different connection that is refused; `grant` would allow it. */
  onRefused(refusal: { readonly message: string; readonly grant: string }): void;
}

/** A measured figure and what measured it. */
export interface Figure {
  readonly value: number;
  readonly source: 'cgroup' | 'sampled' | 'process';
}

/** What is no line of a channel: it is too long, no UTF-8, or ends with the channel. */
export type ChannelFault = 'long' | 'encoding' | 'unfinished';

/** toka's side of a channel. */
export interface Channel {
  /** Bytes of a line, without its end. */
  readonly maxLine: number;
  /** Called before the program is started, so that it finds what is written at once. */
  onOpen(link: ChannelLink): void;
  /** A promise holds the lines after it back until it is settled. */
  onLine(line: string): void | Promise<void>;
  /** After it no more lines come. */
  onFault(fault: ChannelFault): void;
  /** Every process has ended; lines that were written before may still come. */
  onEnded(): void;
}

export interface ChannelLink {
  /** Writes a line; settles when the program takes it, or takes nothing any more. */
  write(line: string): Promise<void>;
  /** The program reads the end after the lines that were written. */
  end(): void;
  /** Kills every process of the sandbox. */
  kill(): void;
}

export interface LaunchOptions {
  readonly signal?: AbortSignal;
  /** Written to standard input (plan.stdin `pipe`), which is then closed. */
  readonly input?: AsyncIterable<Uint8Array> | Uint8Array;
  /** Refuses the run where it would be enforced by less, even if a probe said otherwise. Default: `watchdog`. */
  readonly require?: Demand['require'];
  /** Without it, a plan with network reaches nothing. */
  readonly network?: NetworkRules;
  /** Serves the channel of a plan that has one. */
  readonly channel?: Channel;
  /** Told, when the process has ended, which folder of this machine was `plan.folder`; it is removed after that. */
  collect?(folder: string, outcome: Outcome): void;
  /** A promise holds further output of that stream back until it is settled. */
  onOutput(stream: 'stdout' | 'stderr', chunk: Uint8Array): void | Promise<void>;
}
