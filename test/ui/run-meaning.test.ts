import { expect, test } from 'vitest';
import { place } from '../support/cli.ts';
import { record } from '../support/recorded.ts';

interface Found {
  readonly runs: readonly { readonly id: string; readonly likeness: number }[];
}

/** A plugin that knows of each text only whether it speaks of leaving. */
const LEAVING = {
  'leaving/package.json': JSON.stringify({ name: 'toka-plugin-leaving', version: '1.0.0', files: ['dist'], toka: { manifestVersion: 1, api: '^1.0', contributes: { search: [{ id: 'leaving', entry: './dist/leaving.cjs', summary: 'Leaving' }] } } }),
  'leaving/dist/leaving.cjs': `exports.default = { id: 'leaving', summary: 'Leaving', revision: '1', embed: async (texts) => texts.map((text) => (/delete|farewell/i.test(text) ? [1, 0] : [0, 1])) };`,
};

test('runs are found by what they mean, though no word of it is in them', async () => {
  using here = place(LEAVING);
  const gone = await record(here, { output: 'delete the old ones' });
  const stays = await record(here, { output: 'list the old ones' });
  expect((await here.run(['plugins', 'link', 'leaving', '--yes'])).code).toBe(0);
  const { runs, exit } = await here.json<Found>(['runs', 'search', 'farewell', '--meaning']);
  expect([exit, runs.map(({ id, likeness }) => [id, likeness])]).toEqual([0, [[gone, 1], [stays, 0]]]);
});

test('without a plugin that knows what texts mean, that is said', async () => {
  using here = place();
  expect(await here.json(['runs', 'search', 'farewell', '--meaning'])).toMatchObject({ exit: 69, error: { code: 'TOKA_PLUGIN_UNAVAILABLE' } });
});
