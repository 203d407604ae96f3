import { coded } from '@toka/sdk';

/**
 * The first byte of a key says what it leads to; what follows sorts as it is read. Everything stands in one tree, in the order of its bytes.
 */
export const KIND = {
  /** Who wrote this, and in which format. */
  format: 0x01,
  /** position → event. */
  event: 0x65,
  /** stream, version → position. */
  place: 0x73,
  /** stream, key of an event → version. */
  known: 0x6b,
  /** key → entry. */
  entry: 0x64,
  /** until, key → nothing. */
  until: 0x75,
} as const;

const WORD = 2 ** 32;

/** From `start` on, and before `end`. */
export interface Span {
  readonly start: Buffer;
  readonly end: Buffer;
}

export const FORMAT_KEY = Buffer.of(KIND.format);

export function eventKey(position: number): Buffer {
  return numbered(Buffer.of(KIND.event), position);
}

/** The key of a stream's events without their versions, which follow it. No name holds a zero, so that none begins another. */
export function placePrefix(stream: string): Buffer {
  return Buffer.from(`${String.fromCharCode(KIND.place)}${stream}\0`);
}

export function placeKey(stream: string, version: number): Buffer {
  return numbered(placePrefix(stream), version);
}

export function knownKey(stream: string, key: string): Buffer {
  return Buffer.from(`${String.fromCharCode(KIND.known)}${stream}\0${key}`);
}

export function entryKey(key: string): Buffer {
  return Buffer.from(`${String.fromCharCode(KIND.entry)}${key}`);
}

export function untilKey(until: number, key: string): Buffer {
  return Buffer.concat([Buffer.of(KIND.until), signed(until), Buffer.from(key)]);
}

/** All keys that begin so: no byte of UTF-8 is 0xff. */
export function spanOf(prefix: Buffer): Span {
  return { start: prefix, end: Buffer.concat([prefix, Buffer.alloc(9, 0xff)]) };
}

/** Positions after one, up to the last. */
export function eventsAfter(position: number): Span {
  return { start: eventKey(position + 1), end: Buffer.of(KIND.event + 1) };
}

export const ALL_EVENTS = eventsAfter(0);

/** Entries whose time has come. */
export function dueUntil(now: number): Span {
  return { start: Buffer.of(KIND.until), end: Buffer.concat([Buffer.of(KIND.until), signed(now + 1)]) };
}

/**
 * The number at the end of a key.
 *
 * @throws `STORAGE_DAMAGED` if it has none.
 */
export function numberAt(key: Buffer): number {
  const at = key.length - 8;
  const found = at < 0 ? 0 : key.readUInt32BE(at) * WORD + key.readUInt32BE(at + 4);
  if (Number.isSafeInteger(found) && found > 0) return found;
  throw coded('STORAGE_DAMAGED', `expected a key that ends with a number, found ${key.toString('hex', 0, 40)}`);
}

function numbered(prefix: Buffer, value: number): Buffer {
  const key = Buffer.allocUnsafe(prefix.length + 8);
  prefix.copy(key);
  key.writeUInt32BE(Math.floor(value / WORD), prefix.length);
  key.writeUInt32BE(value % WORD, prefix.length + 4);
  return key;
}

/** Sorts negative numbers before the others. */
function signed(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value) + 2n ** 63n);
  return bytes;
}
