import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { place } from '../support/cli.ts';
import { ALLOWED, crashingPackage, releasePlace } from './resume/world.ts';

interface Shown {
  readonly tree: readonly { readonly run: { readonly id: string; readonly tool: string } }[];
}

test('a run that starts tools and processes is told again without them, as a whole and each by itself, and without doing anything twice', async () => {
  using own = crashingPackage();
  using here = releasePlace();
  using there = place();
  const { launcher } = own;
  const { runId } = await here.json(['run', '--record', ...ALLOWED, 'release', '--version', '1.2.3'], { launcher });
  const { tree } = await here.json<Shown>(['runs', 'show', runId]);
  const once = [here.read('log.txt'), here.read('tags.txt')];
  const replays = async (run: string, where = here): Promise<unknown> => where.json(['runs', 'replay', run, '--strict'], { launcher });
  const before = await here.json(['runs', 'list']);
  expect(tree.map(({ run }) => run.tool)).toEqual(['project/count-lines', 'files/file-writer', 'project/log-line', 'command/bash', 'project/announce']);
  for (const { run } of tree) expect(await replays(run.id)).toMatchObject({ same: true, exit: 0 });
  expect(await replays(runId)).toMatchObject({ same: true, exit: 0 });
  expect([here.read('log.txt'), here.read('tags.txt')]).toEqual(once);
  expect(await here.json(['runs', 'list'])).toEqual(before);

  // Without the others, on a machine that has only the tool itself.
  const file = join(here.base, 'run.jsonl');
  await here.run(['runs', 'export', runId, '--out', file]);
  rmSync(join(here.project, 'CHANGES'));
  expect(await there.json(['runs', 'import', file], { launcher })).toMatchObject({ imported: [runId], exit: 0 });
  expect(await replays(runId, there)).toMatchObject({ same: true, differences: [], exit: 0 });
});
