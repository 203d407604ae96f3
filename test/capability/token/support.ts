import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCapability } from '../../../src/capability/grammar.ts';
import { type Keyring, openKeyring } from '../../../src/capability/keyring.ts';
import { biscuit, ED25519 } from '../../../src/capability/token/biscuit.ts';
import { parseEnvelope, printEnvelope } from '../../../src/capability/token/envelope.ts';
import type { Authority, Restrictions } from '../../../src/capability/token/facts.ts';
import { openTokens } from '../../../src/capability/token/open.ts';
import type { Tokens } from '../../../src/capability/token/tokens.ts';

/** A user with a keyring, a clock that stands still, and a project. */
export interface Office extends Disposable {
  readonly folder: string;
  readonly clock: { now: () => number; set(ms: number): void; advance(ms: number): void };
  readonly keyring: Keyring;
  readonly tokens: Tokens;
  /** What another process of the same user would see. */
  again(workspace?: string): Tokens;
  create(request?: Partial<Authority> & { readonly lifetime?: number }): string;
}

export const START = Date.parse('2026-05-06T12:00:00Z');

export function office(): Office {
  const base = mkdtempSync(join(tmpdir(), 'toka-token-'));
  const folder = join(base, 'keys');
  let now = START;
  const clock = { now: () => now, set: (ms: number) => void (now = ms), advance: (ms: number) => void (now += ms) };
  const keyring = openKeyring(folder, clock);
  const again = (workspace = '/p'): Tokens =>
    openTokens({ folder, keyring, clock, anchors: { root: workspace, home: '/h', realPath: (path) => path, isFolder: () => false } });
  const tokens = again();
  return {
    folder,
    clock,
    keyring,
    tokens,
    again,
    create: ({ lifetime = 3600, ...request } = {}) =>
      tokens.create({ subject: 'user:test', capabilities: capabilities('fs:read:/p/**', 'proc:exec:git'), depth: 4, ...request, lifetime }).text,
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}

export function capabilities(...texts: readonly string[]): Restrictions['capabilities'] & {} {
  return texts.map(parseCapability);
}

/** Appends a block as somebody would who writes Biscuit's language by hand. */
export function withBlock(token: string, source: string): string {
  const { publicKey, biscuit: bytes } = parseEnvelope(token);
  const { Biscuit, PublicKey } = biscuit();
  const builder = Biscuit.block_builder();
  builder.addCode(source);
  return printEnvelope({ publicKey, biscuit: Biscuit.fromBytes(bytes, PublicKey.fromBytes(publicKey, ED25519)).appendBlock(builder).toBytes() });
}

/** A token with this first block, signed by a key of the keyring. */
export function signed(keyring: Keyring, source: string): string {
  const key = keyring.active();
  const { Biscuit, PrivateKey } = biscuit();
  const builder = Biscuit.builder();
  builder.addCode(source);
  return printEnvelope({ publicKey: key.publicKey, biscuit: key.withSeed((seed) => builder.build(PrivateKey.fromBytes(seed, ED25519))).toBytes() });
}

/** The code that a call is refused with. */
export function codeOf(call: () => unknown): unknown {
  try {
    call();
    return 'accepted';
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

/** The blocks of a Biscuit and its proof, as they stand in its protocol buffer: field by field, tag and length included. */
export function fieldsOf(bytes: Uint8Array): { readonly tag: number; readonly bytes: Uint8Array }[] {
  const fields = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const tag = bytes[at++] ?? 0;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if ((tag & 7) === 2) at += length;
    fields.push({ tag: tag >> 3, bytes: bytes.subarray(start, at) });
  }
  return fields;
}
