import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LAUNCHER, type Place, place, tool } from '../../support/cli.ts';
import { hasTmux, openPane } from '../../support/terminal.ts';

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

/** How each is started without anybody's settings, and told of toka. */
const SHELLS = {
  bash: { start: 'bash --norc --noprofile', setUp: 'eval "$(toka completion bash)"' },
  zsh: { start: 'zsh -f -i', setUp: "PS1='> '; autoload -Uz compinit; compinit -u -D; eval \"$(toka completion zsh)\"" },
  fish: { start: 'fish --no-config', setUp: 'toka completion fish | source' },
} as const;

let here: Place;
let path: string;
beforeEach(() => {
  here = place({
    'notes.txt': '',
    ...tool('paint', 'true', { parameters: [{ name: 'colour', type: 'enum', description: 'Which', enum: ['crimson', 'azure'], pass: { flag: '--colour' } }] }),
  });
  const bin = join(here.base, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'toka'), `#!/bin/sh\nexec '${process.execPath}' '${LAUNCHER}' "$@"\n`, { mode: 0o755 });
  path = `${bin}:${here.env['PATH'] ?? ''}`;
});
afterEach(() => here[Symbol.dispose]());

describe.each(Object.entries(SHELLS))('%s', (name, { start, setUp }) => {
  describe.skipIf(!hasTmux || !has(name))(`in a terminal (needs tmux and ${name})`, () => {
    test.each([
      ['a command', 'toka tools val', 'toka tools validate'],
      ['a tool', 'toka run pai', 'toka run paint'],
      ['a flag of a tool', 'toka run paint --col', 'toka run paint --colour'],
      ['a value', 'toka run paint --colour cr', 'toka run paint --colour crimson'],
      ['a value after =', 'toka run paint --colour=az', 'toka run paint --colour=azure'],
      ['a file, where nothing else fits', 'toka run file-reader not', 'toka run file-reader notes.txt'],
    ])('Tab completes %s', async (_, typed, completed) => {
      using pane = openPane(here, { PATH: path }, start);
      pane.type(`${setUp}; echo "set"-"up"`);
      pane.press('Enter');
      await pane.shows('set-up');
      pane.type(typed);
      pane.press('Tab');
      expect(await pane.shows(completed)).toContain(completed);
    });
  });

  test('what it is told is what the command prints, and the shell can read it', async () => {
    const { code, stdout } = await here.run(['completion', name]);
    expect(code).toBe(0);
    here.write({ script: stdout });
    if (has(name)) expect(spawnSync(name, ['-n', join(here.project, 'script')], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});

test('another shell is refused', async () => {
  expect((await here.run(['completion', 'tcsh'])).code).toBe(2);
});
