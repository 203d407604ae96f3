import type { Effect, JsonValue } from '@toka/sdk';
import type { Level } from '../manifest/tool.ts';

/** How a run ended, or that no end is recorded yet. */
export type RunStatus = 'running' | 'succeeded' | 'failed' | 'denied' | 'cancelled' | 'timed-out' | 'killed';

/** A value that stands in the event itself or, where it is large, in a blob of that SHA-256 (lower-case hex). */
export type Kept = { readonly inline: JsonValue } | BlobRef;

/** A reference to bytes stored beside the events. */
export interface BlobRef {
  /** SHA-256 in lower-case hex. */
  readonly blob: string;
  readonly bytes: number;
}

/** A file that a run made for its caller. */
export interface ArtifactRef extends BlobRef {
  /** Without a folder. */
  readonly name: string;
}

/** What tells one process from another that later got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the machine's start and the process's, field 22 of `/proc/PID/stat`; absent where the system does not tell. */
  readonly start?: number;
  /** The start of the machine, `/proc/sys/kernel/random/boot_id`; absent where the system does not tell. */
  readonly boot?: string;
  /** The namespace in which `pid` counts, `pid:[4026531836]`; absent where the system has none. */
  readonly namespace?: string;
  /** The machine: the first 16 digits of SHA-256 over `toka/machine/v1`, a line break and what machine-id(5) says, lower-case hex; absent where it says nothing. */
  readonly machine?: string;
}

/** A measured figure and what measured it. */
export interface MeasuredFigure {
  readonly value: number;
  readonly source: 'cgroup' | 'sampled' | 'process';
}

/** What a run used; the optional figures are present only where measured. */
export interface Usage {
  readonly wallMs: number;
  readonly outputBytes: number;
  readonly cpuMs?: MeasuredFigure;
  readonly maxRssBytes?: MeasuredFigure;
  readonly traffic?: Traffic;
  readonly model?: UsedModel;
}

/** What models have used, as their providers count it; millionths of a US dollar where the price is known. */
export interface UsedModel {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
  readonly microdollars?: number;
}

/** What passed between a run and its hosts, counted by the proxy: connections made and refused, bytes to and from the hosts. */
export interface Traffic {
  readonly connections: number;
  readonly refused: number;
  readonly sent: number;
  readonly received: number;
}

/** A call of a tool, by which it is found again when the run is resumed. */
export interface Step {
  /** Counts the calls of the run from 1, in the order in which they are made. */
  readonly position: number;
  /** Of a process: SHA-256 of what was asked for, lower-case hex. */
  readonly command?: string;
}

/** What a caller says of a run beside what it asks for, and what holds again when it is resumed. */
export interface Bounds {
  /** Milliseconds. */
  readonly timeoutMs?: number;
  readonly budget?: { readonly calls?: number; readonly wall?: number; readonly cpu?: number; readonly bytes?: number; readonly tokens?: number; readonly money?: number };
  /** Capabilities. */
  readonly deny?: readonly string[];
  readonly frozen?: true;
  /** Whether it is kept with all that it is answered. */
  readonly record?: true;
}

/** What was asked, by whom, from where. Always the first event of a run. */
export interface RunRequested {
  readonly v: 1;
  readonly type: 'run.requested';
  readonly model: 'tool' | 'code' | 'agent' | 'prompt';
  /** The qualified name; absent where what runs has none. */
  readonly tool?: string;
  /** A JSON object with secrets replaced by placeholders. */
  readonly params: Kept;
  readonly principal: string;
  /** The ids of the token that it acts with and of those that this was made from, the oldest first. */
  readonly tokens?: readonly string[];
  /** The run that asked for this one. */
  readonly parent?: string;
  /** Which of that run's calls it is. */
  readonly step?: Step;
  /** Absolute. */
  readonly cwd: string;
  /** The project's root, absolute. */
  readonly project?: string;
  /** Through which the request came: `cli`, `mcp`, … */
  readonly door: string;
  readonly effect: Effect;
  /** SHA-256 of the manifest, lower-case hex. */
  readonly manifestHash?: string;
  /** What a person said to a tool that is not as the project's lock says. */
  readonly drift?: { readonly decision: 'once' | 'update' | 'stop'; readonly by: string };
  /** What lowers its limits, as it was asked for. */
  readonly bounds?: Bounds;
  /** The run that this one does once more, to be compared with it. */
  readonly replays?: string;
  /** The version of toka. */
  readonly toka: string;
  /** The process that carries the run and records its outcome. */
  readonly process: ProcessIdentity;
}

/** A person or a rule answered the question for a capability that was not granted. */
export interface ApprovalDecided {
  readonly v: 1;
  readonly type: 'approval.decided';
  readonly capability: string;
  readonly decision: 'once' | 'session' | 'always' | 'deny';
  readonly by: string;
}

/** With which rights something is about to happen. */
export interface Rights {
  /** The capabilities in force, printed. */
  readonly effective: readonly string[];
  /** Where each of them comes from, in the same order: `built-in`, `flag`, `asked`, `parent run`, or the file of the rule. */
  readonly sources?: readonly string[];
  /** Those of them that leave out secret-bearing files. */
  readonly exceptSecrets?: readonly string[];
  /** What denials take out of them; absent in records of a toka that could not resume. */
  readonly carvedOut?: readonly string[];
  readonly level: Level;
  /** SHA-256 of the sandbox plan, lower-case hex. */
  readonly planDigest?: string;
  readonly command?: readonly string[];
}

/** The intent: what is about to happen. */
export interface RunStarted extends Rights {
  readonly v: 1;
  readonly type: 'run.started';
}

/** The tool, in toka's own process, is about to change something by itself, for the first time since it was started: not by a call. */
export interface RunActed {
  readonly v: 1;
  readonly type: 'run.acted';
}

/** The intent of one who goes on with a run whose process is gone. */
export interface RunResumed extends Rights {
  readonly v: 1;
  readonly type: 'run.resumed';
  /** 2 for the first time that it is resumed. */
  readonly attempt: number;
  readonly by: string;
  readonly toka: string;
  /** The process that carries the run from now on. */
  readonly process: ProcessIdentity;
}

/** Somebody wanted to go on with a run and was not allowed to, or could not; the run is as it was. */
export interface ResumeRefused {
  readonly v: 1;
  readonly type: 'resume.refused';
  readonly by: string;
  readonly error: RunError;
}

/** Its result is that of an earlier run with the same inputs. */
export interface RunCached {
  readonly v: 1;
  readonly type: 'run.cached';
  readonly from: string;
}

/** A person says how a run ended of which that is not on record; its outcome follows. */
export interface RunMarked {
  readonly v: 1;
  readonly type: 'run.marked';
  readonly as: 'succeeded' | 'failed';
  readonly by: string;
}

/**
 * What has to be known so that the run can be told again, of one that was asked to be recorded so. Its lists are JSON values with a form of
 * their own (`recorded.ts`).
 */
export interface RunRecorded {
  readonly v: 1;
  readonly type: 'run.recorded';
  /** What the tool asked of toka and what it was answered, in the order in which it asked: `RecordedCall[]`. */
  readonly calls: Kept;
  /** The files that a process could read, as they were before it was started: `RecordedFile[]`. */
  readonly files: Kept;
  /** Optional capabilities that were not granted, printed. */
  readonly missing: readonly string[];
  /** SHA-256 of the tool as a lock says it, its code included, lower-case hex: the same on every machine. */
  readonly toolDigest?: string;
  /** What was read on standard input, text or a blob; absent where there was none, or it was not kept. */
  readonly input?: Kept;
  /** What is not there, and why: `input`, `calls` or `files` beyond a limit. */
  readonly lost?: readonly ('input' | 'calls' | 'files')[];
  /** What `calls` names beside the events. */
  readonly contents: readonly BlobRef[];
}

export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** A piece of what the run wrote, in the order in which it came; `kept` is text, or a blob where it is large or not UTF-8. */
export interface RunOutput {
  readonly v: 1;
  readonly type: 'run.output';
  readonly stream: 'stdout' | 'stderr';
  readonly kept: Kept;
  /** Bytes of this piece as written, before secrets were replaced. */
  readonly bytes: number;
  /** Whether more was written than is kept. */
  readonly truncated: boolean;
}

/** A capability that the run needed and was not granted. */
export interface Denied {
  readonly capability: string;
  readonly reason: string;
}

/** The outcome. Always the last event of a run where it ran. */
export interface RunFinished {
  readonly v: 1;
  readonly type: 'run.finished';
  readonly status: Exclude<RunStatus, 'running'>;
  /** The process's own code; null where none ended by itself. */
  readonly exitCode: number | null;
  readonly error?: RunError;
  /** Of a denied run. */
  readonly denied?: readonly Denied[];
  readonly usage: Usage;
  readonly data?: Kept;
  /** Files that the run made for its caller. */
  readonly artifacts?: readonly ArtifactRef[];
}

/** An agent begins, or goes on with, a conversation. */
export interface AgentBegan {
  readonly v: 1;
  readonly type: 'agent.began';
  /** SHA-256 of its file, lower-case hex. */
  readonly spec: string;
  /** Which model it asks: `PROVIDER/MODEL`. */
  readonly route: string;
  /** What stood on the machine for every agent: `AgentContext` of pipeline/agent/port.ts. Absent: nothing. */
  readonly context?: Kept;
  readonly session?: string;
  /** The run whose conversation it goes on with. */
  readonly after?: string;
}

/** What a person said to an agent while it worked, before that step. */
export interface AgentSteered {
  readonly v: 1;
  readonly type: 'agent.steered';
  readonly step: number;
  readonly text: Kept;
}

/** All that an agent is about to do, as it is from now on: a list of tasks. */
export interface AgentTasks {
  readonly v: 1;
  readonly type: 'agent.tasks';
  readonly tasks: Kept;
}

/** What a file was before a call of an agent changed it; null where there was none. */
export interface AgentKept {
  readonly v: 1;
  readonly type: 'agent.kept';
  /** Absolute. */
  readonly path: string;
  readonly before: BlobRef | null;
}

/** A conversation was cut short before that step: so many messages became so many. */
export interface AgentCompacted {
  readonly v: 1;
  readonly type: 'agent.compacted';
  readonly step: number;
  readonly before: number;
  readonly after: number;
}

/** What an agent's run adds to its conversation: a list of messages. */
export interface AgentConversed {
  readonly v: 1;
  readonly type: 'agent.conversed';
  readonly messages: Kept;
}

/** A run of another journal was recorded here, with its events as they were: always after all that happened in it. */
export interface RunImported {
  readonly v: 1;
  readonly type: 'run.imported';
  /** The name of the journal that it was exported from. */
  readonly origin: string;
  /** ISO 8601. */
  readonly exportedAt: string;
  /** SHA-256 of the file, lower-case hex. */
  readonly file: string;
  /** The principal who imported it. */
  readonly by: string;
  /** The version of toka that did. */
  readonly toka: string;
}

/** Everything else that was recorded of the run was forgotten but for its hashes: always its last event. */
export interface RunPruned {
  readonly v: 1;
  readonly type: 'run.pruned';
  /** How many events were there, all of which were forgotten. */
  readonly events: number;
  /** Of what they amounted to, lower-case hex: by it the summary that is left is verified. */
  readonly stateHash: string;
  /** Over their times, which are left and which nothing else covers any more, lower-case hex. */
  readonly timesHash: string;
  /** By which rule, in words: `--older-than 30d`. */
  readonly rule: string;
  readonly by: string;
  /** The version of toka. */
  readonly toka: string;
}

/** One fact about a run. A change that old readers would misread gets a new `v` and an up-cast from the old one. */
export type RunEvent =
  | RunRequested
  | ApprovalDecided
  | RunStarted
  | RunActed
  | RunResumed
  | ResumeRefused
  | RunMarked
  | RunCached
  | AgentBegan
  | AgentSteered
  | AgentTasks
  | AgentKept
  | AgentCompacted
  | AgentConversed
  | RunRecorded
  | RunOutput
  | RunFinished
  | RunImported
  | RunPruned;

export const EVENT_TYPES: readonly RunEvent['type'][] = [
  'run.requested',
  'approval.decided',
  'run.started',
  'run.acted',
  'run.resumed',
  'resume.refused',
  'run.marked',
  'run.cached',
  'agent.began',
  'agent.steered',
  'agent.tasks',
  'agent.kept',
  'agent.compacted',
  'agent.conversed',
  'run.recorded',
  'run.output',
  'run.finished',
  'run.imported',
  'run.pruned',
];

/** An event as the journal holds it. */
export interface StoredEvent {
  readonly run: string;
  /** Counts from 1 within its run. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The run's chain up to and with this event, lower-case hex. */
  readonly hash: string;
  readonly event: RunEvent;
}
