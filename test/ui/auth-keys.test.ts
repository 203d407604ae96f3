import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { place } from '../support/cli.ts';

interface Keys {
  readonly keys: readonly { readonly kid: string; readonly state: string; readonly expiresAt?: number }[];
}

test('keys are made by a rotation, never by a look', async () => {
  using here = place();
  expect(await here.json(['auth', 'keys', 'list'])).toEqual({ schema: 'toka/key-list/v1', keys: [], exit: 0 });
  expect(existsSync(join(here.home, 'state/toka/keys'))).toBe(false);
  const { keys } = await here.json<Keys>(['auth', 'keys', 'rotate']);
  expect(keys.map(({ state }) => state)).toEqual(['active']);
  expect((await here.json<Keys>(['auth', 'keys', 'list'])).keys).toEqual(keys);
});

test('older keys retire for the overlap, or end at once', async () => {
  using here = place();
  await here.run(['auth', 'keys', 'rotate']);
  expect((await here.json<Keys>(['auth', 'keys', 'rotate', '--overlap', '1h'])).keys.map(({ state }) => state)).toEqual(['active', 'retiring']);
  expect((await here.json<Keys>(['auth', 'keys', 'rotate', '--overlap', '0s'])).keys.map(({ state }) => state)).toEqual(['active', 'expired', 'expired']);
  expect((await here.run(['auth', 'keys', 'rotate', '--overlap', 'soon'])).code).toBe(2);
});

test('nothing secret is printed, in any form', async () => {
  using here = place();
  const said: string[] = [];
  for (const words of [['rotate'], ['list'], ['rotate', '--json'], ['list', '--json'], ['list', '--debug']]) {
    const { stdout, stderr } = await here.run(['auth', 'keys', ...words]);
    said.push(stdout, stderr);
    const [, secret = ''] = /"private": "([^"]+)"/.exec(readFileSync(join(here.home, 'state/toka/keys/keyring.json'), 'utf8')) ?? [];
    expect(secret).toHaveLength(43);
    for (const form of [secret, Buffer.from(secret, 'base64url').toString('hex'), Buffer.from(secret, 'base64url').toString('base64')]) {
      expect(said.join('')).not.toContain(form);
    }
  }
});

test('a keyring that others could read is refused with 76', async () => {
  using here = place();
  await here.run(['auth', 'keys', 'rotate']);
  chmodSync(join(here.home, 'state/toka/keys/keyring.json'), 0o644);
  const refused = await here.json(['auth', 'keys', 'list']);
  expect([refused.exit, refused.error?.code]).toEqual([76, 'TOKA_FILE_UNSAFE']);
});
