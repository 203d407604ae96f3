import type { JsonObject } from '@toka/sdk';
import type { Hook } from '../manifest/hook.ts';
import type { StorageChoice } from './storage.ts';

/** What one configuration file says. Plain JSON data. */
export interface Config {
  readonly policy: { readonly allow: readonly Rule[]; readonly ask: readonly Rule[]; readonly deny: readonly Rule[] };
  /** Which source is meant by the unqualified name of a tool. */
  readonly prefer: Readonly<Record<string, string>>;
  readonly sandbox: { readonly require?: Require };
  readonly limits: readonly Limit[];
  readonly budget: Budget;
  readonly flows?: Flows;
  readonly hooks?: readonly Hook[];
  readonly storage?: StorageChoice;
  readonly engine?: EngineChoice;
  readonly retention?: Retention;
  readonly repl?: ReplConfig;
  readonly models?: ModelsConfig;
  readonly plugins?: {
    /** Names of packages, each with `*` for any text. */
    readonly allow: readonly string[];
  };
  readonly tools: {
    /** Folders with further manifests, as written: relative to the file's folder. */
    readonly paths: readonly string[];
  };
}

/** Who runs are given to. */
export interface EngineChoice {
  /** The id of an engine that a plugin brings. */
  readonly id: string;
  /** As the engine understands it. Default: the address of a storage backend of that name. */
  readonly location?: string;
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

/** Where the values may come from that an agent passes on. */
export interface Flows {
  /** Names or globs of tools whose word counts. */
  readonly trusted: readonly string[];
  readonly allow: readonly FlowRule[];
}

/** What a parameter may be given although others may have chosen it. */
export interface FlowRule {
  /** A name or glob of tools. */
  readonly tool: string;
  /** Absent: every one. */
  readonly parameter?: string;
  /** Globs. Absent: every value. */
  readonly values?: readonly string[];
  /** Absent: from wherever. */
  readonly origins?: readonly ('web' | 'untrusted-tool' | 'file')[];
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

/** How a conversation with an agent looks on a terminal. */
export interface ReplConfig {
  readonly theme?: 'dark' | 'light' | 'plain';
  /** Whether there are lines alone. */
  readonly screenReader?: boolean;
}

/** What a run may use together with all that it starts: runs, milliseconds of time and of CPU time, bytes of output, tokens of models, and millionths of a US dollar for them. */
export interface Budget {
  readonly calls?: number;
  readonly wall?: number;
  readonly cpu?: number;
  readonly bytes?: number;
  /** Of models, read and written together. */
  readonly tokens?: number;
  /** For models: millionths of a US dollar. */
  readonly money?: number;
}

/** Which models are asked, and how their providers are reached. */
export interface ModelsConfig {
  /** What each role stands for, the preferred model first, each `PROVIDER/MODEL`. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** Which models are asked where one does not answer. */
  readonly fallbacks: Readonly<Record<string, readonly string[]>>;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
}

/** What is to be known of one provider, or of a server that is spoken to as one does. */
export interface ProviderConfig {
  /** The provider whose protocol it speaks. Default: the one of its name. */
  readonly protocol?: string;
  readonly baseURL?: string;
  /** The variable that holds the key. */
  readonly keyEnv?: string;
  /** A file that holds it, for its user alone. */
  readonly keyFile?: string;
  /** Requests and tokens in a minute. */
  readonly limits?: { readonly requests?: number; readonly tokens?: number };
  /** Milliseconds: for the first event, between two, and for all together. */
  readonly timeouts?: { readonly first?: number; readonly between?: number; readonly total?: number };
  /** Tokens that fit into a conversation. */
  readonly context?: number;
  /** By the name of a model. Prices: US dollars for a million tokens. */
  readonly models?: Readonly<Record<string, { readonly context?: number; readonly price?: ModelPrice }>>;
  /** What this provider alone takes. */
  readonly options?: JsonObject;
}

/** US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Of what a cache gives, and of what is written into it. Default: as any other input. */
  readonly cached?: number;
  readonly cacheWrite?: number;
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
export const NO_MODELS: ModelsConfig = { roles: {}, fallbacks: {}, providers: {} };
