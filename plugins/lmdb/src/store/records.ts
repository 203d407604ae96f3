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
export function encodeEvent(key: Buffer, stream: string, version: number, { key: name, time, body, hash, nodes }: NewEvent): Buffer {
  const lengths = [Buffer.byteLength(stream), name === undefined ? NO_KEY : Buffer.byteLength(name), hash.length / 2, nodes.length / 2] as const;
  const [streamLength, keyLength, hashLength, nodesLength] = lengths;
  const record = Buffer.allocUnsafe(EVENT_HEAD + streamLength + (name === undefined ? 0 : keyLength) + hashLength + nodesLength + Buffer.byteLength(body));
  record.writeDoubleBE(version, SUM);
  record.writeDoubleBE(time, SUM + 8);
  let at = SUM + 16;
  for (const length of lengths) at = record.writeUInt32BE(length, at);
  at += record.write(stream, at);
  if (name !== undefined) at += record.write(name, at);
  at += record.write(hash, at, 'hex');
  at += record.write(nodes, at, 'hex');
  record.write(body, at);
  return sealed(record, numberAt(key));
}

/** @throws `STORAGE_DAMAGED` if it is not as it was stored. */
export function decodeEvent(key: Buffer, record: Buffer): StorageEvent {
  const position = numberAt(key);
  checkSum(key, record, EVENT_HEAD, position);
  const keyLength = record.readUInt32BE(SUM + 20);
  const keyAt = EVENT_HEAD + record.readUInt32BE(SUM + 16);
  const hashAt = keyAt + (keyLength === NO_KEY ? 0 : keyLength);
  const nodesAt = hashAt + record.readUInt32BE(SUM + 24);
  const bodyAt = nodesAt + record.readUInt32BE(SUM + 28);
  // One text: each that is taken out of the bytes takes its time.
  const hex = record.toString('hex', hashAt, bodyAt);
  const hashEnd = (nodesAt - hashAt) * 2;
  const event = {
    stream: record.toString('utf8', EVENT_HEAD, keyAt),
    version: record.readDoubleBE(SUM),
    position,
    time: record.readDoubleBE(SUM + 8),
    body: record.toString('utf8', bodyAt),
    hash: hex.slice(0, hashEnd),
    nodes: hex.slice(hashEnd),
  };
  return keyLength === NO_KEY ? event : { key: record.toString('utf8', keyAt, hashAt), ...event };
}

/** A number that another record leads to. */
export function encodeNumber(key: Buffer, value: number): Buffer {
  const record = Buffer.alloc(SUM + 8);
  record.writeDoubleBE(value, SUM);
  return sealed(record, crc32(key));
}

/** @throws `STORAGE_DAMAGED` */
export function decodeNumber(key: Buffer, record: Buffer): number {
  checkSum(key, record, SUM + 8, crc32(key));
  return record.readDoubleBE(SUM);
}

export function encodeEntry(key: Buffer, value: Uint8Array, until: number | undefined): Buffer {
  const head = Buffer.alloc(ENTRY_HEAD);
  if (until !== undefined) {
    head.writeUInt8(1, SUM);
    head.writeDoubleBE(until, SUM + 1);
  }
  return sealed(Buffer.concat([head, value]), crc32(key));
}

/** @throws `STORAGE_DAMAGED` */
export function decodeEntry(key: Buffer, record: Buffer): StorageEntry {
  checkSum(key, record, ENTRY_HEAD, crc32(key));
  const until = untilOf(record);
  const value = new Uint8Array(record.subarray(ENTRY_HEAD));
  return { key: key.toString('utf8', 1), value, ...(until === undefined ? {} : { until }) };
}

/** Of an entry that is about to go, whether it is intact or not. */
export function untilOf(record: Buffer): number | undefined {
  return record.length >= ENTRY_HEAD && record.readUInt8(SUM) === 1 ? record.readDoubleBE(SUM + 1) : undefined;
}

/** @param seed Stands for the key. */
function sealed(record: Buffer, seed: number): Buffer {
  record.writeUInt32BE(0, 0);
  record.writeUInt32BE(crc32(record, seed % 2 ** 32), 0);
  return record;
}

/** The record is a copy of what is stored, and is read once: it loses its sum, which is quicker than to leave that out. */
function checkSum(key: Buffer, record: Buffer, least: number, seed: number): void {
  const sum = record.length < least ? undefined : record.readUInt32BE(0);
  if (sum !== undefined) record.writeUInt32BE(0, 0);
  if (sum === crc32(record, seed % 2 ** 32)) return;
  throw coded('STORAGE_DAMAGED', `expected the record ${key.toString('latin1', 0, 40)} as it was stored, found that its checksum differs`);
}
