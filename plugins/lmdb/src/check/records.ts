import { isCoded } from '@toka/sdk';
import { ALL_EVENTS, entryKey, KIND, knownKey, placeKey, type Span, untilKey } from '../store/keys.ts';
import { decodeEntry, decodeEvent, decodeNumber } from '../store/records.ts';
import type { Reading } from '../store/store.ts';

/**
 * Reads every record, and looks whether those that lead to one another agree.
 *
 * @returns What is wrong; undefined if nothing is.
 */
export function checkRecords(tree: Reading): string | undefined {
  try {
    return checkEvents(tree) ?? checkEntries(tree);
  } catch (error) {
    if (isCoded(error) && error.code === 'STORAGE_DAMAGED') return error.message;
    throw error;
  }
}

function checkEvents(tree: Reading): string | undefined {
  let [position, keys] = [0, 0];
  for (const { key, value } of tree.scan(ALL_EVENTS)) {
    const event = decodeEvent(key, value);
    if (event.position !== ++position) return `the event ${position} is missing`;
    if (numberOf(tree, placeKey(event.stream, event.version)) !== position) return `event ${event.version} of ${event.stream} does not lead to event ${position}`;
    if (event.key === undefined) continue;
    if (numberOf(tree, knownKey(event.stream, event.key)) !== event.version) return `the key of event ${position} does not lead to it`;
    keys++;
  }
  // Each event has one of each; more lead to nothing.
  if (tree.count(all(KIND.place)) !== position) return 'a stream has an event that is missing';
  return tree.count(all(KIND.known)) === keys ? undefined : 'a key leads to an event that is missing';
}

function checkEntries(tree: Reading): string | undefined {
  let limited = 0;
  for (const { key, value } of tree.scan(all(KIND.entry))) {
    const entry = decodeEntry(key, value);
    if (entry.until === undefined) continue;
    if (!tree.get(untilKey(entry.until, entry.key))) return `the entry ${entryKey(entry.key).toString('utf8', 1)} would never be pruned`;
    limited++;
  }
  return tree.count(all(KIND.until)) === limited ? undefined : 'something would be pruned that is not there';
}

function numberOf(tree: Reading, key: Buffer): number | undefined {
  const record = tree.get(key);
  return record && decodeNumber(key, record);
}

function all(kind: number): Span {
  return { start: Buffer.of(kind), end: Buffer.of(kind + 1) };
}
