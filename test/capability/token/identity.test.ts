import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Identities, type Identity, openIdentities } from '../../../src/capability/token/identity.ts';
import { codeOf, type Office, office, START } from './support.ts';

const HOUR = 3_600_000;
const NOW = START / 1000;

let here: Office;
let identities: Identities;
beforeEach(() => {
  here = office();
  identities = at('/p');
});
afterEach(() => here[Symbol.dispose]());

/** What another process of the same user sees in this project. */
function at(root: string): Identities {
  const { folder, keyring, clock } = here;
  return openIdentities({ folder, keyring, clock, anchors: { root, home: '/h', realPath: (path) => path, isFolder: () => false } });
}

async function create(request: { readonly lifetime?: number; readonly audience?: string; readonly workspace?: string } = {}): Promise<string> {
  return (await identities.create({ subject: 'user:test', audience: 'ci', lifetime: 600, ...request })).text;
}

async function verdict(text: string, { audience = 'ci', where = identities } = {}): Promise<unknown> {
  return where.verify(text, audience).then(
    () => 'accepted',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT as somebody with the key would write it by hand. */
function written(claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}): string {
  const key = here.keyring.active();
  const all = { iss: 'toka', sub: 'user:test', aud: 'ci', iat: NOW, nbf: NOW, exp: NOW + 600, jti: '0'.repeat(32), workspace: '/p', ...claims };
  const text = `${base64url({ alg: 'EdDSA', typ: 'toka-identity+jwt', kid: key.kid, ...header })}.${base64url(all)}`;
  return `${text}.${Buffer.from(key.sign(Buffer.from(text))).toString('base64url')}`;
}

test('says who, for whom, where, and until when', async () => {
  const { text, identity } = await identities.create({ subject: 'user:test', audience: 'ci', lifetime: 600 });
  expect(await identities.verify(text, 'ci')).toEqual(identity);
  expect(identity).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    kid: here.keyring.active().kid,
    subject: 'user:test',
    audience: 'ci',
    issued: NOW,
    expires: NOW + 600,
    workspace: '/p',
  } satisfies Identity);
  const [header = '', body = ''] = text.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  expect(JSON.parse(header)).toEqual({ alg: 'EdDSA', typ: 'toka-identity+jwt', kid: identity.kid });
  expect(JSON.parse(body)).toEqual({ iss: 'toka', sub: 'user:test', aud: 'ci', iat: NOW, nbf: NOW, exp: NOW + 600, jti: identity.id, workspace: '/p' });
});

test('what the other cases change is accepted as it stands', async () => {
  expect(await verdict(written())).toBe('accepted');
});

describe('refused', () => {
  test('alg=none, with and without a signature', async () => {
    const [, body = '', signature = ''] = written().split('.');
    const header = base64url({ alg: 'none', typ: 'toka-identity+jwt', kid: here.keyring.active().kid });
    expect([await verdict(`${header}.${body}.`), await verdict(`${header}.${body}.${signature}`)]).toEqual(['TOKA_TOKEN_ALGORITHM', 'TOKA_TOKEN_ALGORITHM']);
  });

  test('the public key as the secret of an HMAC', async () => {
    const { kid, publicKey } = here.keyring.active();
    const text = `${base64url({ alg: 'HS256', typ: 'toka-identity+jwt', kid })}.${written().split('.')[1]}`;
    expect(await verdict(`${text}.${createHmac('sha256', publicKey).update(text).digest('base64url')}`)).toBe('TOKA_TOKEN_ALGORITHM');
  });

  test.each(['RS256', 'ES256', 'Ed25519', 'eddsa'])('algorithm %s', async (alg) => {
    expect(await verdict(written({}, { alg }))).toBe('TOKA_TOKEN_ALGORITHM');
  });

  test.each(['JWT', 'application/jwt', '', undefined, 'TOKA-IDENTITY+JWT'])('type %s', async (typ) => {
    expect(await verdict(written({}, { typ }))).toBe('TOKA_TOKEN_TYPE');
  });

  test.each([undefined, 1, '', '../keyring', 'A'.repeat(43)])('key %s', async (kid) => {
    expect(await verdict(written({}, { kid }))).toBe('TOKA_TOKEN_KEY_UNKNOWN');
  });

  test('a key that the token brings along', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const forge = (kid: string): string => {
      const text = `${base64url({ alg: 'EdDSA', typ: 'toka-identity+jwt', kid, jwk: publicKey.export({ format: 'jwk' }) })}.${written().split('.')[1]}`;
      return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
    };
    expect([await verdict(forge(here.keyring.active().kid)), await verdict(forge('mine'))]).toEqual(['TOKA_TOKEN_FORGED', 'TOKA_TOKEN_KEY_UNKNOWN']);
  });

  test('another body under the same signature', async () => {
    const [header, , signature] = written().split('.');
    expect(await verdict(`${header}.${written({ sub: 'user:root' }).split('.')[1]}.${signature}`)).toBe('TOKA_TOKEN_FORGED');
  });

  test('another audience, and more than one', async () => {
    expect([await verdict(await create(), { audience: 'cd' }), await verdict(written({ aud: ['ci', 'cd'] }))]).toEqual(['TOKA_TOKEN_AUDIENCE', 'TOKA_TOKEN_INVALID']);
  });

  test('another project; those in its folder are not', async () => {
    const token = await create();
    expect(await Promise.all(['/p', '/p/sub', '/pq', '/'].map((root) => verdict(token, { where: at(root) })))).toEqual([
      'accepted',
      'accepted',
      'TOKA_TOKEN_WORKSPACE',
      'TOKA_TOKEN_WORKSPACE',
    ]);
  });

  test.each([
    ['made in 6 seconds', { iat: NOW + 6 }, 'TOKA_TOKEN_FUTURE'],
    ['valid in 6 seconds', { nbf: NOW + 6 }, 'TOKA_TOKEN_FUTURE'],
    ['made in 5 seconds, which clocks may differ by', { iat: NOW + 5, nbf: NOW + 5 }, 'accepted'],
    ['that ended 5 seconds ago', { iat: NOW - 60, exp: NOW - 5 }, 'TOKA_TOKEN_EXPIRED'],
    ['that ended 4 seconds ago', { iat: NOW - 60, exp: NOW - 4 }, 'accepted'],
    ['older than a day', { iat: NOW - 86_406, exp: NOW + 60 }, 'TOKA_TOKEN_EXPIRED'],
    ['that lives longer than a day', { exp: NOW + 86_401 }, 'TOKA_TOKEN_OVERSIZED'],
    ['of another issuer', { iss: 'other' }, 'TOKA_TOKEN_INVALID'],
    ['without an end', { exp: undefined }, 'TOKA_TOKEN_INVALID'],
    ['without a beginning', { nbf: undefined }, 'TOKA_TOKEN_INVALID'],
    ['without an id', { jti: undefined }, 'TOKA_TOKEN_INVALID'],
    ['with an id that no list could hold', { jti: 'mine' }, 'TOKA_TOKEN_INVALID'],
    ['without a project', { workspace: undefined }, 'TOKA_TOKEN_INVALID'],
    ['of a relative project', { workspace: 'p' }, 'TOKA_TOKEN_INVALID'],
    ['of nobody', { sub: '' }, 'TOKA_TOKEN_INVALID'],
    ['of two lines', { sub: 'a\nholds here and now' }, 'TOKA_TOKEN_INVALID'],
    ['with a text for a time', { exp: String(NOW + 60) }, 'TOKA_TOKEN_INVALID'],
  ])('or not: one %s', async (_, claims, code) => {
    expect(await verdict(written(claims))).toBe(code);
  });

  test('a header that asks for something that is not known', async () => {
    expect(await verdict(written({}, { crit: ['x'], x: 1 }))).toBe('TOKA_TOKEN_INVALID');
  });

  test('one byte more than 8 KiB, before it is parsed', async () => {
    expect([await verdict(`eyJ${'A'.repeat(8190)}`), await verdict(`eyJ${'A'.repeat(8189)}`)]).toEqual(['TOKA_TOKEN_OVERSIZED', 'TOKA_TOKEN_INVALID']);
    expect(await create({ workspace: `/${'p'.repeat(8000)}` }).catch((error: unknown) => (error as { code: string }).code)).toBe('TOKA_TOKEN_OVERSIZED');
  });

  test('once it was revoked, by its id', async () => {
    const [one, two] = [await identities.create({ subject: 'user:test', audience: 'ci', lifetime: 600 }), await create()];
    here.tokens.revoke(one.identity.id);
    expect([await verdict(one.text), await verdict(two)]).toEqual(['TOKA_TOKEN_REVOKED', 'accepted']);
  });

  test('once its key has expired, not while it retires', async () => {
    const token = await create({ lifetime: 86_400 });
    here.keyring.rotate(2 * HOUR);
    expect(await verdict(token)).toBe('accepted');
    here.clock.advance(2 * HOUR);
    expect(await verdict(token)).toBe('TOKA_TOKEN_KEY_UNKNOWN');
  });
});

test('neither kind of token stands for the other', async () => {
  const identity = await create();
  expect([await verdict(here.create()), codeOf(() => here.tokens.verify(identity)), codeOf(() => here.tokens.bearer(identity))]).toEqual(Array(3).fill('TOKA_TOKEN_TYPE'));
});

describe('a hostile text', () => {
  test('that was a real one before: refused', async () => {
    const token = await create();
    const edit = fc.tuple(fc.nat(token.length), fc.nat(3), fc.string({ maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let text = token;
        for (const [from, cut, put] of edits) text = text.slice(0, from) + put + text.slice(from + cut);
        const code = await verdict(text);
        expect(code).toSatisfy((found) => (text === token ? found === 'accepted' : String(found).startsWith('TOKA_TOKEN_')));
      }),
      { numRuns: 1000 },
    );
  });

  test('with any single character replaced: refused, the spare bits of the signature too', async () => {
    const token = await create();
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === 'A' ? 'B' : 'A';
      expect(await verdict(token.slice(0, index) + other + token.slice(index + 1))).toMatch(/^TOKA_TOKEN_/);
    }
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const last of alphabet) expect(await verdict(token.slice(0, -1) + last)).toMatch(last === token.at(-1) ? /^accepted$/ : /^TOKA_TOKEN_/);
  });

  test('with any header and any claims under a signature that is not theirs: refused', async () => {
    const signature = (await create()).split('.')[2] ?? '';
    const part = fc.oneof(fc.json(), fc.record({ alg: fc.constant('EdDSA'), typ: fc.constant('toka-identity+jwt'), kid: fc.constant(here.keyring.active().kid) }).map((value) => JSON.stringify(value)));
    await fc.assert(
      fc.asyncProperty(part, fc.json(), async (header, body) => {
        const text = [header, body].map((each) => Buffer.from(each).toString('base64url')).join('.');
        expect(await verdict(`${text}.${signature}`)).toMatch(/^TOKA_TOKEN_/);
      }),
      { numRuns: 500 },
    );
  });
});
