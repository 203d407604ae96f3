import type { RunState } from './reducer.ts';

/** What the journal keeps beside its events, by the beginnings of its keys. */
export const RUNS = 'run/';
export const CHECKPOINTS = 'checkpoint/';
const CHILDREN = 'child/';
const BLOBS = 'blob/';
const LEDGER = 'ledger/';
export const PREFIXES: readonly string[] = [RUNS, CHILDREN, BLOBS, CHECKPOINTS, LEDGER];

/** The summary of a run. */
export const runKey = (run: string): string => RUNS + run;

/** Says that a run was asked for by another one. */
export const childKey = (parent: string, run: string): string => `${childrenOf(parent)}${run}`;
export const childrenOf = (parent: string): string => `${CHILDREN}${parent}/`;

/** Bytes by their SHA-256, lower-case hex. */
export const blobKey = (sha256: string): string => `${BLOBS}${sha256}`;

/** A signed note by the size of its tree, in the order of the sizes. */
export const checkpointKey = (size: number): string => `${CHECKPOINTS}${String(size).padStart(16, '0')}`;

/** What is counted. */
export const ledgerKey = (key: string): string => `${LEDGER}${key}`;

/** What is known of a run without its events, written in the commit of each of them. */
export interface Summary {
  /** How many events it has. */
  readonly head: number;
  /** The chain up to and with the last, lower-case hex. */
  readonly hash: string;
  readonly state: RunState;
}

export function printSummary({ head, hash, state }: Summary): string {
  return JSON.stringify({ head, hash, state });
}

/** Undefined where the text is no summary. */
export function parseSummary(text: string): Summary | undefined {
  try {
    const value = JSON.parse(text) as Partial<Summary> | null;
    const isWhole = Number.isSafeInteger(value?.head) && typeof value?.hash === 'string' && typeof value.state?.status === 'string';
    return isWhole ? (value as Summary) : undefined;
  } catch {
    return undefined;
  }
}

export function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
}
