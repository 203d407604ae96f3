import type { JsonObject } from '@toka/sdk';
import type { EffectiveSet, Permission } from '../capability/effective.ts';
import type { Principal } from '../capability/principal.ts';
import type { Budget } from '../config/config.ts';
import type { SandboxOverrides, Level } from '../manifest/tool.ts';
import type { Step, StoredEvent } from '../journal/events.ts';
import type { Completion } from '../runtime/completion.ts';
import type { TapedCall } from '../runtime/taped-call.ts';
import type { AskOptions, Candidate, Prompt } from '../model/port.ts';
import type { AgentParams, Flow } from './agent/port.ts';
import type { LiveEvent } from './events.ts';

/** A run whose process is gone before its outcome was recorded, with all that is on record of it. */
export interface Interrupted {
  readonly run: string;
  readonly events: readonly StoredEvent[];
}

/** What goes on with a run instead of beginning one. */
export interface Resumption extends Interrupted {
  /** The runs whose outcome is unknown and that are done again all the same. */
  readonly retry: ReadonlySet<string>;
}

/** What is on record of a run that is told again. */
export interface Replaying {
  readonly run: string;
  readonly calls: readonly TapedCall[];
  readonly capabilities: readonly string[];
  readonly missing: readonly string[];
  /** The values of variables that are not on record. */
  readonly variables: Readonly<Record<string, string>>;
  /** The project's root, as it was there. */
  readonly root: string;
  /** Whether answers come in the order in which they came on record. */
  readonly inOrder: boolean;
  /** How it ended, which is all that a process is answered with. */
  readonly completion: Completion;
  /** All that is on record of a run of an agent. */
  readonly agentEvents?: readonly StoredEvent[];
}

interface Common {
  readonly principal: Principal;
  /** Through which the request comes; it is recorded. */
  readonly door: 'cli' | 'api' | 'tool';
  /** The caller's folder, absolute; relative paths start here. */
  readonly cwd: string;
  /** The run that asks for this one, by which of its calls, what it may hand on, and the secrets that it knows. */
  readonly parent?: { readonly run: string; readonly step: Step; readonly permissions: readonly Permission[]; readonly secrets: readonly string[] };
  /** The id of the run, where it was given one before it is asked for. */
  readonly runId?: string;
  readonly resumes?: Resumption;
  /** Knows where the values come from that the run, and those below it, are given. */
  readonly flow?: Flow;
  /** Whether nothing is taken from an earlier run (`--no-cache`). Default false. */
  readonly isFresh?: boolean;
  /** Whether all is kept that is needed to replay the run, and those that it starts. Default false. */
  readonly record?: boolean;
  /** The run on record that this one does once more, really. */
  readonly repeats?: string;
  /** The run on record that is told again: nothing happens, and nothing is recorded. */
  readonly replays?: Replaying;
  /** Capabilities that the caller grants to this run alone (`--allow`). */
  readonly allow?: readonly string[];
  /** Capabilities that the caller takes away from the run and from all that it starts (`--deny`). */
  readonly deny?: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  /** Whether nothing may run but what the project's lock vouches for (`--frozen`). */
  readonly frozen?: boolean;
  /** What the run may use, with all that it starts; lowers the budget of the configuration. */
  readonly budget?: Budget;
  /** Milliseconds; lowers the limit of the level. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: LiveEvent) => void;
  /** The caller's own standard input, for a tool that declares `stdin: inherit`. */
  readonly input?: AsyncIterable<Uint8Array> | Uint8Array;
}

/** A program that is run without a manifest: `toka sandbox run` and `ctx.spawn`. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly level: Level;
  readonly limits: SandboxOverrides;
  /** Capabilities the command shall have. */
  readonly capabilities: readonly string[];
  /** Those it may have, where they are granted. */
  readonly optional?: readonly string[];
  /** Whether it is refused where it cannot see the caller's folder. Default: it then starts in its scratch folder. */
  readonly needsCwd?: boolean;
  /** Whether a person typed it, and so means every program that its words name: they are granted to it. */
  readonly isTyped?: boolean;
  /** Variables beside the scrubbed default environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ToolRequest extends Common {
  readonly model: 'tool';
  readonly target: { readonly kind: 'named'; readonly name: string } | { readonly kind: 'command'; readonly command: Command };
}

/** Source text that is to be run, with what it is to be given. */
export type CodeParams = {
  readonly source: string;
  /** What messages call it: a file's name, or `<stdin>`. */
  readonly name: string;
  /** What the code itself is given. */
  readonly params: JsonObject;
  /** What its runtime is to install for it. */
  readonly requirements: readonly string[];
};

/** Source text to be run by the runtime of its language. */
export interface CodeRequest extends Common {
  readonly model: 'code';
  readonly language: string;
  readonly params: CodeParams;
  readonly level: Level;
  readonly limits: SandboxOverrides;
  /** Capabilities that the code shall have: of `tool:call` it can call those tools. */
  readonly capabilities: readonly string[];
  /** What tools that it calls may have at the most, where that is more than the code itself has: that of the agent that wrote it. */
  readonly reach?: EffectiveSet;
}

/** What a person says to an agent while it works. */
export interface Inbox {
  /** All that has come since it was asked last. */
  take(): readonly string[];
}

/** An agent to be run by its loop. */
export interface AgentRequest extends Common {
  readonly model: 'agent';
  readonly agent: string;
  readonly params: AgentParams;
  readonly inbox?: Inbox;
  /** Whether nothing of the conversation is kept. Default false. */
  readonly isEphemeral?: boolean;
}

/** All that is recorded of what a model is asked: the conversation is on record with the run of its agent. */
export type PromptParams = {
  /** SHA-256 of the prompt as JSON, lower-case hex. */
  readonly digest: string;
  readonly messages: number;
  readonly bytes: number;
};

/** A model to be asked by an agent. */
export interface PromptRequest extends Common {
  readonly model: 'prompt';
  /** The first of the candidates: `PROVIDER/MODEL`. */
  readonly route: string;
  readonly params: PromptParams;
  readonly prompt: Prompt;
  candidates(): Promise<readonly Candidate[]>;
  readonly onReply: (event: PromptEvent) => void;
}

/** What is heard of a model while it answers. */
export type PromptEvent = Parameters<AskOptions['onEvent']>[0];

/** Everything that can be asked to run, through whatever door. */
export type ExecutionRequest = ToolRequest | CodeRequest | AgentRequest | PromptRequest;
