import { digest } from '../digest.ts';
import type { Hasher } from './merkle.ts';

/** What stands before the first event of a run. */
export const GENESIS: Uint8Array = new Uint8Array(32);

/** What the chain covers of an event. */
export interface Link {
  readonly run: string;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The event's JSON text, byte for byte as stored. */
  readonly body: string;
}

/**
 * The canonical text of an event, whose UTF-8 bytes are hashed: a format line, run, seq and time on a line each, then the stored JSON to
 * the end. It is unambiguous because none of the first four holds a line break.
 */
export function canonical({ run, seq, time, body }: Link): string {
  return `toka/event/v1\n${run}\n${seq}\n${time}\n${body}`;
}

/** The event alone, `SHA-256(0x00 ‖ canonical)`: the leaf hash of RFC 6962, by which it also stands in the log over all runs. */
export function leafHash(link: Link, hash: Hasher = digest): Buffer {
  return hash(`\0${canonical(link)}`);
}

/** The next hash over the times of a run's events, `SHA-256(previous ‖ line break ‖ time)`, all as text. What stands before the first is empty. */
export function timesHash(previous: string, time: number, hash: (text: string) => string): string {
  return hash(`${previous}\n${time}`);
}

/** The next hash of a run's chain, `SHA-256(previous ‖ leaf)`. It needs the leaf only: a chain can be checked without the payloads. */
export function chainHash(previous: Uint8Array, leaf: Uint8Array, hash: Hasher = digest): Buffer {
  return hash(Buffer.concat([previous, leaf]));
}
