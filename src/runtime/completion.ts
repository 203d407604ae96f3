import type { JsonValue } from '@toka/sdk';
import type { Traffic } from '../journal/events.ts';
import type { Enforcement, Figure, Outcome } from '../sandbox/plan.ts';

/** What a runtime reports of a run that ended by itself or was ended at a limit. */
export interface Completion {
  /** Text for people and models: standard output, or a native tool's result printed. */
  readonly output: string;
  /** A native tool that has no text form of its result; others may have an empty one. */
  readonly textless?: true;
  readonly outputBytes: number;
  readonly truncated: boolean;
  /** A native tool's result. Processes with a declared output get theirs from `output` when it is checked. */
  readonly data?: JsonValue;
  readonly exitCode: number | null;
  readonly signal?: string;
  readonly stopped?: NonNullable<Outcome['stopped']>;
  /** A failure that the tool itself reported. */
  readonly failure?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly cpuMs?: Figure;
  readonly maxRssBytes?: Figure;
  readonly traffic?: Traffic;
  readonly enforcement?: Enforcement;
  /** What it wrote, in order, for the record. */
  readonly pieces: readonly { readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }[];
}
