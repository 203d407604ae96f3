import { spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Place, LAUNCHER, place } from '../support/cli.ts';
import { blocks, ROOT, text } from './support.ts';

let here: Place;
let bin: string;
let cwd: string;

beforeAll(() => {
  here = place();
  cwd = here.project;
  bin = join(here.base, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'toka'), `#!/bin/sh\nexec '${process.execPath}' '${LAUNCHER}' "$@"\n`, { mode: 0o755 });
});
afterAll(() => here[Symbol.dispose]());

/** What `npm install` takes from a registry, once it was published there: toka and its dependencies of this repository; the rest comes from the registry of this machine, as it is set up. */
function packed(): string[] {
  const { dependencies } = JSON.parse(text('package.json')) as { dependencies: Record<string, string> };
  const own = Object.keys(dependencies).filter((name) => name.startsWith('@toka/'));
  const folders = ['.', ...own.map((name) => realpathSync(join(ROOT, 'node_modules', name)))];
  const { stdout, stderr, status } = spawnSync('npm', ['pack', '--silent', '--pack-destination', here.base, ...folders], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n').map((file) => join(here.base, file));
}

function run(command: string): void {
  const [program = '', first = ''] = command.split(' ');
  if (program === 'cd') {
    cwd = join(cwd, first);
    return;
  }
  // The packages of this repository are not in the registry yet: npm is handed what would be there.
  const words = command === 'npm install' ? `npm install --no-save --no-audit --no-fund ${packed().join(' ')}` : command;
  const env = { ...process.env, ...here.env, PATH: `${bin}:${join(ROOT, 'node_modules/.bin')}:${here.env['PATH'] ?? ''}`, npm_config_userconfig: process.env['npm_config_userconfig'] ?? join(process.env['HOME'] ?? '', '.npmrc') };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', words], { cwd, env, encoding: 'utf8' });
  here.planted.demandAbsent({ stdout, stderr });
  expect({ command, status, said: status === 0 ? '' : stdout + stderr }).toEqual({ command, status: 0, said: '' });
}

test('the page, word for word in a fresh folder', { timeout: 600_000 }, () => {
  const found = blocks('docs/first-plugin.md');
  expect(found.map(({ language }) => language)).toContain('sh');
  for (const { language, text: body } of found) {
    if (language === 'sh') for (const command of body.trim().split('\n')) run(command);
    const [, file] = /^\/\/ (\S+)\n/.exec(body) ?? [];
    if (language === 'ts' && file !== undefined) writeFileSync(join(cwd, file), body);
  }
});
