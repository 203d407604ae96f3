import { crc32 } from 'node:zlib';
import { coded, type NewEvent, type StorageEntry, type StorageEvent } from '@toka/sdk';
import { numberAt } from './keys.ts';

/*
 * LMDB has no checksums of its own. Each record begins with one of its key and of all that follows, so that a changed byte, or a record in
 * the place of another, is found when it is read.
 */
const SUM = 4;
/** Sum, version, time; lengths of stream, key, hash and nodes. */
const EVENT_HEAD = SUM + 8 + 8 + 4 * 4;
/** Sum, whether there is an until, until. */
const ENTRY_HEAD = SUM + 1 + 8;
/** In the place of the length of a key. */
const NO_KEY = 0xffffffff;

/** @param key Of the record. */
export function encodeEvent(key: Buffer, stream: string, version: number, event: NewEvent): Buffer {
  const parts = [Buffer.from(stream), Buffer.from(event.key ?? ''), Buffer.from(event.hash, 'hex'), Buffer.from(event.nodes, 'hex')];
  const head = Buffer.alloc(EVENT_HEAD);
  head.writeDoubleBE(version, SUM);
  head.writeDoubleBE(event.time, SUM + 8);
  for (const [at, { length }] of parts.entries()) head.writeUInt32BE(at === 1 && event.key === undefined ? NO_KEY : length, SUM + 16 + at * 4);
  return sealed(key, Buffer.concat([head, ...parts, Buffer.from(event.body)]));
}

/** @throws `STORAGE_DAMAGED` if it is not as it was stored. */
export function decodeEvent(key: Uint8Array, record: Uint8Array): StorageEvent {
  const bytes = intact(key, record, EVENT_HEAD);
  const position = numberAt(key);
  let at = EVENT_HEAD;
  const [stream, eventKey, hash, nodes] = [0, 1, 2, 3].map((part) => {
    const length = bytes.readUInt32BE(SUM + 16 + part * 4);
    if (length === NO_KEY) return undefined;
    at += length;
    return bytes.subarray(at - length, at);
  }) as [Buffer, Buffer | undefined, Buffer, Buffer];
  return {
    ...(eventKey ? { key: eventKey.toString() } : {}),
    time: bytes.readDoubleBE(SUM + 8),
    body: bytes.toString('utf8', at),
    hash: hash.toString('hex'),
    nodes: nodes.toString('hex'),
    stream: stream.toString(),
    version: bytes.readDoubleBE(SUM),
    position,
  };
}

/** A number that another record leads to. */
export function encodeNumber(key: Buffer, value: number): Buffer {
  const record = Buffer.alloc(SUM + 8);
  record.writeDoubleBE(value, SUM);
  return sealed(key, record);
}

/** @throws `STORAGE_DAMAGED` */
export function decodeNumber(key: Uint8Array, record: Uint8Array): number {
  return intact(key, record, SUM + 8).readDoubleBE(SUM);
}

export function encodeEntry(key: Buffer, value: Uint8Array, until: number | undefined): Buffer {
  const head = Buffer.alloc(ENTRY_HEAD);
  if (until !== undefined) {
    head.writeUInt8(1, SUM);
    head.writeDoubleBE(until, SUM + 1);
  }
  return sealed(key, Buffer.concat([head, value]));
}

/** @throws `STORAGE_DAMAGED` */
export function decodeEntry(key: Uint8Array, record: Uint8Array): StorageEntry {
  const bytes = intact(key, record, ENTRY_HEAD);
  const until = untilOf(bytes);
  const value = Uint8Array.from(bytes.subarray(ENTRY_HEAD));
  return { key: Buffer.from(key.subarray(1)).toString(), value, ...(until === undefined ? {} : { until }) };
}

/** Of an entry that is about to go, whether it is intact or not. */
export function untilOf(record: Buffer): number | undefined {
  return record.length >= ENTRY_HEAD && record.readUInt8(SUM) === 1 ? record.readDoubleBE(SUM + 1) : undefined;
}

function sealed(key: Buffer, record: Buffer): Buffer {
  record.writeUInt32BE(sumOf(key, record), 0);
  return record;
}

function intact(key: Uint8Array, record: Uint8Array, least: number): Buffer {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (bytes.length >= least && bytes.readUInt32BE(0) === sumOf(key, bytes)) return bytes;
  throw coded('STORAGE_DAMAGED', `expected the record ${Buffer.from(key).toString('latin1', 0, 40)} as it was stored, found that its checksum differs`);
}

function sumOf(key: Uint8Array, record: Buffer): number {
  return crc32(record.subarray(SUM), crc32(key));
}
