import type { CodeLimits } from '@toka/sdk';
import type { MessagePort } from 'node:worker_threads';
import type { Image } from '../thread/image.ts';


/** What isolates are made of. */
export interface IsolateParts {
  readonly module: WebAssembly.Module;
  readonly image: Image;
  /** The program that an isolate loads when it first uses something of it. */
  readonly more: string;
}

/** What a thread is started with. */
export interface ThreadData {
  /** Bytes, the most that an isolate of it can have. */
  readonly memory: number;
  readonly clock: Clock;
  /** Counts replies: a thread that asks waits until it has changed. */
  readonly turn: SharedArrayBuffer;
  readonly replies: MessagePort;
}

/** Shared with a thread: by when, in milliseconds of the system's steady clock, code that is running has to be done; 0 while none is. */
export type Clock = SharedArrayBuffer;

export interface ThreadOrder {
  readonly type: 'order';
  readonly id: number;
  readonly source: string;
  readonly isTyped: boolean;
  readonly name: string;
  /** JSON. */
  readonly params: string;
  readonly aliases: readonly string[];
  readonly limits: CodeLimits;
}

export type ToThread =
  | { readonly type: 'parts'; readonly parts: IsolateParts }
  | ThreadOrder
  /** To a call: its data, or the error that it is rejected with. JSON. */
  | { readonly type: 'answer'; readonly order: number; readonly call: number; readonly isError: boolean; readonly text: string };

/** What is said to a thread that waits for it: that it was dealt with, or the error of it, as JSON. */
export interface Reply {
  readonly error?: string;
}

export type Stream = 'stdout' | 'stderr';

/** Why the runtime itself ended code. */
export type Stop = 'timeout' | 'memory' | 'output';

export type Outcome =
  /** JSON. */
  | { readonly kind: 'result'; readonly text: string }
  /** JSON of the error's name, message, stack, code and hint. */
  | { readonly kind: 'threw' | 'syntax'; readonly text: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hint?: string }
  /** The interpreter, or what reads types, can no longer be used. */
  | { readonly kind: 'broken'; readonly code: string; readonly message: string }
  | { readonly kind: 'stopped'; readonly stop: Stop };

/** Whether the thread can be used again. */
export function leavesThreadWhole({ kind }: Outcome): boolean {
  return kind !== 'stopped' && kind !== 'broken';
}

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'call'; readonly call: number; /** JSON of `{alias, params}`. */ readonly text: string }
  | { readonly type: 'output'; readonly pieces: readonly (readonly [Stream, string])[]; readonly isWaiting: boolean }
  | { readonly type: 'artifact'; readonly name: string; readonly content: Uint8Array }
  | { readonly type: 'end'; readonly order: number; readonly outcome: Outcome };
