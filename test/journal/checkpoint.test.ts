import { LogCheckpoint, verifyCheckpoint } from '@sigstore/verify/dist/tlog/checkpoint.js';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, isSignedBy, parseCheckpoint, parseVerifierKey, signCheckpoint, verifierKey } from '../../src/journal/checkpoint.ts';
import { codeOf } from './fixtures.ts';
import { anyCharacter } from '../support/any-character.ts';

const pair = generateKeyPairSync('ed25519');
const key = {
  publicKey: Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
  sign: (bytes: Uint8Array) => sign(null, bytes, pair.privateKey),
  verify: (bytes: Uint8Array, signature: Uint8Array) => verify(null, bytes, pair.publicKey, signature),
};
const tree: Checkpoint = { origin: 'toka/journal/0123', size: 42, root: Buffer.alloc(32, 7) };
const note = signCheckpoint(tree, key);

/** The example of https://c2sp.org/tlog-checkpoint, and a note that Go's sumdb/note tests with, both with their keys. */
const EXAMPLE = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`;
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETERS = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

test('a checkpoint is the text of the format, with a signature over it', async () => {
  const [text, signature] = note.split('\n\n');
  expect(text).toBe(`toka/journal/0123\n42\n${Buffer.alloc(32, 7).toString('base64')}`);
  expect(signature).toMatch(/^— toka\/journal\/0123 [A-Za-z0-9+/]{91}=\n$/);
  expect(parseCheckpoint(note)).toMatchObject({ ...tree, note });
  expect(isSignedBy(parseCheckpoint(note), [key])).toBe(true);
});

test('a key prints and reads back as verifiers of notes take it, and as the Go library made one', async () => {
  const printed = verifierKey(tree.origin, key.publicKey);
  expect(parseVerifierKey(printed)).toEqual(key.publicKey);
  const peter = parseVerifierKey(PETER);
  expect(verifierKey('PeterNeumann', peter ?? Buffer.alloc(0))).toBe(PETER);
  for (const wrong of ['', PETER.slice(0, -4), PETER.replace('c74f20a3', 'c74f20a4'), PETER.replace('+AR', '+CR'), `a ${PETER}`]) {
    expect(parseVerifierKey(wrong)).toBeUndefined();
  }
});

test('the signature that the Go library made is good by the key that we read', async () => {
  const publicKey = Buffer.from(parseVerifierKey(PETER) ?? []);
  const [text = '', line = ''] = PETERS.split('\n\n');
  const bytes = Buffer.from(line.trimEnd().split(' ')[2] ?? '', 'base64');
  const imported = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' });
  expect(bytes.subarray(0, 4).toString('hex')).toBe('c74f20a3');
  expect(verify(null, Buffer.from(`${text}\n`), imported, bytes.subarray(4))).toBe(true);
});

test('the example of the specification is read', async () => {
  const { origin, size, root, signatures } = parseCheckpoint(EXAMPLE);
  expect([origin, size, Buffer.from(root).toString('base64')]).toEqual(['example.com/behind-the-sofa', 20_852_163, 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=']);
  expect(signatures).toHaveLength(1);
});

test("Sigstore's verifier takes our checkpoint with our key, and not a changed one", async () => {
  const keyHint = Buffer.from(verifierKey(tree.origin, key.publicKey).split('+')[1] ?? '', 'hex');
  const logs = [{ logID: Buffer.concat([keyHint, Buffer.alloc(28)]), publicKey: pair.publicKey, baseURL: tree.origin }];
  const entry = (envelope: string): never => ({ inclusionProof: { checkpoint: { envelope } } }) as never;
  const read = verifyCheckpoint(entry(note), logs as never);
  expect(read).toBeInstanceOf(LogCheckpoint);
  expect([read.origin, read.logSize, Buffer.from(read.logHash)]).toEqual([tree.origin, 42n, tree.root]);
  expect(() => verifyCheckpoint(entry(note.replace('\n42\n', '\n43\n')), logs as never)).toThrow();
});

describe('what is not a signed checkpoint is refused', () => {
  const lines = note.split('\n');
  const without = (at: number): string => lines.toSpliced(at, 1).join('\n');
  test.each<[string, string]>([
    ['nothing', ''],
    ['no empty line', without(3)],
    ['no origin', without(0)],
    ['no root', without(2)],
    ['no signature', `${lines.slice(0, 4).join('\n')}\n`],
    ['a size with a zero in front', note.replace('\n42\n', '\n042\n')],
    ['a size that is no number', note.replace('\n42\n', '\n4.2\n')],
    ['a size beyond all numbers', note.replace('\n42\n', '\n99999999999999999999\n')],
    ['a negative size', note.replace('\n42\n', '\n-42\n')],
    ['a short root', note.replace(lines[2] ?? '', Buffer.alloc(31).toString('base64'))],
    ['a root that is not base64', note.replace(lines[2] ?? '', '*'.repeat(44))],
    ['a hyphen for the dash', note.replace('— ', '- ')],
    ['a name with a plus', note.replace('— toka/', '— toka+')],
    ['a signature without bytes', note.replace(/ [^ ]+\n$/, ' AAAAAA==\n')],
    ['no line break at the end', note.trimEnd()],
    ['line breaks of Windows', note.replaceAll('\n', '\r\n')],
    ['a control character', note.replace('toka', 'to\u0007ka')],
    ['too long', `${note}${'x'.repeat(200_000)}`],
    ['too many signatures', `${note}${`${lines[4]}\n`.repeat(64)}`],
  ])('%s', async (_, text) => {
    expect(await codeOf(() => parseCheckpoint(text))).toBe('TOKA_PROOF_INVALID');
  });
});

test('a signature counts only by the name of the log and a known key; a wrong one of a known key spoils the note', async () => {
  const stranger = { ...key, publicKey: Buffer.alloc(32, 1) };
  expect(isSignedBy(parseCheckpoint(note), [])).toBe(false);
  expect(isSignedBy(parseCheckpoint(note), [stranger])).toBe(false);
  const renamed = note.replaceAll('— toka/journal/0123', '— toka/journal/0124');
  expect(isSignedBy(parseCheckpoint(renamed), [key])).toBe(false);
  const [, , , , own = ''] = note.split('\n');
  expect(isSignedBy(parseCheckpoint(`${note}— witness.example/w ${Buffer.alloc(68).toString('base64')}\n`), [key])).toBe(true);
  expect(isSignedBy(parseCheckpoint(`${note}${own.replace(/.(?=[^=]{4}=$)/, (letter) => (letter === 'A' ? 'B' : 'A'))}\n`), [key])).toBe(false);
});

test('a note with any character changed is refused, or does not count', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: note.length - 1 }), fc.string({ unit: anyCharacter, minLength: 1, maxLength: 1 }), async (at, other) => {
      fc.pre(note[at] !== other);
      const changed = note.slice(0, at) + other + note.slice(at + 1);
      let counts = false;
      const code = await codeOf(() => (counts = isSignedBy(parseCheckpoint(changed), [key])));
      if (code !== undefined) expect(code).toBe('TOKA_PROOF_INVALID');
      expect(counts).toBe(false);
    }),
  );
});
