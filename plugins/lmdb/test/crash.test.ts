import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SOUND, Writers } from '../../../test/journal/crash.ts';
import { makeFolder } from './fixtures.ts';

test('eight processes that start at once where nothing is all write, and nothing is lost', async () => {
  const folder = makeFolder();
  const writers = await Writers.make('lmdb');
  expect(await writers.finish(join(folder, 'events'), 8, 15)).toEqual(Array.from({ length: 8 }, () => 0));
  expect(await writers.look(join(folder, 'events'), 0)).toMatchObject({ ...SOUND, acknowledged: 8 * 15 * 5 });
  expect(readdirSync(folder)).toEqual(['events']);
});

test('after 200 kills at random points nothing acknowledged is lost and nothing half-written is seen', { timeout: 300_000 }, async () => {
  const folder = makeFolder();
  const writers = await Writers.make('lmdb');
  for (const outcome of await writers.kill((name) => join(folder, name))) expect(outcome).toMatchObject(SOUND);
});
