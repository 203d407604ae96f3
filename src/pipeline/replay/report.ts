import type { RunDifference } from '../../journal/run-diff.ts';
import type { ToolRequest } from '../request.ts';
import type { Divergence } from './divergence.ts';

export const REPLAY_SCHEMA = 'toka/run-replay/v1';

/** What is said of a replay. */
export interface ReplayRequest extends Pick<ToolRequest, 'allow' | 'door' | 'onEvent' | 'principal' | 'signal'> {
  /** Secrets that are not on record, once more: parameters and variables. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Whether all must be equal: the tool and its version, the order of its calls, what it logged. Default false. */
  readonly strict?: boolean;
  /** Whether it is really done once more, as a run that is recorded. Default false. */
  readonly reexecute?: boolean;
}

/** A file that is not what it was when it was read, or could be: its SHA-256 then and now; absent where it was not there, or was not read. */
export interface ChangedFile {
  readonly path: string;
  readonly before?: string;
  readonly now?: string;
}

/** Whether a run went as on record, and where it did not. */
export interface ReplayReport {
  readonly schema: typeof REPLAY_SCHEMA;
  readonly run: string;
  readonly tool: string;
  readonly strict: boolean;
  readonly same: boolean;
  /** What it asked otherwise; how it ended is not compared then. */
  readonly divergence?: Divergence;
  /** How it ended otherwise: `a` is on record, `b` is now. */
  readonly differences: readonly RunDifference[];
  /** The run that did it once more. */
  readonly reexecuted?: string;
  /** With that: what it read, or could read, and was otherwise. */
  readonly changedFiles?: readonly ChangedFile[];
}
