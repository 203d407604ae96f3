import { join } from 'node:path';
import { expect, test } from 'vitest';
import { place } from '../support/cli.ts';
import { record } from '../support/recorded.ts';

test('runs of a storage that is not there are an error, and nothing is made', async () => {
  using here = place();
  const folder = join(here.project, '..', 'elsewhere');
  for (const command of [['runs', 'list'], ['runs', 'search', 'word'], ['audit', 'verify'], ['storage', 'verify']]) {
    const { code, stderr } = await here.run([...command, '--storage', `sqlite:${folder}`]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('TOKA_USAGE')]);
  }
  await record(here, { output: 'word' });
  expect((await here.run(['runs', 'list', '--storage', `sqlite:${folder}`])).code).toBe(2);
});

test('where none of the runs is as the flags say, that is not said to be none at all', async () => {
  using here = place();
  await record(here, { output: 'word' });
  const { code, stdout } = await here.run(['runs', 'list', '--tool', 'nobody']);
  expect(code).toBe(0);
  expect(stdout).not.toContain('no runs yet');
});

test('runs of a storage that is there are listed, and none where nothing ran in the project', async () => {
  using here = place();
  expect((await here.run(['runs', 'list'])).stdout).toContain('no runs yet');
  const storage = `sqlite:${join(here.project, '..', 'elsewhere')}`;
  here.write({ 'a.txt': 'one\n' });
  expect((await here.run(['run', '--storage', storage, 'file-reader', 'a.txt'])).code).toBe(0);
  expect((await here.run(['runs', 'list', '--storage', storage])).stdout).toContain('files/file-reader');
});
