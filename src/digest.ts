import { sha256 } from '@noble/hashes/sha2.js';

/** Up to so many bytes, all together, JavaScript is quicker than loading `node:crypto`, which takes a quarter of a start of Node.js. */
const FEW = 64 * 1024;
let hashed = 0;

/** SHA-256 of bytes, or of the UTF-8 form of a text. */
export function digest(content: Uint8Array | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  hashed += bytes.byteLength;
  if (hashed <= FEW) return Buffer.from(sha256(bytes).buffer);
  return process.getBuiltinModule('node:crypto').hash('sha256', bytes, 'buffer');
}

/** The same in lower-case hex. */
export function hexDigest(content: Uint8Array | string): string {
  return digest(content).toString('hex');
}

/** SHA-256 by `node:crypto`, for who hashes so much that loading it pays. */
export function nativeDigest(): (content: Uint8Array | string) => Buffer {
  const { hash } = process.getBuiltinModule('node:crypto');
  return (content) => hash('sha256', content, 'buffer');
}
