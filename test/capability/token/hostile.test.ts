import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEnvelope, printEnvelope } from '../../../src/capability/token/envelope.ts';
import { capabilities, codeOf, fieldsOf, type Office, office, signed, START, withBlock } from './support.ts';

const HOUR = 3_600_000;

let here: Office;
beforeEach(() => {
  here = office();
});
afterEach(() => here[Symbol.dispose]());

const verdict = (token: string): unknown => codeOf(() => here.tokens.verify(token));

describe('a block that was written by hand', () => {
  const end = START / 1000 + 3600;
  const budget = { calls: 10, bytes: 8192 };
  const WIDER = {
    'more files': 'capability("fs:read:/**");',
    'another program': 'capability("fs:read:/p/**"); capability("proc:exec:sh");',
    'everything': 'capability("fs:read");',
    'a later end': `expires(${end + 1});`,
    'as many hops again': 'depth(4);',
    'more runs': 'budget("calls=11");',
    'more output, beside fewer runs': 'budget("calls=1,bytes=8193");',
  };

  test.each(Object.entries(WIDER))('%s: refused as wider, not ignored', (_, source) => {
    expect(verdict(withBlock(here.create({ budget }), source))).toBe('TOKA_TOKEN_WIDENS');
  });

  test.each(Object.entries(WIDER))('%s: a narrower block after it changes nothing', (_, source) => {
    expect(verdict(withBlock(withBlock(here.create({ budget }), source), 'capability("fs:read:/p/a"); budget("calls=1,bytes=1");'))).toBe('TOKA_TOKEN_WIDENS');
  });

  test.each([
    ['a fact of another name', 'budget("calls", 5);'],
    ['a fact of a later version', 'calls(5);'],
    ['a number for a budget', 'budget(5);'],
    ['a budget of nothing', 'budget("");'],
    ['a budget of something else', 'budget("calls=5,sheep=5");'],
    ['a budget below zero', 'budget("calls=-1");'],
    ['a figure of a budget twice', 'budget("calls=1,calls=9");'],
    ['two budgets', 'budget("calls=1"); budget("bytes=1");'],
    ['a rule', 'capability($x) <- capability($x);'],
    ['a check', 'check if true;'],
    ['a check that fails', 'check if false;'],
    ['a check on all', 'check all true;'],
    ['a fact twice', 'expires(1); expires(2);'],
    ['a number for a text', 'capability(1);'],
    ['a text for a number', 'depth("1");'],
    ['a negative number', 'depth(-1);'],
    ['two values', 'capability("fs:read:/p/a", "fs:read:/");'],
    ['a set', 'capability({"fs:read:/p/a"});'],
    ['a subject', 'subject("root");'],
    ['a date of its own', 'issued(1);'],
    ['a capability of an unknown domain', 'capability("root:all");'],
    ['a relative scope', 'capability("fs:read:a");'],
    ['a relative workspace', 'workspace("p");'],
    ['a window that is none', 'window("always");'],
    ['a zone that is none', 'window("Mon 00:00-24:00 Mars/Olympus");'],
    ['a quote within a text', String.raw`capability("fs:read:/p/a\"");`],
  ])('%s: refused', (_, source) => {
    expect(verdict(withBlock(here.create(), source))).toBe('TOKA_TOKEN_INVALID');
  });

  test('a scope that cannot be compared in bounded time counts as wider', () => {
    const token = here.create({ capabilities: capabilities(`fs:read:/p/${'*a?b'.repeat(10)}/**/c`) });
    expect(verdict(withBlock(token, `capability("fs:read:/p/${'a*b?'.repeat(15)}");`))).toBe('TOKA_TOKEN_WIDENS');
  });

  test('a text that looks like two facts is read as two, whoever wrote it gains nothing', () => {
    const forged = withBlock(here.create(), String.raw`capability("fs:read:/p/a\");\ncapability(\"fs:read:/");`);
    expect(['TOKA_TOKEN_WIDENS', 'TOKA_TOKEN_INVALID']).toContain(verdict(forged));
  });

  test.each([
    ['no version', 'subject("a"); issued(1); expires(2); depth(0); capability("env:read");'],
    ['another version', 'toka(2); subject("a"); issued(1); expires(2); depth(0); capability("env:read");'],
    ['a subject of two lines', 'toka(1); subject("a%0Aholds here and now"); issued(1); expires(2); depth(0); capability("env:read");'],
    ['no subject at all', 'toka(1); subject(""); issued(1); expires(2); depth(0); capability("env:read");'],
    ['no capability', 'toka(1); subject("a"); issued(1); expires(2); depth(0);'],
    ['no end', 'toka(1); subject("a"); issued(1); depth(0); capability("env:read");'],
    ['a rule', 'toka(1); subject("a"); issued(1); expires(2); depth(0); capability("env:read"); a($x) <- capability($x);'],
    ['nothing', ''],
  ])('a first block with %s is refused even with the right signature', (_, source) => {
    expect(verdict(signed(here.keyring, source))).toBe('TOKA_TOKEN_INVALID');
  });

  test('a first block that lives longer than a day is refused even with the right signature', () => {
    const now = START / 1000;
    expect(verdict(signed(here.keyring, `toka(1); subject("a"); issued(${now}); expires(${now + 86_401}); depth(0); capability("env:read");`))).toBe('TOKA_TOKEN_OVERSIZED');
  });
});

describe('forged', () => {
  test('the signature of another key: the text names a key that is not in the keyring', () => {
    using other = office();
    expect(verdict(other.create())).toBe('TOKA_TOKEN_KEY_UNKNOWN');
  });

  test('the signature of another key under the name of ours', () => {
    using other = office();
    const { biscuit } = parseEnvelope(other.create());
    expect(verdict(printEnvelope({ publicKey: here.keyring.active().publicKey, biscuit }))).toBe('TOKA_TOKEN_FORGED');
  });

  test('any byte changed: never accepted, whatever it says', () => {
    const { publicKey, biscuit } = parseEnvelope(here.tokens.attenuate(here.create(), { depth: 1 }).text);
    const codes = new Set([...biscuit.keys()].map((at) => verdict(printEnvelope({ publicKey, biscuit: biscuit.with(at, (biscuit[at] ?? 0) ^ 1) }))));
    expect(codes).not.toContain('accepted');
    expect([...codes].every((code) => /^TOKA_TOKEN_(FORGED|INVALID)$/.test(String(code)))).toBe(true);
  });

  describe('the chain', () => {
    const AUTHORITY = 2;
    const BLOCK = 3;
    const chain = () => {
      const child = here.tokens.attenuate(here.create(), { capabilities: capabilities('fs:read:/p/docs/**') }).text;
      const { publicKey, biscuit } = parseEnvelope(here.tokens.attenuate(child, { capabilities: capabilities('fs:read:/p/docs/a') }).text);
      const fields = fieldsOf(biscuit);
      const part = (tag: number): Uint8Array[] => fields.filter((field) => field.tag === tag).map(({ bytes }) => bytes);
      const put = (parts: readonly Uint8Array[]): unknown => verdict(printEnvelope({ publicKey, biscuit: Buffer.concat(parts) }));
      const proof = fields.filter(({ tag }) => tag !== AUTHORITY && tag !== BLOCK).map(({ bytes }) => bytes);
      return { put, proof, authority: part(AUTHORITY), blocks: part(BLOCK) };
    };

    test('put together again as it was, it holds', () => {
      const { put, authority, blocks, proof } = chain();
      expect(blocks).toHaveLength(2);
      expect(put([...authority, ...blocks, ...proof])).toBe('accepted');
    });

    test('cut after a block, it does not', () => {
      const { put, authority, blocks, proof } = chain();
      expect([put([...authority, ...proof]), put([...authority, ...blocks.slice(0, 1), ...proof])]).toEqual(['TOKA_TOKEN_FORGED', 'TOKA_TOKEN_FORGED']);
    });

    test('in another order, or with a block twice or left out, it does not', () => {
      const { put, authority, blocks, proof } = chain();
      const [one = new Uint8Array(), two = new Uint8Array()] = blocks;
      for (const order of [[two, one], [two], [one, one, two], [one, two, two]]) expect(put([...authority, ...order, ...proof])).toBe('TOKA_TOKEN_FORGED');
    });

    test('without its proof, it does not', () => {
      const { put, authority, blocks } = chain();
      expect(put([...authority, ...blocks])).toBe('TOKA_TOKEN_INVALID');
    });
  });
});

describe('another kind of text', () => {
  const jwt = (header: object, signature: (text: string) => string): string => {
    const text = [header, { sub: 'user:test', exp: START + HOUR }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${signature(text)}`;
  };

  test.each([
    ['a JWT without a signature', () => jwt({ alg: 'none', typ: 'JWT' }, () => '')],
    ['a JWT signed with the public key', () => jwt({ alg: 'HS256', typ: 'JWT' }, (text) => createHmac('sha256', here.keyring.active().publicKey).update(text).digest('base64url'))],
    ['a JWT that names our key', () => jwt({ alg: 'EdDSA', typ: 'JWT', kid: here.keyring.active().kid }, (text) => Buffer.from(here.keyring.active().sign(Buffer.from(text))).toString('base64url'))],
    ['a token of another version', () => here.create().replace('-v1.', '-v2.')],
    ['nothing', () => ''],
    ['a bare Biscuit', () => here.create().split('.')[3] ?? ''],
  ])('%s: refused by its type', (_, text) => {
    expect(verdict(text())).toBe('TOKA_TOKEN_TYPE');
  });

  test.each(['none', 'secp256r1', 'Ed25519', ''])('the algorithm %j is refused', (algorithm) => {
    expect(verdict(here.create().replace('.ed25519.', `.${algorithm}.`))).toBe('TOKA_TOKEN_ALGORITHM');
  });

  test.each([
    ['cut in the middle', (text: string) => text.slice(0, -40)],
    ['with a part more', (text: string) => `${text}.x`],
    ['without its key', (text: string) => text.replace(/ed25519\.[^.]+/, 'ed25519.')],
    ['with a key of other length', (text: string) => text.replace(/ed25519\.[^.]+/, 'ed25519.AAAA')],
    ['in another alphabet', (text: string) => text.replace(/\.([^.]+)$/, '.+$1')],
    ['with padding', (text: string) => `${text}=`],
    ['with a space', (text: string) => text.replace('.ed25519.', '.ed25519. ')],
    ['twice', (text: string) => `${text}\n${text}`],
  ])('%s: refused', (_, harm) => {
    expect(verdict(harm(here.create()))).toBe('TOKA_TOKEN_INVALID');
  });
});
