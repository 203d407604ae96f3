import { TokaError } from '../../errors.ts';

/** Bytes; what is longer is not even looked at. */
export const MAX_BYTES = 8 * 1024;

const TYPE = 'toka-capability-v1';
const ALGORITHM = 'ed25519';

/** A token as it is passed around: type, algorithm, the public key that it begins with, and the Biscuit. */
export interface Envelope {
  /** The 32 bytes of RFC 8032. They say which key to look for; whether it is to be trusted, the keyring says. */
  readonly publicKey: Uint8Array;
  readonly biscuit: Uint8Array;
}

/** One line of ASCII, `type.algorithm.key.biscuit`, the last two in base64url. */
export function printEnvelope({ publicKey, biscuit }: Envelope): string {
  const text = [TYPE, ALGORITHM, toBase64url(publicKey), toBase64url(biscuit)].join('.');
  if (text.length > MAX_BYTES) throw oversized(text.length);
  return text;
}

/** @throws TokaError TOKA_TOKEN_OVERSIZED, TOKA_TOKEN_TYPE, TOKA_TOKEN_ALGORITHM, TOKA_TOKEN_INVALID */
export function parseEnvelope(text: string): Envelope {
  if (text.length > MAX_BYTES) throw oversized(text.length);
  const [type = '', algorithm, key = '', body = '', ...more] = text.trim().split('.');
  if (type !== TYPE) {
    const found = type.startsWith('eyJ') ? 'a JWT' : 'something else';
    throw new TokaError('TOKA_TOKEN_TYPE', `expected a token of type ${TYPE}, found ${found}`, { hint: 'toka auth token create makes one' });
  }
  if (algorithm !== ALGORITHM) throw new TokaError('TOKA_TOKEN_ALGORITHM', `expected a token that is signed with ${ALGORITHM}`, { hint: 'no other algorithm is accepted' });
  const [publicKey, biscuit] = [fromBase64url(key), fromBase64url(body)];
  if (publicKey?.length === 32 && biscuit !== undefined && biscuit.length > 0 && more.length === 0) return { publicKey, biscuit };
  throw new TokaError('TOKA_TOKEN_INVALID', 'the token is not complete, or not in base64url', { hint: 'was it copied as a whole?' });
}

export function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** Only what `toBase64url` writes: one token has one text. */
export function fromBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return toBase64url(bytes) === text ? bytes : undefined;
}

function oversized(found: number): TokaError {
  return new TokaError('TOKA_TOKEN_OVERSIZED', `a token has at most ${MAX_BYTES} bytes, found ${found}`, { hint: 'name folders instead of files, or hand on an earlier token' });
}
