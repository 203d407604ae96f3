import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { quote } from '../../src/ui/help.ts';
import { type Place, place } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

test.each(['audit checkpoint', 'audit verify', 'events analyze', 'events tail', 'storage verify'])('help of %s shows no empty default', async (command) => {
  const { code, stdout } = await here.run([...command.split(' '), '--help']);
  expect([code, stdout.includes('USAGE')]).toEqual([0, true]);
  expect(stdout).not.toMatch(/\[default: *\]/);
});

test.each(['plain', '', "it's", 'a b', 'x\nnetwork  none', "\u001b[8m'\\", 'a\u202eb\u3164', 'häß', '\t\r', '$(id) `id`'])('a word is quoted on one line, with nothing unseen, and a shell reads it as it was: %j', (word) => {
  const quoted = quote(word);
  expect(quoted).toMatch(/^[^\p{C}\p{Default_Ignorable_Code_Point}]*$/u);
  expect(spawnSync('bash', ['-c', `printf %s ${quoted}`], { encoding: 'utf8', env: { LC_ALL: 'C.UTF-8', PATH: process.env['PATH'] ?? '' } }).stdout).toBe(word);
});
