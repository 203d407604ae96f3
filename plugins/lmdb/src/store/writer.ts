import { type Appended, coded, FORGOTTEN, type NewEvent, type StorageTransaction } from '@toka/sdk';
import { dueUntil, entryKey, eventKey, knownKey, placeKey, untilKey } from './keys.ts';
import { type Hint, TreeReader } from './reader.ts';
import { decodeNumber, encodeEntry, encodeEvent, encodeNumber, untilOf } from './records.ts';
import type { Writing } from './store.ts';

const EMPTY = Buffer.alloc(0);
/** Sort key and time before the key of an entry. */
const UNTIL_HEAD = 1 + 8;

export class TreeWriter extends TreeReader implements StorageTransaction {
  readonly #tree: Writing;
  readonly #hint: Hint;

  constructor(tree: Writing, hint: Hint) {
    super(tree, hint);
    this.#tree = tree;
    this.#hint = hint;
  }

  append(stream: string, events: readonly NewEvent[], expectedVersion: number): Appended {
    const known = this.#knownPlace(stream, events);
    if (known) return known;
    this.#checkVersion(stream, expectedVersion);
    const place = { position: this.ends().events + 1, version: expectedVersion + 1 };
    for (const [at, event] of events.entries()) this.#add(stream, event, place.position + at, place.version + at);
    this.#hint.position = place.position + events.length - 1;
    return { ...place, known: false };
  }

  put(key: string, value: Uint8Array, until?: number): void {
    this.#forgetUntil(key);
    const place = entryKey(key);
    this.#tree.put(place, encodeEntry(place, value, until));
    if (until !== undefined) this.#tree.put(untilKey(until, key), EMPTY);
  }

  remove(key: string): void {
    this.#forgetUntil(key);
    this.#tree.remove(entryKey(key));
  }

  prune(now: number): void {
    const due = Array.from(this.#tree.scan(dueUntil(now)), ({ key }) => key);
    for (const key of due) {
      this.#tree.remove(key);
      this.#tree.remove(entryKey(key.toString('utf8', UNTIL_HEAD)));
    }
  }

  forget(stream: string, until: number): void {
    for (const event of this.read(stream, { limit: until || 1 })) {
      if (event.version > until) return;
      const key = eventKey(event.position);
      this.#tree.put(key, encodeEvent(key, stream, event.version, { ...event, body: FORGOTTEN }));
    }
  }

  #checkVersion(stream: string, expected: number): void {
    const isLast = expected > 0 && this.tree.has(placeKey(stream, expected)) && !this.tree.has(placeKey(stream, expected + 1));
    const count = isLast ? expected : this.versionOf(stream);
    if (count !== expected) throw coded('STORAGE_CONFLICT', `expected ${expected} events in ${stream}, found ${count}`);
  }

  #add(stream: string, event: NewEvent, position: number, version: number): void {
    const key = eventKey(position);
    this.#putNew(key, encodeEvent(key, stream, version, event));
    const place = placeKey(stream, version);
    this.#putNew(place, encodeNumber(place, position));
    if (event.key === undefined) return;
    const known = knownKey(stream, event.key);
    this.#putNew(known, encodeNumber(known, version));
  }

  /** Nothing that was appended is ever replaced. */
  #putNew(key: Buffer, record: Buffer): void {
    if (this.tree.has(key)) throw coded('STORAGE_DAMAGED', `expected no record ${key.toString('latin1', 0, 40)} yet, found one: something is missing before it`);
    this.#tree.put(key, record);
  }

  /** Where events stand whose keys the stream knows; undefined where it knows none of them. */
  #knownPlace(stream: string, events: readonly NewEvent[]): Appended | undefined {
    const versions = events.map(({ key }) => (key === undefined ? undefined : this.#versionOfKey(stream, key)));
    if (versions.every((version) => version === undefined)) return undefined;
    const stored = versions[0] === undefined ? [] : this.read(stream, { after: versions[0] - 1, limit: events.length });
    const [first] = stored;
    if (!first || events.some(({ key }, at) => stored[at] === undefined || stored[at].key !== key)) {
      throw coded('STORAGE_CONFLICT', 'expected all events to add to be known by their keys, in their order, or none; found some');
    }
    return { position: first.position, version: first.version, known: true };
  }

  #forgetUntil(key: string): void {
    const record = this.#tree.get(entryKey(key));
    const until = record && untilOf(record);
    if (until !== undefined) this.#tree.remove(untilKey(until, key));
  }

  #versionOfKey(stream: string, key: string): number | undefined {
    const known = knownKey(stream, key);
    const record = this.#tree.get(known);
    return record && decodeNumber(known, record);
  }
}
