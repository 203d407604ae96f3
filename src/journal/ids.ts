import { closeSync, openSync, readSync } from 'node:fs';

/** Where the time comes from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Fills a buffer with random bytes. */
export type Random = (bytes: Uint8Array) => void;

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** The machine's cryptographic source: its device where there is one, since loading `node:crypto` takes a quarter of a start of Node.js. */
export const systemRandom: Random = (bytes) => {
  try {
    const device = openSync('/dev/urandom', 'r');
    try {
      if (readSync(device, bytes) === bytes.length) return;
    } finally {
      closeSync(device);
    }
  } catch {
    // No such device here: the library asks the system in its own way.
  }
  process.getBuiltinModule('node:crypto').randomFillSync(bytes);
};

const BYTES = 16;
/** To ask for random bytes takes longer than all else. */
const AT_ONCE = 16;

/**
 * Makes a source of UUIDv7 (RFC 9562, 5.7 with the counter of 6.2 method 1): ids of one source sort in the order in which they were made,
 * even within a millisecond and when the clock goes back.
 *
 * @param clock Where the time comes from.
 * @param random Where the random bits come from.
 * @returns A function that gives the next id.
 * @example
 * const nextId = createIds(systemClock, systemRandom);
 * nextId(); // '0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f'
 */
export function createIds(clock: Clock, random: Random): () => string {
  let time = 0;
  let counter = 0;
  let ready = new Uint8Array(0);
  return () => {
    if (ready.length === 0) random((ready = new Uint8Array(BYTES * AT_ONCE)));
    const bytes = ready.subarray(0, BYTES);
    ready = ready.subarray(BYTES);
    const now = Math.trunc(clock.now());
    if (now > time) {
      time = now;
      // The counter starts in its lower half, so that it has room to count.
      counter = view(bytes).getUint16(6) & 0x7ff;
    } else if (++counter > 0xfff) {
      time += 1;
      counter = 0;
    }
    return print(bytes, time, counter);
  };
}

function print(bytes: Uint8Array, time: number, counter: number): string {
  const fields = view(bytes);
  fields.setUint32(0, Math.floor(time / 0x10000));
  fields.setUint16(4, time % 0x10000);
  fields.setUint16(6, 0x7000 | counter);
  fields.setUint8(8, 0x80 | (fields.getUint8(8) & 0x3f));
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
