import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '@toka/sdk';
import { hexDigest } from '../digest.ts';
import type { BlobRef, Kept } from './events.ts';

/** Bytes of JSON or text up to which a value stands in its event. */
const INLINE_LIMIT = 16 * 1024;

/** Bytes of text up to which a content stands in the list that names it. */
export const CONTENT_INLINE_LIMIT = 1024;

/** Contents that one recording may name. */
export const CONTENTS_LIMIT = 20_000;

/** Bytes by their SHA-256 in lower-case hex, to be stored in the commit of the events that name them. */
export type Blobs = ReadonlyMap<string, Uint8Array>;

/** Collects what is too large for an event. */
export interface Keeper {
  /** Keeps a JSON value: inline up to 16 KiB, as a blob of its JSON text beyond. */
  json(value: JsonValue): Kept;
  /** Keeps output: as inline text where it is UTF-8 of up to 16 KiB, as a blob otherwise. */
  output(bytes: Uint8Array): Kept;
  /** The same, inline up to 1 KiB: for what is named by a list that must not become too long itself. */
  content(bytes: Uint8Array): Kept;
  /** Keeps bytes as a blob, however few. */
  file(bytes: Uint8Array): BlobRef;
  readonly blobs: Blobs;
}

/**
 * Makes a keeper, whose `blobs` go to `append` with the events that were made with it.
 *
 * @returns An empty keeper.
 * @example
 * const keeper = createKeeper();
 * const params = keeper.json({ path: 'README.md' });
 * journal.append(run, [{ v: 1, type: 'run.requested', params, …}], 0, keeper.blobs);
 */
export function createKeeper(): Keeper {
  const blobs = new Map<string, Uint8Array>();
  const keep = (bytes: Uint8Array): BlobRef => {
    const blob = hexDigest(bytes);
    blobs.set(blob, bytes);
    return { blob, bytes: bytes.byteLength };
  };
  const keepText = (bytes: Uint8Array, inlineLimit: number): Kept => {
    if (bytes.byteLength > inlineLimit || !isUtf8(bytes)) return keep(Uint8Array.from(bytes));
    return { inline: Buffer.from(bytes).toString('utf8') };
  };
  return {
    blobs,
    json(value) {
      const text = Buffer.from(JSON.stringify(value));
      return text.byteLength <= INLINE_LIMIT ? { inline: value } : keep(text);
    },
    output: (bytes) => keepText(bytes, INLINE_LIMIT),
    file: (bytes) => keep(Uint8Array.from(bytes)),
    content: (bytes) => keepText(bytes, CONTENT_INLINE_LIMIT),
  };
}

/** The digest of a value's JSON text; one that is kept beside its event is named by that of the same text. */
export function digestOf(kept: Kept): string {
  return 'blob' in kept ? kept.blob : hexDigest(JSON.stringify(kept.inline));
}
