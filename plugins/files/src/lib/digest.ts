import { sha256 as smallSha256 } from '@noble/hashes/sha2.js';
import { coded } from '@toka/sdk';

/** Up to so many bytes JavaScript is quicker than loading `node:crypto`, which takes a quarter of a start of Node.js. */
const SMALL = 64 * 1024;

/** A SHA-256 in the making. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  hex(): string;
}

/** Starts a SHA-256 of about so many bytes. */
export function hasher(size: number): Hasher {
  if (size > SMALL) {
    const native = process.getBuiltinModule('node:crypto').createHash('sha256');
    return { update: (bytes) => void native.update(bytes), hex: () => native.digest('hex') };
  }
  const small = smallSha256.create();
  return { update: (bytes) => void small.update(bytes), hex: () => Buffer.from(small.digest().buffer).toString('hex') };
}

export function sha256(bytes: Uint8Array): string {
  const hash = hasher(bytes.byteLength);
  hash.update(bytes);
  return hash.hex();
}

/** Guards a change: the file must still be the one that the caller has seen. */
export function checkUnchanged(path: string, expected: string | undefined, found: string | undefined): void {
  if (expected === undefined || expected.toLowerCase() === found) return;
  throw coded('FILE_CHANGED', `expected ${path} with sha256 ${expected.toLowerCase()}, found ${found ?? 'no file'}`, {
    hint: 'it was changed since it was read: read it again and make the change on what it is now',
  });
}
