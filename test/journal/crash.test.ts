import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { SOUND, Writers } from './crash.ts';
import { journalIn, makeFolder } from './fixtures.ts';

test('eight processes that start at once on a fresh folder all write, and nothing is lost', async () => {
  const file = journalIn(makeFolder());
  const writers = await Writers.make('sqlite');
  expect(await writers.finish(file, 8, 15)).toEqual(Array.from({ length: 8 }, () => 0));
  expect(await writers.look(file, 0)).toMatchObject({ ...SOUND, acknowledged: 8 * 15 * 5 });
  expect(readdirSync(dirname(file)).filter((name) => name.includes('.new-'))).toEqual([]);
});

test('after 200 kills at random points nothing acknowledged is lost and nothing half-written is seen', { timeout: 300_000 }, async () => {
  const folder = makeFolder();
  const writers = await Writers.make('sqlite');
  for (const outcome of await writers.kill((name) => join(folder, name, 'journal.db'))) expect(outcome).toMatchObject(SOUND);
});
