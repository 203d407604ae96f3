import { join } from 'node:path';
import { expect, test } from 'vitest';
import { place } from '../support/cli.ts';

const RUNS: readonly (readonly string[])[] = [
  ['date-validator', 'n.md'],
  ['date-validator', '../süb dir'],
  ['link-validator', 'n.md'],
  ['link-validator', '..'],
  ['file-reader', 'n.md'],
  ['file-lister', '..'],
  ['file-searcher', '--pattern', 'Notes', '--path', '..'],
];

test.each(RUNS.map((words) => ({ words })))('$words takes paths from the subfolder it is called in', async ({ words }) => {
  using here = place({ 'süb dir/n.md': '# Notes of 2020-02-03, see [here](n.md)\n' });
  const result = await here.json(['run', ...words], { cwd: join(here.project, 'süb dir') });
  expect(result).toMatchObject({ status: 'succeeded', exit: 0 });
});
