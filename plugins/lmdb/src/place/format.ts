import { damaged, unavailable } from './failures.ts';
import { FORMAT_KEY } from '../store/keys.ts';
import type { Reading, Writing } from '../store/store.ts';

/** Of the keys and records. It goes up with every change that an older plugin would not understand. */
export const FORMAT = 1;

/** @throws `STORAGE_UNAVAILABLE` for one of a newer version, `STORAGE_DAMAGED` for one that is not ours. */
export function checkFormat(reading: Reading, folder: string): void {
  const found = reading.get(FORMAT_KEY)?.toString('latin1') ?? '';
  const format = Number(/^toka ([1-9]\d{0,8})$/.exec(found)?.[1]);
  if (Number.isNaN(format)) throw damaged(folder, 'something else keeps its data in it');
  if (format > FORMAT) throw unavailable(folder, `it was written by a newer version (format ${format}, known is ${FORMAT})`, 'update the plugin lmdb');
}

export function writeFormat(writing: Writing): void {
  writing.put(FORMAT_KEY, Buffer.from(`toka ${FORMAT}`));
}
