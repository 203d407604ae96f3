import type { StorageChoice } from './storage.ts';

/** What one configuration file says. Plain JSON data. */
export interface Config {
  readonly policy: { readonly allow: readonly Rule[]; readonly ask: readonly Rule[]; readonly deny: readonly Rule[] };
  /** Which source is meant by the unqualified name of a tool. */
  readonly prefer: Readonly<Record<string, string>>;
  readonly sandbox: { readonly require?: Require };
  readonly limits: readonly Limit[];
  readonly budget: Budget;
  readonly storage?: StorageChoice;
  readonly retention?: Retention;
  readonly plugins?: {
    /** Names of packages, each with `*` for any text. */
    readonly allow: readonly string[];
  };
  readonly tools: {
    /** Folders with further manifests, as written: relative to the file's folder. */
    readonly paths: readonly string[];
  };
}

/** `hard`: memory, processes and CPU by cgroup; `watchdog`: rlimits and polling will do. */
export type Require = 'hard' | 'watchdog';

/** An entry of the policy. */
export interface Rule {
  /** `domain:action[:scope]`, longer names replaced by what they stand for. */
  readonly capabilities: readonly string[];
  /** Globs of tool names. Absent: every tool. */
  readonly tools?: readonly string[];
  /** Why, in the author's words. */
  readonly reason?: string;
  /** Where it stands in its file, from 1. */
  readonly line: number;
}

/** How often tools may be run. */
export interface Limit {
  readonly rate: Rate;
  /** Globs of tool names. Absent: every tool. */
  readonly tools?: readonly string[];
  /** Whether each tool or each principal is counted by itself. Absent: all runs together. */
  readonly each?: 'tool' | 'principal';
  /** Why, in the author's words. */
  readonly reason?: string;
  /** Where it stands in its file, from 1. */
  readonly line: number;
}

/** `window`: at most so many runs in any stretch of that many milliseconds. `bucket`: so many at once, and one more after each such stretch. */
export interface Rate {
  readonly kind: 'window' | 'bucket';
  readonly runs: number;
  readonly ms: number;
}

/** What a run may use together with all that it starts: runs, milliseconds of time and of CPU time, bytes of output. */
export interface Budget {
  readonly calls?: number;
  readonly wall?: number;
  readonly cpu?: number;
  readonly bytes?: number;
}

/** What is kept of the runs that have ended: those that are beyond any of it may go. */
export interface Retention {
  /** Milliseconds since they ended. */
  readonly age?: number;
  /** So many runs. */
  readonly count?: number;
  /** Bytes of what is recorded of them. */
  readonly size?: number;
}

export const EMPTY_CONFIG: Config = { policy: { allow: [], ask: [], deny: [] }, prefer: {}, sandbox: {}, limits: [], budget: {}, tools: { paths: [] } };
