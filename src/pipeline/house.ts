import type { JsonObject } from '@toka/sdk';
import type { Missing, Policy } from '../capability/policy.ts';
import type { Anchors } from '../capability/grammar.ts';
import type { RateLimit } from '../capability/limits.ts';
import type { Budget } from '../config/config.ts';
import type { Clock } from '../journal/ids.ts';
import type { ProcessIdentity, RunRequested } from '../journal/events.ts';
import type { Journal } from '../journal/contract.ts';
import type { AgentSpec } from '../manifest/agent/spec.ts';
import type { Hook } from '../manifest/hook.ts';
import type { Tool } from '../manifest/tool.ts';
import type { Models } from '../model/port.ts';
import type { IndexedTool } from '../registry/index-file.ts';
import type { Drift, Lock } from '../registry/lock/lock.ts';
import type { ListedRuntime } from '../registry/runtimes.ts';
import type { Likeness } from '../registry/search/meaning.ts';
import type { Mismatch } from '../registry/validator.ts';
import type { Demand } from '../sandbox/plan.ts';
import type { WarmProcesses } from '../sandbox/warm.ts';
import type { AgentContext, AgentRunner, Question, Taint, TrustRules } from './agent/port.ts';
import type { ExecutionRequest } from './request.ts';
import type { RunResult } from './result.ts';
import type { Run } from './run.ts';

/** What the person chose for a missing capability. */
export interface Answer {
  readonly decision: 'once' | 'session' | 'always' | 'deny';
  readonly by: string;
}

/** What a run for which a capability is asked would do. */
export interface Asked {
  readonly params: Readonly<Record<string, unknown>>;
  /** Absolute. */
  readonly cwd: string;
}

/** Asks a person for a capability; `root` is the project's, where there is one. */
export type Approver = (tool: Tool, missing: Missing, root: string | undefined, asked: Asked) => Promise<Answer>;

/** Asks a person whether a value may go where somebody else may have chosen it to go. */
export type Confirmer = (tool: Tool, taint: Taint, root: string | undefined) => Promise<Answer>;

/** What the person chose for a tool that is not as the project's lock says: to run it this once, to write it into the lock and run it, or neither. */
export interface Verdict {
  readonly decision: 'once' | 'update' | 'stop';
  readonly by: string;
}

/** Shows a person what is otherwise with a tool, and asks what to do. */
export type Reviewer = (drift: Drift) => Promise<Verdict>;

/** Asks the person for what only they know: answers by the names of the fields; undefined where they would not say. */
export type Inquirer = (question: Question) => Promise<JsonObject | undefined>;

/** What is called. */
export type Identity = Pick<RunRequested, 'tool' | 'params'>;

/** Everything the pipeline needs from outside itself; toka.ts fills it. */
export interface House {
  /** Finds a tool by its name or qualified name. */
  findTool(name: string): Promise<IndexedTool>;
  /** The runtimes that are installed. */
  runtimes(): readonly ListedRuntime[];
  /** The qualified names of all tools. */
  toolNames(): Promise<readonly string[]>;
  /** Every tool, as it was when the index was built. */
  allTools(): Promise<readonly Tool[]>;
  /** How much tools mean what is asked for; undefined where no plugin can tell. */
  likeness(query: string, tools: readonly Tool[]): Promise<Likeness | undefined>;
  /** Finds an agent by its name. */
  findAgent(name: string): Promise<AgentSpec>;
  /** The loop that agents are run by. */
  runAgent: AgentRunner;
  /** The gateway to models; opens on first use. */
  models(): Promise<Models>;
  /** The folder of a runtime's own, which outlives runs. */
  runtimeFolder(id: string): string;
  /** Processes that wait for their run; absent where none do. */
  readonly warm: (() => Promise<WarmProcesses>) | undefined;
  /** The compiled form of a JSON Schema. */
  mismatches(schema: Readonly<Record<string, unknown>>, value: unknown): Promise<Mismatch[]>;
  /** The rules in force, without what the request brings along. */
  policy(): Policy;
  /** How often tools may be run, by every file of the configuration. */
  limits(): readonly RateLimit[];
  /** What each run that a door asks for may use, with all that it starts. */
  readonly budget: Budget;
  readonly anchors: Anchors;
  readonly projectRoot: string | undefined;
  /** The project's configuration, where it is not trusted: its rules do not count. */
  readonly untrustedConfig: string | undefined;
  /** What stands for every agent that works in that folder. */
  agentContext(cwd: string): Promise<AgentContext>;
  /** What is run around the calls and turns of every agent. */
  hooks(): readonly Hook[];
  /** Whose word counts for agents. */
  trust(): Omit<TrustRules, 'realPath'>;
  readonly approver: Approver | undefined;
  readonly inquirer: Inquirer | undefined;
  readonly confirmer: Confirmer | undefined;
  /** The lock of the project, where there is a project. */
  readonly lock: Lock | undefined;
  readonly reviewer: Reviewer | undefined;
  /** Carries out what a running tool asks for: `carryOut` of execute.ts, handed down so that the stages need not import it. */
  child(request: ExecutionRequest): Promise<{ readonly run: Run; readonly result: RunResult }>;
  /** What would be recorded of a request as its tool and parameters: `identify` of execute.ts, handed down likewise. */
  identify(request: ExecutionRequest): Promise<Identity>;
  /** What only this user has: nobody else can make an entry of the cache that is believed. */
  cacheSecret(): string;
  /** Opens on first use. */
  journal(): Promise<Journal>;
  /** Who carries the runs; found out once. */
  process(): ProcessIdentity;
  /** Told where a defect of toka itself comes from, as text without secrets; what a run ends with does not say so. */
  readonly onDefect?: ((origin: string) => void) | undefined;
  readonly clock: Clock;
  nextId(): string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly demand: Demand;
  readonly version: string;
  /** Absolute paths that no run may see: the state folders. */
  readonly hidden: readonly string[];
}
