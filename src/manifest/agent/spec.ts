import type { JsonObject } from '@toka/sdk';
import type { Hook } from '../hook.ts';
import type { Level, Origin } from '../tool.ts';

/** How it is shown that something is done: a tool that succeeds, a command that ends with 0, or an answer of that form. */
export type Validation =
  | { readonly kind: 'tool'; readonly tool: string; readonly params: JsonObject }
  | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]] }
  | { readonly kind: 'schema'; readonly schema: JsonObject };

/** What the agent is to achieve, and how that is shown. */
export interface Objective {
  readonly id: string;
  readonly description: string;
  readonly deliverable?: string;
  readonly validation?: Validation;
}

/** A step that the agent takes: always, or where the condition, in words, is met. */
export interface PlannedTask {
  readonly id: string;
  readonly title: string;
  readonly when?: string;
  /** Those that come first. */
  readonly after: readonly string[];
  readonly validation?: Validation;
}

/** An agent, as its file says, defaults filled in. */
export interface AgentSpec {
  readonly name: string;
  /** `agent/NAME`. */
  readonly qualified: string;
  /** As people read it, where that is not `name`. */
  readonly title?: string;
  readonly version: string;
  readonly description: string;
  readonly author?: string;
  /** Further words to find it by. */
  readonly tags?: readonly string[];
  readonly origin: Pick<Origin, 'kind' | 'file'>;
  /** SHA-256 of the file, lower-case hex. */
  readonly hash: string;
  readonly domain?: string;
  readonly priority: 'low' | 'normal' | 'high';
  /** What it is good at, in words; skills of these names are offered to it. */
  readonly skills: readonly string[];
  readonly objectives: readonly Objective[];
  readonly tasks: readonly PlannedTask[];
  /** Names of agents that it may start. */
  readonly agents: readonly string[];
  /** Globs of the qualified names of tools that it may see; none: all that it may call. */
  readonly tools: readonly string[];
  /** What it is told about itself, beside all the rest. */
  readonly directives: readonly string[];
  readonly successCriteria: readonly string[];
  readonly reporting?: { readonly format: 'text' | 'markdown' | 'json'; readonly schema?: JsonObject };
  /** A role, or `PROVIDER/MODEL`. Default `work`. */
  readonly model: string;
  readonly maxSteps: number;
  readonly security: {
    readonly level: Level;
    /** What must be granted before it starts. */
    readonly required: readonly string[];
    /** What it may ask for, when a call needs it; absent: whatever who runs it may have. */
    readonly ceiling?: readonly string[];
    /** Milliseconds. */
    readonly timeoutMs?: number;
    /** Money in millionths of a US dollar. */
    readonly budget: { readonly calls?: number; readonly wall?: number; readonly cpu?: number; readonly bytes?: number; readonly tokens?: number; readonly money?: number };
  };
  readonly hooks: readonly Hook[];
}
