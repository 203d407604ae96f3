import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { dirname, join } from 'node:path';
import { TokaError } from '../errors.ts';
import { withFileLock } from '../journal/file-lock.ts';
import type { Clock } from '../journal/ids.ts';
import { privateFolder, readPrivate, writePrivate } from './private-file.ts';

/** Signs and verifies · verifies until its overlap ends · verifies nothing that still has to hold. */
export type KeyState = 'active' | 'retiring' | 'expired';

/** The public half of a key; known also after it has expired, so that what was signed long ago can be looked at. */
export interface KnownKey {
  /** The thumbprint of the public key (RFC 7638). */
  readonly kid: string;
  readonly state: KeyState;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** When it stops to verify; absent while it is active. */
  readonly expiresAt?: number;
  /** The 32 bytes of RFC 8032. */
  readonly publicKey: Uint8Array;
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** The key that signs. What is secret of it leaves it only through `withSeed`. */
export interface SigningKey extends KnownKey {
  /** The 64 bytes of RFC 8032. */
  sign(bytes: Uint8Array): Uint8Array;
  /** For formats that have to sign by themselves: a copy of the secret 32 bytes, wiped afterwards. */
  withSeed<T>(use: (seed: Uint8Array) => T): T;
}

/** The user's Ed25519 keys: for tokens and for checkpoints of the journal. */
export interface Keyring {
  /** The key that signs; made when there is none yet. */
  active(): SigningKey;
  publicKey(kid: string): KnownKey | undefined;
  /** Newest first; makes none. */
  list(): readonly KnownKey[];
  /** Makes a new active key. No older one signs any more, or verifies longer than `overlapMs` from now. */
  rotate(overlapMs: number): SigningKey;
}

interface StoredKey {
  readonly kid: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** base64url of 32 bytes. */
  readonly public: string;
  /** Only the active key has it still. */
  readonly private?: string;
}

interface KeyringFile {
  readonly version: 1;
  /** Newest first; exactly one has no end. */
  readonly keys: readonly StoredKey[];
}

/**
 * Opens the keyring of a user; nothing is read or made before it is used.
 *
 * @param folder Nobody but the user may look into it; made with the first key.
 * @throws TokaError From every method: TOKA_FILE_UNSAFE (open to others, or another user's), TOKA_INTEGRITY (damaged), TOKA_STATE_UNAVAILABLE.
 */
export function openKeyring(folder: string, clock: Clock): Keyring {
  const file = join(folder, 'keyring.json');
  // Comparing each secret with its public key takes longer than reading the file, which is done each time.
  let last: { readonly text: string; readonly keys: readonly StoredKey[] } | undefined;
  const known = (): readonly StoredKey[] => {
    const text = readPrivate(file);
    if (text === undefined) return [];
    if (last?.text !== text) last = { text, keys: parse(text, file) };
    return last.keys;
  };
  const first = (): StoredKey => change(file, (keys) => (signs(keys[0]) ? keys : [generate(clock.now()), ...keys]));
  return {
    active: () => {
      const [newest] = known();
      return signing(signs(newest) ? newest : first(), clock);
    },
    publicKey: (kid) => known().flatMap((key) => (key.kid === kid ? [knownKey(key, clock)] : []))[0],
    list: () => known().map((key) => knownKey(key, clock)),
    rotate: (overlapMs) => {
      const now = clock.now();
      const rotated = change(file, (keys) => [
        generate(now),
        ...keys.map(({ private: _secret, ...key }) => ({ ...key, expiresAt: Math.min(key.expiresAt ?? Infinity, now + overlapMs) })),
      ]);
      return signing(rotated, clock);
    },
  };
}

function signs(key: Partial<StoredKey> | undefined): key is StoredKey {
  return key?.private !== undefined;
}

/** Changes the list while nobody else does, and gives its newest key. */
function change(file: string, next: (keys: readonly StoredKey[]) => readonly StoredKey[]): StoredKey {
  const folder = dirname(file);
  privateFolder(folder);
  return withFileLock(join(folder, 'lock'), () => {
    const text = readPrivate(file);
    const before = text === undefined ? [] : parse(text, file);
    const keys = next(before);
    if (keys !== before) writePrivate(file, `${JSON.stringify({ version: 1, keys } satisfies KeyringFile, undefined, 2)}\n`);
    return keys[0]!;
  });
}

function generate(createdAt: number): StoredKey {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { kid: thumbprint(x), createdAt, public: x, private: d };
}

/** Names a public key, given in base64url (RFC 7638, RFC 8037). */
export function thumbprint(x: string): string {
  return createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
}

function knownKey({ kid, createdAt, expiresAt, public: x }: StoredKey, clock: Clock): KnownKey {
  return {
    kid,
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    state: expiresAt === undefined ? 'active' : clock.now() < expiresAt ? 'retiring' : 'expired',
    publicKey: Buffer.from(x, 'base64url'),
    verify: (bytes, signature) => verify(null, bytes, createPublicKey({ key: jwk(x), format: 'jwk' }), signature),
  };
}

function signing(key: StoredKey, clock: Clock): SigningKey {
  const { public: x, private: d = '' } = key;
  return {
    ...knownKey(key, clock),
    sign: (bytes) => sign(null, bytes, createPrivateKey({ key: { ...jwk(x), d }, format: 'jwk' })),
    withSeed: (use) => {
      const seed = Buffer.from(d, 'base64url');
      try {
        return use(seed);
      } finally {
        seed.fill(0);
      }
    },
  };
}

/** The public half as a JSON Web Key (RFC 8037). */
export function publicJwk({ publicKey }: Pick<KnownKey, 'publicKey'>): ReturnType<typeof jwk> {
  return jwk(Buffer.from(publicKey).toString('base64url'));
}

/** By RFC 8037. */
function jwk(x: string): { kty: 'OKP'; crv: 'Ed25519'; x: string } {
  return { kty: 'OKP', crv: 'Ed25519', x };
}

function parse(text: string, file: string): StoredKey[] {
  try {
    const parsed = JSON.parse(text) as Partial<Record<keyof KeyringFile, unknown>> | null;
    if (parsed?.version === 1 && isConsistent(parsed.keys)) return parsed.keys;
  } catch {
    // Falls through to the same answer, which must not quote what may be half a secret.
  }
  throw new TokaError('TOKA_INTEGRITY', `${file} is not a keyring (version 1)`, {
    hint: 'restore it from a backup; or move it away: toka makes new keys, and no token of the old ones holds any more',
  });
}

/** The newest key signs, the others have an end; every name and every secret belongs to its public key. */
function isConsistent(keys: unknown): keys is StoredKey[] {
  if (!Array.isArray(keys)) return false;
  return keys.every((key: Partial<StoredKey> | null, at) => isKey(key) && (key.private === undefined) === (key.expiresAt !== undefined) && signs(key) === (at === 0));
}

function isKey(key: Partial<StoredKey> | null): key is StoredKey {
  if (typeof key?.public !== 'string' || Buffer.from(key.public, 'base64url').length !== 32 || key.kid !== thumbprint(key.public)) return false;
  if (!Number.isFinite(key.createdAt) || (key.expiresAt !== undefined && !Number.isFinite(key.expiresAt))) return false;
  return key.private === undefined || (typeof key.private === 'string' && publicOf(key.private) === key.public);
}

function publicOf(d: string): string | undefined {
  // A private key's own form in DER (RFC 8410): the seed stands behind a fixed beginning.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(d, 'base64url')]);
  return createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' }).x;
}
