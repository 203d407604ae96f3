import type { AssistantPart, CallResult, JsonObject, JsonValue, ModelToolResult } from '@toka/sdk';
import type { PlacedFlowRule } from '../../config/layers.ts';
import type { Hook } from '../../manifest/hook.ts';
import type { AgentSpec } from '../../manifest/agent/spec.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { ModelReply, ModelUsage, Prompt } from '../../model/port.ts';
import type { Likeness } from '../../registry/search/meaning.ts';

/** Where something in a conversation comes from. */
export type Origin = 'system' | 'user' | 'model' | 'trusted-tool' | 'untrusted-tool' | 'web' | 'file';

/** A result of a call, with the origins of what stands in it. */
export interface LabelledResult extends ModelToolResult {
  readonly origins: readonly Origin[];
  /** The run that gave it. */
  readonly run?: string;
}

/** What a person has said, or handed over; `origin` says whose word it is where it is not theirs: that of a file, or of a pipe. */
export type SaidPart = { readonly type: 'text'; readonly text: string; readonly origin?: 'file' } | { readonly type: 'image'; readonly mediaType: string; readonly base64: string };

/** What is said to an agent, and how it is to go about it. */
export type AgentParams = {
  readonly said: readonly SaidPart[];
  /** `PROVIDER/MODEL` or a role. Default: what its file says. */
  readonly model?: string;
  readonly session?: string;
  /** The run whose conversation it goes on with. */
  readonly after?: string;
  readonly maxSteps?: number;
  /** JSON Schema that its answer must match. */
  readonly schema?: JsonObject;
  /** Whether it may only look. Default false. */
  readonly plan?: boolean;
  /** What was said elsewhere: it becomes the conversation as it is, and no model is asked. */
  readonly takenOver?: readonly Message[];
  /** Whether it only puts a summary in the place of its conversation so far. Default false. */
  readonly compact?: boolean;
};

/** One message of a conversation as it is kept: plain JSON. */
export type Message =
  | { readonly role: 'user'; readonly parts: readonly SaidPart[]; readonly origins: readonly Origin[] }
  | { readonly role: 'assistant'; readonly parts: readonly AssistantPart[] }
  | { readonly role: 'tool'; readonly results: readonly LabelledResult[] }
  /** Stands for all before it. */
  | { readonly role: 'summary'; readonly text: string; readonly origins: readonly Origin[] };

/** One entry of the list of what an agent is about to do. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly status: 'open' | 'doing' | 'done' | 'failed';
  /** What shows that it is done: the run of its validation. */
  readonly evidence?: string;
}

/** What a door hears of an agent while it works; beside these come the events of the runs that it starts. */
export type AgentEvent =
  | { readonly type: 'step-began'; readonly step: number; readonly route: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** All text and reasoning of this step so far is void: it comes anew. */
  | { readonly type: 'restart'; readonly why: string }
  | { readonly type: 'step-ended'; readonly step: number; readonly usage: ModelUsage }
  | { readonly type: 'call-began'; readonly id: string; readonly tool: string; readonly params: JsonObject }
  | { readonly type: 'call-ended'; readonly id: string; readonly tool: string; readonly status: CallResult['status']; readonly summary: string }
  | { readonly type: 'tasks'; readonly tasks: readonly Task[] }
  | { readonly type: 'steered'; readonly text: string }
  | { readonly type: 'compacted'; readonly before: number; readonly after: number }
  | { readonly type: 'notice'; readonly level: 'info' | 'warn'; readonly message: string };

/** What is recorded of an agent's run as it happens. */
export type AgentRecord =
  | { readonly type: 'agent.steered'; readonly step: number; readonly text: string }
  | { readonly type: 'agent.tasks'; readonly tasks: readonly Task[] }
  | { readonly type: 'agent.compacted'; readonly step: number; readonly before: number; readonly after: number };

/** A file of memory: what is to be known wherever it stands. */
export interface MemoryFile {
  /** As people name it: from the project's root, or from home. */
  readonly path: string;
  readonly text: string;
  /** Whether it is the word of the user, or of a project that they trust: only then is it an instruction. */
  readonly isTrusted: boolean;
}

/** How something is done, told once it is asked for. */
export interface Skill {
  readonly name: string;
  readonly description: string;
  /** What `SKILL.md` says below its head. */
  readonly text: string;
  /** The folder that further files of it stand in, absolute. */
  readonly folder: string;
  /** Those files, relative to the folder. */
  readonly files: readonly string[];
  readonly isTrusted: boolean;
}

/** What stands on this machine for every agent, as it was when the run began. */
export interface AgentContext {
  readonly memory: readonly MemoryFile[];
  readonly skills: readonly Skill[];
  /** What was left out, and why. */
  readonly problems: readonly string[];
}

/** What an agent is run for. */
export interface AgentOrder {
  readonly spec: AgentSpec;
  /** Which model: `PROVIDER/MODEL`. */
  readonly route: string;
  /** Tokens that fit into a conversation with it; absent where nobody says. */
  readonly contextTokens?: number;
  /** The day on which it began: `2026-11-28`. */
  readonly today: string;
  /** What was said before, of the session that this goes on with. */
  readonly history: readonly Message[];
  readonly said: readonly SaidPart[];
  readonly context: AgentContext;
  readonly hooks: readonly Hook[];
  /** The form that its answer must have. */
  readonly schema?: JsonObject;
  readonly maxSteps: number;
  /** Whether it may only look: every call that changes something is refused, and says so. */
  readonly isPlanning: boolean;
  /** Whether it only puts a summary in the place of its conversation so far. */
  readonly isCompacting: boolean;
  /** Of the agent that has started this one; absent: a person has. */
  readonly above?: Flow;
}

/** What came of it. */
export interface AgentOutcome {
  /** All that this run adds to the conversation, whatever came of it. */
  readonly messages: readonly Message[];
  readonly text: string;
  /** The answer by the schema that was asked for. */
  readonly data?: JsonValue;
  readonly tasks: readonly Task[];
  /** How it has not ended well: a code of the table of errors, with what is to be said. */
  readonly failure?: { readonly code: string; readonly message: string; readonly hint?: string; readonly data?: JsonObject };
  readonly steps: number;
}

/** All that the loop has of the world. */
export interface AgentHost {
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Absolute. */
  readonly cwd: string;
  readonly root: string;
  readonly home: string;
  readonly trust: TrustRules;
  /** Every tool that the agent may call, or ask to call, by qualified name. */
  tools(): Promise<readonly Tool[]>;
  /** How much each of them means what is asked for, where a plugin can tell. */
  likeness(query: string): Promise<Likeness | undefined>;
  /** Asks a model, in a run of its own. Rejects with a TokaError. */
  ask(route: string, prompt: Prompt): Promise<ModelReply>;
  /** Calls a tool, in a run of its own; never rejects for what that run ended with. */
  call(tool: string, params: JsonObject, options?: CallOptions): Promise<CallResult>;
  /** Runs another agent with a part of this one's rights and budget. */
  spawn(agent: string, params: Pick<AgentParams, 'said' | 'schema' | 'maxSteps' | 'model'>, options?: CallOptions): Promise<CallResult>;
  /** What the person has said since; each is told once, and recorded by its step. */
  steered(step: number): Promise<readonly string[]>;
  record(event: AgentRecord): Promise<void>;
  emit(event: AgentEvent): void;
  /** Runs code with the tools that the agent may call. */
  code(language: string, source: string, options?: CallOptions): Promise<CallResult>;
  /** Runs a command that a file names as the validation of something, or as a hook. */
  command(argv: readonly [string, ...string[]], options?: { readonly input?: string; readonly timeoutMs?: number }): Promise<CallResult>;
  /** What keeps a value from being one of that JSON Schema; none: nothing. */
  faultsOf(schema: JsonObject, value: unknown): Promise<readonly string[]>;
  /** Asks the person for what only they know; undefined where nobody is there. */
  inquire(question: Question): Promise<JsonObject | undefined>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds; lowers its limit. */
  readonly timeoutMs?: number;
  /** What decides whether what it is given may go there. */
  readonly flow?: Flow;
}

/** A question to the person. */
export interface Question {
  readonly text: string;
  /** What is to be filled in; none: any text, as `answer`. */
  readonly fields: readonly { readonly name: string; readonly description: string; readonly schema: JsonObject }[];
}

/** Whose word counts where an agent runs. */
export interface TrustRules {
  /** Whether the files of the project, and the tools that it brings, are the user's own word. */
  readonly isProjectTrusted: boolean;
  /** Names or globs of tools that are trusted although they did not come with toka. */
  readonly trustedTools: readonly string[];
  /** What is agreed to beforehand. */
  readonly rules: readonly PlacedFlowRule[];
  /** Where a path leads, links followed. */
  realPath(path: string): string;
}

/** A value that would go where somebody else than the person chose it to go. */
export interface Taint {
  /** The parameter, as a JSON Pointer. */
  readonly parameter: string;
  /** What it decides: `recipient`, `url`, `path`, `command`. */
  readonly role: string;
  readonly value: string;
  readonly origins: readonly Origin[];
  /** Where it was seen: which result of which tool. */
  readonly seenIn?: string;
}

/** Knows where the values come from that a run and those below it are given. */
export interface Flow {
  /** What of it a person, or a rule, has to agree to. */
  judge(tool: Tool, params: Readonly<Record<string, unknown>>): readonly Taint[];
  /** Takes note of what a run below was answered. The tool is absent where there is none of that name. */
  heard(tool: Tool | undefined, params: Readonly<Record<string, unknown>>, result: CallResult): void;
  /** What decides on the calls that a tool makes by itself. */
  through(tool: Tool): Flow;
  /** Where that comes from which the call that it decides on was answered. The tool is absent where it is one of the agent's own. */
  origins(tool: Tool | undefined, params: Readonly<Record<string, unknown>>, result: CallResult): readonly Origin[];
  /** The origins that are not trusted, of all that was seen so far. */
  context(): readonly Origin[];
  /** Whether a trusted text holds the value. */
  proves(role: string, value: string): boolean;
  /** Takes note of what an agent below has read. */
  hear(origins: readonly Origin[]): void;
}

/** Runs an agent: agent/loop.ts, handed down by toka.ts. */
export type AgentRunner = (order: AgentOrder, host: AgentHost) => Promise<AgentOutcome>;
