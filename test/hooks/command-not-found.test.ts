import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Place, place } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

test.each([
  ['letters in the wrong order', ['rnu'], 'toka run'],
  ['a letter too many', ['toolss', 'list'], 'toka tools list'],
  ['the name of a tool', ['file-reader', 'note.txt'], 'toka run file-reader'],
  ['the whole name of a tool', ['files/file-reader', 'note.txt'], 'toka run files/file-reader'],
])('%s instead of a command: what was meant is said', async (_, words, meant) => {
  const { code, stderr } = await here.run(words);
  expect(code).toBe(2);
  expect(stderr).toContain(`did you mean ${meant}?`);
});

test('a word that is like nothing is answered with where all commands are', async () => {
  const { code, stderr } = await here.run(['quetzalcoatl']);
  expect(code).toBe(2);
  expect(stderr).toContain('toka --help shows all of them');
});
