/** What one configuration file says. Plain JSON data. */
export interface Config {
  readonly policy: { readonly allow: readonly Rule[]; readonly ask: readonly Rule[]; readonly deny: readonly Rule[] };
  /** Which source is meant by the unqualified name of a tool. */
  readonly prefer: Readonly<Record<string, string>>;
  readonly sandbox: { readonly require?: Require };
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

export const EMPTY_CONFIG: Config = { policy: { allow: [], ask: [], deny: [] }, prefer: {}, sandbox: {}, tools: { paths: [] } };
