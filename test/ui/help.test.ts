import { afterEach, beforeEach, expect, test } from 'vitest';
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
