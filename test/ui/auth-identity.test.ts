import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Json, type Place, place } from '../support/cli.ts';

interface Identity extends Json {
  readonly id: string;
  readonly kid: string;
  readonly subject: string;
  readonly expiresAt: number;
  readonly issuedAt: number;
  readonly holds?: boolean;
}

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'one\n' });
});
afterEach(() => here[Symbol.dispose]());

const create = async (...flags: readonly string[]): Promise<Identity> => here.json<Identity>(['auth', 'identity', 'create', '--audience', 'ci', '--out', 'me.jwt', ...flags]);
const verify = async (...words: readonly string[]): Promise<Identity> => here.json<Identity>(['auth', 'identity', 'verify', ...words]);

test('it is made in a file that only its user can read, for ten minutes, and never over another file', async () => {
  const made = await create();
  expect(made).toMatchObject({ schema: 'toka/identity/v1', exit: 0, audience: 'ci', workspace: here.project, file: join(here.project, 'me.jwt') });
  expect([made.expiresAt - made.issuedAt, statSync(join(here.project, 'me.jwt')).mode & 0o777]).toEqual([600_000, 0o600]);
  expect(await verify('me.jwt', '--audience', 'ci')).toMatchObject({ exit: 0, id: made.id, holds: true });
  expect((await create()).error?.code).toBe('TOKA_FS_EXISTS');
});

test('it goes alone to standard output without --out, from where the next command reads it', async () => {
  const { stdout } = await here.run(['auth', 'identity', 'create', '--audience', 'ci']);
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect((await here.json<Identity>(['auth', 'identity', 'verify', '-', '--audience', 'ci'], { input: stdout })).holds).toBe(true);
});

test.each([
  ['no audience', ['--ttl', '1h']],
  ['an empty audience', ['--audience', '']],
  ['an audience of two lines', ['--audience', 'a\nb']],
  ['more than a day', ['--audience', 'ci', '--ttl', '25h']],
  ['no time', ['--audience', 'ci', '--ttl', '0s']],
  ['a time that is none', ['--audience', 'ci', '--ttl', 'long']],
])('it is not made with %s', async (_, flags) => {
  expect((await here.run(['auth', 'identity', 'create', ...flags])).code).toBe(2);
});

test('another program verifies it with the set of public keys, after a rotation too', async () => {
  const made = await create();
  await here.run(['auth', 'keys', 'rotate']);
  const set = JSON.parse((await here.run(['auth', 'keys', 'list', '--jwks'])).stdout) as JSONWebKeySet;
  const form = ['OKP', 'Ed25519', 'EdDSA', 'sig', 'x,kid'];
  expect(set.keys.map(({ kty, crv, alg, use, ...others }) => [kty, crv, alg, use, Object.keys(others).join()])).toEqual([form, form]);
  const { payload } = await jwtVerify(here.read('me.jwt').trim(), createLocalJWKSet(set), { issuer: 'toka', audience: 'ci', algorithms: ['EdDSA'], typ: 'toka-identity+jwt' });
  expect(payload).toMatchObject({ sub: made.subject, jti: made.id, workspace: here.project });
  await here.run(['auth', 'keys', 'rotate', '--overlap', '0s']);
  const later = JSON.parse((await here.run(['auth', 'keys', 'list', '--jwks'])).stdout) as JSONWebKeySet;
  expect(later.keys.map(({ kid }) => kid === made.kid)).toEqual([false]);
});

test('one for another audience, another project, or taken back ends with 77', async () => {
  const { id } = await create();
  await here.run(['auth', 'identity', 'create', '--audience', 'ci', '--workspace', '../other', '--out', 'other.jwt']);
  expect((await verify('me.jwt', '--audience', 'cd')).error?.code).toBe('TOKA_TOKEN_AUDIENCE');
  expect((await verify('other.jwt', '--audience', 'ci')).error?.code).toBe('TOKA_TOKEN_WORKSPACE');
  await here.run(['auth', 'revoke', id]);
  const refused = await verify('me.jwt', '--audience', 'ci');
  expect([refused.exit, refused.error?.code]).toEqual([77, 'TOKA_TOKEN_REVOKED']);
});

test('it is no token to run with, and a token to run with is no identity', async () => {
  await create();
  await here.run(['auth', 'token', 'create', '--allow', 'fs:read', '--out', 'read.token']);
  expect(await here.json(['run', 'file-reader', 'notes.txt', '--token', 'me.jwt'])).toMatchObject({ exit: 77, error: { code: 'TOKA_TOKEN_TYPE' } });
  expect((await here.json(['auth', 'token', 'verify', 'me.jwt'])).error?.code).toBe('TOKA_TOKEN_TYPE');
  expect((await verify('read.token', '--audience', 'ci')).error?.code).toBe('TOKA_TOKEN_TYPE');
});

test('whoever acts with a token does not speak in the name of its owner', async () => {
  await here.run(['auth', 'token', 'create', '--allow', 'fs:read', '--out', 'read.token']);
  const refused = await here.json(['auth', 'identity', 'create', '--audience', 'ci'], { env: { TOKA_TOKEN_FILE: 'read.token' } });
  expect([refused.exit, refused.error?.code]).toEqual([77, 'TOKA_TOKEN_DELEGATION']);
});

test('no look at it prints it', async () => {
  await create();
  const [, body = '', signature = ''] = here.read('me.jwt').trim().split('.');
  const said: string[] = [];
  for (const words of [['--audience', 'ci'], ['--audience', 'ci', '--json'], ['--audience', 'cd', '--debug']]) {
    const { stdout, stderr } = await here.run(['auth', 'identity', 'verify', 'me.jwt', ...words]);
    said.push(stdout, stderr);
  }
  const { stdout, stderr } = await here.run(['auth', 'token', 'verify', 'me.jwt', '--debug']);
  said.push(stdout, stderr);
  expect(said.join('')).toContain('holds here and now');
  for (const part of [body.slice(0, 40), signature.slice(0, 40)]) expect(said.join('')).not.toContain(part);
});

test('no run loads what reads it', async () => {
  const list = join(here.base, 'loaded.json');
  here.write({ 'spy.cjs': `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));` });
  const env = { NODE_OPTIONS: `--require ${join(here.project, 'spy.cjs')}` };
  const loaded = async (...words: readonly string[]): Promise<boolean> => {
    await here.run(words, { env });
    return readFileSync(list, 'utf8').includes('late/identity.cjs');
  };
  expect([await loaded('run', 'file-reader', 'notes.txt'), await loaded('auth', 'identity', 'create', '--audience', 'ci')]).toEqual([false, true]);
});
