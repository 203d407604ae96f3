import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Keyring, openKeyring } from '../../src/capability/keyring.ts';

const HOUR = 3_600_000;
const BYTES = new TextEncoder().encode('what is signed');

let base: string;
let folder: string;
let file: string;
let now: number;
let keys: Keyring;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'toka-keys-'));
  folder = join(base, 'state', 'keys');
  file = join(folder, 'keyring.json');
  now = Date.parse('2026-05-01T12:00:00Z');
  keys = openKeyring(folder, { now: () => now });
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const codeOf = (use: () => unknown): unknown => {
  try {
    use();
    return 'accepted';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};
const states = (): string[] => keys.list().map(({ state }) => state);
const privates = (): string[] => [...readFileSync(file, 'utf8').matchAll(/"private": "([^"]+)"/g)].map(([, secret = '']) => secret);

test('there is no key before one is used; the first use makes one that stays', () => {
  expect(keys.list()).toEqual([]);
  expect(keys.publicKey('any')).toBeUndefined();
  expect(existsSync(folder)).toBe(false);
  const { kid } = keys.active();
  expect(keys.active().kid).toBe(kid);
  expect(openKeyring(folder, { now: () => now }).active().kid).toBe(kid);
});

test('what the active key signs, its public half verifies, and nothing else', () => {
  const key = keys.active();
  const signature = key.sign(BYTES);
  const known = keys.publicKey(key.kid);
  expect(signature).toHaveLength(64);
  expect(known?.publicKey).toHaveLength(32);
  expect(known?.verify(BYTES, signature)).toBe(true);
  expect(known?.verify(BYTES.with(0, 0), signature)).toBe(false);
  expect(known?.verify(BYTES, signature.map((byte, at) => (at === 5 ? byte ^ 1 : byte)))).toBe(false);
});

test('the list and the lock are for their user alone, and nothing else is left in the folder', () => {
  keys.active();
  keys.rotate(HOUR);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).toSorted()).toEqual(['keyring.json', 'lock']);
});

test('active → retiring → expired: it verifies until the overlap ends, and its secret is gone at once', () => {
  const old = keys.active();
  const signature = old.sign(BYTES);
  const [secret = ''] = privates();
  const fresh = keys.rotate(HOUR);
  expect(keys.active().kid).toBe(fresh.kid);
  expect(readFileSync(file, 'utf8')).not.toContain(secret);
  expect(privates()).toHaveLength(1);
  expect(states()).toEqual(['active', 'retiring']);
  now += HOUR - 1;
  expect(states()).toEqual(['active', 'retiring']);
  now += 1;
  expect(states()).toEqual(['active', 'expired']);
  // What was signed long ago can still be looked at.
  expect(keys.publicKey(old.kid)?.verify(BYTES, signature)).toBe(true);
});

test('a rotation without overlap ends every older key', () => {
  keys.active();
  keys.rotate(HOUR);
  keys.rotate(0);
  expect(states()).toEqual(['active', 'expired', 'expired']);
});

test('nothing that can be printed of a key holds its secret', () => {
  const key = keys.active();
  const [secret = ''] = privates();
  const hex = Buffer.from(secret, 'base64url').toString('hex');
  const printed = JSON.stringify([key, keys.list()]) + inspect(key, { depth: 9 });
  expect(printed.includes(secret) || printed.includes(hex)).toBe(false);
});

test('the copy of the secret is wiped after its use', () => {
  let kept: Uint8Array = new Uint8Array();
  keys.active().withSeed((seed) => {
    kept = seed;
    expect(Buffer.from(seed).toString('base64url')).toBe(privates()[0]);
  });
  expect([...kept].every((byte) => byte === 0)).toBe(true);
});

describe('several processes at once', () => {
  const program = (work: string): string => `
    import { openKeyring } from ${JSON.stringify(join(import.meta.dirname, '../../src/capability/keyring.ts'))};
    const keys = openKeyring(process.argv[1], { now: () => Date.now() });
    process.stdout.write(String(${work}));`;
  const inProcess = async (work: string): Promise<string> => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(work), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await once(child, 'close');
    return text;
  };

  test('the first use makes one key, the same for all', async () => {
    const kids = await Promise.all(Array.from({ length: 6 }, async () => inProcess('keys.active().kid')));
    expect(new Set(kids).size).toBe(1);
    expect(keys.list().map(({ kid }) => kid)).toEqual([kids[0]]);
  });

  test('no rotation is lost', async () => {
    const kids = await Promise.all(Array.from({ length: 4 }, async () => inProcess('[1, 2, 3].map(() => keys.rotate(1000).kid)')));
    expect(keys.list().map(({ kid }) => kid).toSorted()).toEqual(kids.flatMap((text) => text.split(',')).toSorted());
  });
});

describe('fails closed', () => {
  /** The codes that every use ends with; none of them may change anything. */
  const refusals = (): Set<unknown> => {
    const before = readFileSync(file, 'utf8');
    const codes = [() => keys.active(), () => keys.list(), () => keys.publicKey('x'), () => keys.rotate(0)].map(codeOf);
    return new Set([...codes, ...(readFileSync(file, 'utf8') === before ? [] : ['changed'])]);
  };

  test.each([0o640, 0o604, 0o660, 0o644])('a list with mode %o', (mode) => {
    keys.active();
    chmodSync(file, mode);
    expect(refusals()).toEqual(new Set(['TOKA_FILE_UNSAFE']));
  });

  test.each([0o750, 0o701, 0o777])('a folder with mode %o', (mode) => {
    keys.active();
    chmodSync(folder, mode);
    expect(refusals()).toEqual(new Set(['TOKA_FILE_UNSAFE']));
  });

  test('a list that is a link', () => {
    keys.active();
    renameSync(file, join(folder, 'elsewhere'));
    symlinkSync('elsewhere', file);
    expect(refusals()).toEqual(new Set(['TOKA_FILE_UNSAFE']));
  });

  test('a folder that is a link', () => {
    keys.active();
    renameSync(folder, join(base, 'elsewhere'));
    symlinkSync(join(base, 'elsewhere'), folder);
    expect(refusals()).toEqual(new Set(['TOKA_FILE_UNSAFE']));
  });

  test.runIf(process.getuid?.() === 0)('a list or folder of another user', () => {
    keys.active();
    chownSync(file, 12_345, 0);
    expect(refusals()).toEqual(new Set(['TOKA_FILE_UNSAFE']));
    chownSync(file, 0, 0);
    chownSync(folder, 12_345, 0);
    expect(refusals()).toEqual(new Set(['TOKA_FILE_UNSAFE']));
  });

  test('a folder where the list should be', () => {
    mkdirSync(file, { recursive: true });
    chmodSync(folder, 0o700);
    expect(() => keys.active()).toThrow(expect.objectContaining({ code: 'TOKA_FILE_UNSAFE' }));
  });

  const damage: Record<string, (text: string) => string> = {
    'empty': () => '',
    'half': (text) => text.slice(0, 100),
    'null': () => 'null',
    'of another version': (text) => text.replace('"version": 1', '"version": 2'),
    'no list': () => '{"version":1,"keys":{}}',
    'a null key': () => '{"version":1,"keys":[null]}',
    'an empty secret': (text) => text.replace(/"private": "[^"]+"/, '"private": ""'),
    'another secret': (text) => text.replace(/"private": "[^"]+"/, `"private": "${Buffer.alloc(32, 7).toString('base64url')}"`),
    'another name': (text) => text.replace(/(?<="kid": ")./, (letter) => (letter === '_' ? '-' : '_')),
    'a time that is none': (text) => text.replace(/"createdAt": \d+/, '"createdAt": "now"'),
    'an active key that has an end': (text) => text.replace('"public"', '"expiresAt": 1, "public"'),
  };

  test.each(Object.entries(damage))('a damaged list: %s', (_, harm) => {
    keys.active();
    writeFileSync(file, harm(readFileSync(file, 'utf8')));
    expect(refusals()).toEqual(new Set(['TOKA_INTEGRITY']));
  });

  test('a damaged list is not quoted', () => {
    keys.active();
    const [secret = ''] = privates();
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -5));
    const printed = ((): string => {
      try {
        return JSON.stringify(keys.list());
      } catch (error) {
        return inspect(error);
      }
    })();
    expect(printed).toContain('TOKA_INTEGRITY');
    expect(printed).not.toContain(secret.slice(0, 10));
  });
});
