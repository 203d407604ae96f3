import { digest } from '../digest.ts';
import { TokaError } from '../errors.ts';
import { HASH_BYTES } from './merkle.ts';

/** What a log says of itself at one moment: https://c2sp.org/tlog-checkpoint. */
export interface Checkpoint {
  /** Which log it is. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** A key that signs notes with Ed25519. */
export interface NoteSigner {
  /** The 32 bytes of RFC 8032. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

/** A key that verifies notes. */
export interface NoteKey {
  readonly publicKey: Uint8Array;
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** A checkpoint as it was signed: https://c2sp.org/signed-note. */
export interface SignedCheckpoint extends Checkpoint {
  /** The whole note. */
  readonly note: string;
  /** What was signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** Bytes that a note may take; it must have room for 16 signatures, and long ones. */
const NOTE_LIMIT = 128 * 1024;
const SIGNATURES_LIMIT = 64;

/** The type of a signature: Ed25519, over the text as it is. */
const ED25519 = 1;
const KEY_ID_BYTES = 4;

/** Signs a checkpoint; the key goes by the name of the log. */
export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  const text = checkpointText(checkpoint);
  const { origin } = checkpoint;
  const signature = Buffer.concat([keyId(origin, signer.publicKey), signer.sign(Buffer.from(text))]);
  return `${text}\n— ${origin} ${signature.toString('base64')}\n`;
}

/**
 * Reads a signed checkpoint; nothing in it may be believed before `isSignedBy`.
 *
 * @throws TokaError TOKA_PROOF_INVALID
 */
export function parseCheckpoint(note: string, file?: string): SignedCheckpoint {
  const refuse = (found: string): TokaError =>
    new TokaError('TOKA_PROOF_INVALID', `expected a signed checkpoint (c2sp.org/tlog-checkpoint), found ${found}`, {
      hint: 'toka audit checkpoint --out FILE writes one',
      ...(file === undefined ? {} : { where: { file } }),
    });
  if (Buffer.byteLength(note) > NOTE_LIMIT) throw refuse(`more than ${NOTE_LIMIT} bytes`);
  if (/[\0-\t\v-\u001f\ufffd]/.test(note)) throw refuse('control characters or broken UTF-8');
  const end = note.lastIndexOf('\n\n');
  if (end === -1) throw refuse('no empty line before the signatures');
  const text = note.slice(0, end + 1);
  const [origin = '', size = '', root = '', ...further] = text.slice(0, -1).split('\n');
  if (origin === '' || !isCount(size) || !isBase64(root, HASH_BYTES) || further.includes('')) throw refuse('other lines than origin, size and root');
  const lines = note.slice(end + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0 || lines.length > SIGNATURES_LIMIT) throw refuse('no signature lines');
  const signatures = lines.map((line) => parseSignature(line) ?? refuse('a signature line of another form'));
  const fault = signatures.find((one) => one instanceof TokaError);
  if (fault) throw fault;
  return { origin, size: Number(size), root: Buffer.from(root, 'base64'), note, text, signatures: signatures as NoteSignature[] };
}

/** Whether one of the keys has signed it. A signature that should be of one and is wrong makes the whole note worthless. */
export function isSignedBy({ origin, text, signatures }: SignedCheckpoint, keys: readonly NoteKey[]): boolean {
  const bytes = Buffer.from(text);
  const own = signatures.flatMap(({ name, keyId: id, signature }) => {
    const key = name === origin ? keys.find(({ publicKey }) => keyId(name, publicKey).equals(id)) : undefined;
    return key ? [key.verify(bytes, signature)] : [];
  });
  return own.length > 0 && own.every(Boolean);
}

/** A public key as verifiers of notes take it: `name+id+key`. */
export function verifierKey(name: string, publicKey: Uint8Array): string {
  return `${name}+${keyId(name, publicKey).toString('hex')}+${Buffer.from([ED25519, ...publicKey]).toString('base64')}`;
}

/** The bytes of a public key that `verifierKey` has printed; undefined where it is of another form. */
export function parseVerifierKey(text: string): Uint8Array | undefined {
  const [, name = '', id = '', encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ED25519) return undefined;
  const publicKey = bytes.subarray(1);
  return keyId(name, publicKey).toString('hex') === id ? publicKey : undefined;
}

function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

function parseSignature(line: string): NoteSignature | undefined {
  const [, name = '', encoded = ''] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+=*)$/u.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length <= KEY_ID_BYTES || bytes.toString('base64') !== encoded) return undefined;
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

function keyId(name: string, publicKey: Uint8Array): Buffer {
  return digest(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), publicKey])).subarray(0, KEY_ID_BYTES);
}

function isCount(text: string): boolean {
  return /^(?:0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text));
}

function isBase64(text: string, length: number): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text;
}
