import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { place, tool } from '../support/cli.ts';
import { plant } from '../support/planted.ts';

test('a planted variable that a tool prints fails the test that ran it', async () => {
  using here = place(tool('leak', 'echo "$PLANTED_SECRET"', { capabilities: { required: ['env:read:PLANTED_SECRET'] } }));
  const args = ['run', 'leak', '--allow', 'proc:exec:bash', '--allow', 'env:read:PLANTED_SECRET'];
  await expect(here.run(args)).rejects.toThrow('leaked into stdout');
  rmSync(join(here.project, '.toka'), { recursive: true });
});

test.each([
  ['a variable', 'journal.db', ({ variable }: Secrets) => variable],
  ['a private key', 'journal.db', ({ key }: Secrets) => key],
])('%s in a file of the state fails the test, and the keyring itself does not', (_, file, secret) => {
  const home = mkdtempSync(join(tmpdir(), 'toka-planted-'));
  try {
    const state = join(home, 'state');
    const key = 'k'.repeat(43);
    mkdirSync(state);
    const planted = plant(home, [state]);
    writeFileSync(join(state, 'keyring.json'), `{ "private": "${key}" }`);
    planted.demandUnwritten();
    writeFileSync(join(state, file), `before ${secret({ key, variable: planted.env['PLANTED_SECRET'] ?? '' })} after`);
    expect(() => planted.demandUnwritten()).toThrow(`leaked into ${join(state, file)}`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

interface Secrets {
  readonly key: string;
  readonly variable: string;
}
