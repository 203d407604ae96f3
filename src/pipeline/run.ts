import type { JsonValue } from '@toka/sdk';
import type { Decision } from '../capability/authorize.ts';
import type { Share } from '../capability/budgets.ts';
import type { Permission } from '../capability/effective.ts';
import type { Claim } from '../capability/limits.ts';
import type { Budget } from '../config/config.ts';
import { TokaError } from '../errors.ts';
import type { ApprovalDecided, RunRequested } from '../journal/events.ts';
import type { AgentSpec } from '../manifest/agent/spec.ts';
import type { Tool } from '../manifest/tool.ts';
import type { ModelMost, ModelUsage } from '../model/port.ts';
import type { Completion } from '../runtime/completion.ts';
import type { GrantedFile } from '../runtime/granted-files.ts';
import type { ReplayedCall } from '../runtime/replay-context.ts';
import type { TapedCall } from '../runtime/taped-call.ts';
import type { SandboxPlan } from '../sandbox/plan.ts';
import type { ExpectedSlot } from '../sandbox/slots.ts';
import type { Message } from './agent/port.ts';
import type { ExecutionRequest } from './request.ts';

/** The value that every stage takes and returns: what is asked, and what the stages have found out so far. */
export interface Run {
  readonly id: string;
  readonly request: ExecutionRequest;
  readonly startedMs: number;
  /** By resolve. */
  readonly tool?: Tool;
  readonly manifestHash?: string;
  /** By resolve: what is to be run, where it is an agent. */
  readonly agent?: AgentSpec;
  /** By resolve: the digest of the tool's code that the lock, or a person, vouched for. */
  readonly lockedCode?: string;
  /** By resolve: what a person said to a tool that is not as the lock says. */
  readonly drift?: NonNullable<RunRequested['drift']>;
  /** By validate: checked, defaults filled in, paths absolute. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** By authorize, made wider by approve. */
  readonly decision?: Decision;
  readonly approvals: readonly ApprovalDecided[];
  /** By approve: what the person granted for this run. */
  readonly granted: readonly Permission[];
  /** By admit: the counters of the limits that apply, and the budget that starts with this run. */
  readonly claims: readonly Claim[];
  readonly budget?: Budget;
  /** By isolate, lowered by intent; absent for code that runs in toka's own process. */
  readonly plan?: SandboxPlan;
  /** By anticipate: a process that already waits in its cgroup. */
  readonly slot?: ExpectedSlot;
  /** By isolate: what the manifest passes on standard input. */
  readonly input?: string;
  /** By intent: what budgets leave; absent where none holds. */
  readonly share?: Share;
  /** By intent: whether the run came so far, and how many events of it are recorded. */
  readonly intendedMs?: number;
  readonly recorded: number;
  /** By execute. */
  readonly completion?: Completion;
  /** By execute, of a tool whose results may be taken from earlier runs: what decides on the result, and the run that it was taken from. */
  readonly cacheKey?: string;
  readonly cachedFrom?: string;
  /** By execute, of an agent: what it adds to its conversation, and the session that goes on with that. */
  readonly conversed?: readonly Message[];
  readonly session?: { readonly session: string; readonly title: string };
  /** By admit, of a model that is to be asked: what that may use at the most. */
  readonly mostByModel?: ModelMost;
  /** By execute, of a model that was asked, or of an agent: what its models have used. */
  readonly usedByModel?: ModelUsage;
  /** By execute: what is kept of a run that is recorded. */
  readonly recording?: Recording;
  /** By execute: what a run asked that is replayed; absent where its process was gone before it told. */
  readonly replayed?: readonly ReplayedCall[];
  /** By check. */
  readonly data?: JsonValue;
  /** By execute: files that it made for its caller. */
  readonly artifacts?: readonly Artifact[];
}

/** A file that a run made for its caller. */
export interface Artifact {
  readonly name: string;
  readonly content: Uint8Array;
}

/** What has to be known so that a run can be told again. */
export interface Recording {
  readonly calls: readonly TapedCall[];
  readonly files: readonly GrantedFile[];
  readonly input?: Uint8Array;
  readonly lost: readonly ('input' | 'calls' | 'files')[];
  readonly toolDigest?: string | undefined;
}

/** A part of the run that an earlier stage must have filled. */
export function settled<K extends 'tool' | 'params' | 'decision' | 'completion'>(run: Run, key: K): NonNullable<Run[K]> {
  const value = run[key];
  if (value === undefined) throw new TokaError('TOKA_INTERNAL', `the pipeline asked for "${key}" before its stage had run`);
  return value;
}

/** What servers can tell by that this is the same request as one before: the same each time that a run is resumed. */
export function idempotencyKey({ id, request: { parent } }: Run): string {
  return parent ? `${parent.run}/${parent.step.position}` : `${id}/0`;
}

/** Stops a run at a stage that leaves something in it: approvals that were given, a result that came with a failure. */
export class Halt extends Error {
  readonly run: Run;
  readonly error: TokaError;

  constructor(run: Run, error: TokaError) {
    super(error.message);
    this.name = 'Halt';
    this.run = run;
    this.error = error;
  }
}

/** Recognises a Halt by its name: bundles of toka that are loaded later carry their own copy of the class. */
export function isHalt(thrown: unknown): thrown is Halt {
  return thrown instanceof Error && thrown.name === 'Halt';
}
