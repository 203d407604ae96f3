import { chmodSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, type Office, office } from './support.ts';

const HOUR = 3_600_000;

let here: Office;
beforeEach(() => {
  here = office();
});
afterEach(() => here[Symbol.dispose]());

const verdict = (token: string, tokens = here.tokens): unknown => codeOf(() => tokens.verify(token));

describe('rotation of keys', () => {
  test('older tokens hold until the overlap ends', () => {
    const token = here.create({ lifetime: 86_400 });
    here.keyring.rotate(2 * HOUR);
    expect([verdict(token), verdict(here.create())]).toEqual(['accepted', 'accepted']);
    here.clock.advance(2 * HOUR);
    expect(verdict(token)).toBe('TOKA_TOKEN_KEY_UNKNOWN');
  });

  test('without overlap they end at once, narrowed ones too', () => {
    const child = here.tokens.attenuate(here.create(), {}).text;
    here.keyring.rotate(0);
    expect(verdict(child)).toBe('TOKA_TOKEN_KEY_UNKNOWN');
  });

  test('a keyring that others can read accepts nothing', () => {
    const token = here.create();
    chmodSync(join(here.folder, 'keyring.json'), 0o644);
    expect(verdict(token)).toBe('TOKA_FILE_UNSAFE');
  });
});

describe('revocation', () => {
  test('reaches all that were made from it, never what it was made from, nor its siblings', () => {
    const parent = here.create();
    const child = here.tokens.attenuate(parent, {}).text;
    const grandchild = here.tokens.attenuate(child, {}).text;
    const sibling = here.tokens.attenuate(parent, {}).text;
    here.tokens.revoke(child);
    expect([parent, child, grandchild, sibling].map((token) => verdict(token))).toEqual(['accepted', 'TOKA_TOKEN_REVOKED', 'TOKA_TOKEN_REVOKED', 'accepted']);
  });

  test('by id as by text; at once, also for whoever has read the list before, and after a restart', () => {
    const [one, two] = [here.create(), here.create()];
    const reader = here.again();
    expect([verdict(one, reader), verdict(two, reader)]).toEqual(['accepted', 'accepted']);
    here.tokens.revoke(here.tokens.verify(one).chain[0] ?? '');
    expect(verdict(one, reader)).toBe('TOKA_TOKEN_REVOKED');
    here.tokens.revoke(two);
    expect([verdict(two, reader), verdict(one, here.again()), verdict(two, here.again())]).toEqual(Array(3).fill('TOKA_TOKEN_REVOKED'));
  });

  test('a narrower token that is made afterwards does not hold either', () => {
    const parent = here.create();
    here.tokens.revoke(parent);
    expect(verdict(here.tokens.attenuate(parent, {}).text)).toBe('TOKA_TOKEN_REVOKED');
  });

  const list = (): string => join(here.folder, 'revoked.json');
  const damage: Record<string, [code: string, harm: () => void]> = {
    'that others can read': ['TOKA_FILE_UNSAFE', () => chmodSync(list(), 0o604)],
    'that is cut': ['TOKA_INTEGRITY', () => writeFileSync(list(), '{"version":1,')],
    'of another version': ['TOKA_INTEGRITY', () => writeFileSync(list(), '{"version":2,"revoked":{}}')],
    'of another shape': ['TOKA_INTEGRITY', () => writeFileSync(list(), '{"version":1,"revoked":[1]}')],
    'that is null': ['TOKA_INTEGRITY', () => writeFileSync(list(), '{"version":1,"revoked":null}')],
    'that is a link': [
      'TOKA_FILE_UNSAFE',
      () => {
        renameSync(list(), join(here.folder, 'elsewhere'));
        symlinkSync('elsewhere', list());
      },
    ],
  };

  test.each(Object.entries(damage))('with a list %s nothing holds', (_, [code, harm]) => {
    const token = here.create();
    here.tokens.revoke(here.create());
    expect(verdict(token)).toBe('accepted');
    harm();
    expect([verdict(token), verdict(token, here.again()), codeOf(() => here.tokens.revoke(token))]).toEqual([code, code, code]);
  });

  test('an unreadable folder: nothing holds', () => {
    const token = here.create();
    chmodSync(here.folder, 0o755);
    expect(verdict(token)).toBe('TOKA_FILE_UNSAFE');
  });
});
