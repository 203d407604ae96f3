import type { JsonValue } from '@toka/sdk';
import { printPlace, type TokaError } from '../errors.ts';
import type { MeasuredFigure, RunStatus, Traffic, Usage, UsedModel } from '../journal/events.ts';

/** The version of the result's shape, printed with it. */
export const RESULT_SCHEMA = 'toka/run-result/v1';

export interface ResultError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** `file:line:column`. */
  readonly where?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** How a run ended, the same shape for every model and through every door. */
export interface RunResult {
  readonly schema: typeof RESULT_SCHEMA;
  readonly runId: string;
  /** The qualified name; absent where the request could not be resolved. */
  readonly tool?: string;
  readonly status: Exclude<RunStatus, 'running'>;
  /** What it wrote to standard output, or a native tool's result as text. */
  readonly output: string;
  /** Set where a native tool has no text form of its result: `data` is all there is to show. */
  readonly textless?: true;
  /** Its typed result. */
  readonly data?: JsonValue;
  readonly error?: ResultError;
  /** The earlier run with the same inputs that this result was taken from. */
  readonly cachedFrom?: string;
  /** The process's own code; null where none ended by itself. */
  readonly exitCode: number | null;
  /** Names of files that the run made for its caller; `toka runs artifacts` hands them out. */
  readonly artifacts: readonly string[];
  readonly usage: ResultUsage;
}

export function asResultError({ code, message, hint, where, data }: TokaError): ResultError {
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where: printPlace(where) }),
    ...(data === undefined ? {} : { data }),
  };
}

/** Measured figures only: milliseconds, bytes, and what measured each. */
export interface ResultUsage {
  readonly wallMs: number;
  readonly outputBytes: number;
  readonly cpuMs?: number;
  readonly maxRssBytes?: number;
  /** Present where the run had network. */
  readonly traffic?: Traffic;
  /** Present where models were asked: tokens, and millionths of a US dollar where their price is known. */
  readonly model?: UsedModel;
  readonly sources: {
    readonly wallMs: 'clock';
    readonly outputBytes: 'counted';
    readonly cpuMs?: MeasuredFigure['source'];
    readonly maxRssBytes?: MeasuredFigure['source'];
    readonly traffic?: 'counted';
    readonly model?: 'provider';
  };
}

export function resultUsage({ wallMs, outputBytes, cpuMs, maxRssBytes, model, traffic }: Usage): ResultUsage {
  return {
    wallMs,
    outputBytes,
    ...(cpuMs ? { cpuMs: cpuMs.value } : {}),
    ...(maxRssBytes ? { maxRssBytes: maxRssBytes.value } : {}),
    ...(traffic ? { traffic } : {}),
    ...(model ? { model } : {}),
    sources: {
      wallMs: 'clock',
      outputBytes: 'counted',
      ...(cpuMs ? { cpuMs: cpuMs.source } : {}),
      ...(maxRssBytes ? { maxRssBytes: maxRssBytes.source } : {}),
      ...(traffic ? { traffic: 'counted' as const } : {}),
      ...(model ? { model: 'provider' as const } : {}),
    },
  };
}
