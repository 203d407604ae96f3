import { coded, type StorageOptions } from '@toka/sdk';
import { type ErrorCode, type ErrorDetails, TokaError } from '../../errors.ts';

/** What a thread opens. */
export interface Opening {
  /** The id of a storage backend. */
  readonly backend: string;
  /** The package.json of each plugin that may bring it. */
  readonly plugins: readonly string[];
  readonly options: StorageOptions;
}

/** Something to be done in the thread. */
export interface Call {
  /** Counts from 1; the answer has the same. */
  readonly id: number;
  /** Of the backend, or of the scope, `documents.put` for instance; beside them `open`, and `next` of a subscription. */
  readonly method: string;
  readonly args: readonly unknown[];
  /** The id of the transaction, snapshot or subscription that it belongs to. */
  readonly scope?: number;
}

/** The work in a transaction or a snapshot has ended, or nobody reads a subscription any more. */
export interface Ending {
  readonly scope: number;
  readonly isUndone: boolean;
}

export type ToThread = Call | Ending;

export type FromThread = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly failure: Failure } | { readonly begun: number };

/** An error on its way: a copy of one has lost its code. */
interface Failure extends Pick<ErrorDetails, 'hint' | 'where' | 'data'> {
  readonly isOurs: boolean;
  readonly message: string;
  readonly code?: string;
}

export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { isOurs: false, message: String(thrown) };
  const { name, message, code, hint, where, data } = thrown as Error & Partial<TokaError>;
  return {
    isOurs: name === 'TokaError',
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
    ...(data === undefined ? {} : { data }),
  };
}

export function errorOf({ isOurs, message, code, ...details }: Failure): Error {
  if (isOurs) return new TokaError(code as ErrorCode, message, details);
  if (code?.startsWith('STORAGE_') === true) return coded(code, message, details);
  return new Error(message);
}

/** Bytes for a message: of a view all that lies around it would be sent too. */
export function ownBytes(value: Uint8Array): Uint8Array {
  return new Uint8Array(value);
}
