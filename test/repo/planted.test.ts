import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Place, place, tool } from '../support/cli.ts';
import { plant } from '../support/planted.ts';
import { hasTmux, openPane } from '../support/terminal.ts';

const GRANTS = ['--allow', 'proc:exec:bash', '--allow', 'env:read:PLANTED_SECRET'];

/** A place with a tool that is granted the planted variable, and tells it. */
function leaking(script: string): Place {
  return place(tool('leak', script, { capabilities: { required: ['env:read:PLANTED_SECRET'] } }));
}

/** The record of the run holds it too: that fails the end of the test. */
function expectRecorded(here: Place): void {
  expect(() => here[Symbol.dispose]()).toThrow(/PLANTED_SECRET leaked into .*journal\.db/);
}

describe('a test fails whose process tells a planted variable', () => {
  test.each([
    ['on stdout', 'echo "$PLANTED_SECRET"', 'stdout'],
    ['on stderr', 'echo "$PLANTED_SECRET" >&2', 'stderr'],
    ['in base64', 'printf %s "-$PLANTED_SECRET" | base64 -w 0', 'stdout'],
    ['in hexadecimal', `printf %s "$PLANTED_SECRET" | od -An -v -tx1 | tr -d ' \\n'`, 'stdout'],
  ])('%s', async (_, script, stream) => {
    const here = leaking(script);
    await expect(here.run(['run', 'leak', ...GRANTS])).rejects.toThrow(`PLANTED_SECRET leaked into ${stream}`);
    expectRecorded(here);
  });

  test.skipIf(!hasTmux)('on a terminal', async () => {
    using here = place();
    const pane = openPane(here);
    pane.toka('--version; echo "$PLANTED_SECRET"');
    await expect(pane.exit()).rejects.toThrow('PLANTED_SECRET leaked into the terminal');
    expect(() => pane[Symbol.dispose]()).toThrow('PLANTED_SECRET leaked into the terminal');
  });

  test('by another program that starts toka', () => {
    using here = place();
    expect(() => here.spawn('sh', ['-c', 'echo "$PLANTED_SECRET"'])).toThrow('PLANTED_SECRET leaked into stdout');
  });
});

test('a test fails whose process tells a private key of the keyring', async () => {
  using here = place();
  await here.run(['auth', 'keys', 'rotate']);
  const { keys } = JSON.parse(readFileSync(join(here.home, 'state/toka/keys/keyring.json'), 'utf8')) as { keys: { private: string }[] };
  const key = keys[0]?.private ?? '';
  for (const written of [key, Buffer.from(key, 'base64url').toString('hex')]) {
    expect(() => here.planted.demandAbsent({ stdout: `key ${written}` })).toThrow(/private key .* leaked into stdout/);
  }
});

describe('a file of the state that holds', () => {
  const key = 'k'.repeat(43);

  test.each([
    ['a variable', ({ PLANTED_SECRET }: { PLANTED_SECRET: string }) => PLANTED_SECRET],
    ['a private key', () => key],
    ['the bytes of a private key', () => Buffer.from(key, 'base64url')],
  ])('%s fails the test, and the keyring itself does not', (_, secret) => {
    const home = mkdtempSync(join(tmpdir(), 'toka-planted-'));
    try {
      const planted = plant(home, [home]);
      mkdirSync(join(home, 'state'));
      writeFileSync(join(home, 'state/keyring.json'), `{ "private": "${key}" }`);
      planted.demandUnwritten();
      const file = join(home, 'state/journal.db');
      writeFileSync(file, Buffer.concat([Buffer.from('before '), Buffer.from(secret(planted.env)), Buffer.from(' after')]));
      expect(() => planted.demandUnwritten()).toThrow(`leaked into ${file}`);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});
