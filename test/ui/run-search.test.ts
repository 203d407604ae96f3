import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { LAUNCHER, place } from '../support/cli.ts';
import { record } from '../support/recorded.ts';

interface Found {
  readonly schema: string;
  readonly runs: readonly { readonly id: string; readonly passages: readonly { readonly field: string; readonly text: string; readonly marks: readonly (readonly [number, number])[] }[] }[];
  readonly pending: number;
}

test('runs are found by what they say, the best first, with the words marked', async () => {
  using here = place();
  const once = await record(here, { output: `the deployment timed out ${'and so on '.repeat(20)}` });
  const often = await record(here, { output: 'deployment deployment deployment' });
  await record(here, { output: 'nothing' });
  const { schema, runs, pending, exit } = await here.json<Found>(['runs', 'search', 'deploy*']);
  expect([schema, runs.map(({ id }) => id), pending, exit]).toEqual(['toka/run-search/v1', [often, once], 0, 0]);
  const [passage] = runs[1]?.passages ?? [];
  expect([passage?.field, passage?.text.slice(...(passage.marks[0] ?? [0, 0]))]).toEqual(['stdout', 'deployment']);
  const { stdout, code } = await here.run(['runs', 'search', '"timed out"']);
  expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^${once}  succeeded  .*\\n  stdout: the deployment timed out and`))]);
});

test('status, tool, time and count choose', async () => {
  using here = place();
  const old = await record(here, { output: 'word', times: [1e12, 1e12, 1e12, 1e12] });
  const failed = await record(here, { output: 'word', finished: { status: 'failed', error: { code: 'TOKA_RUN_FAILED', message: 'no' } } });
  const other = await record(here, { output: 'word', requested: { tool: 'project/other' } });
  const ids = async (...flags: string[]): Promise<string[]> => (await here.json<Found>(['runs', 'search', 'word', ...flags])).runs.map(({ id }) => id).toSorted();
  expect(await ids()).toEqual([old, failed, other].toSorted());
  expect([await ids('--status', 'failed'), await ids('--tool', 'project/other'), await ids('--since', '1d')]).toEqual([[failed], [other], [failed, other].toSorted()]);
  expect(await ids('--limit', '1')).toHaveLength(1);
});

test('escapes of a terminal in what a run wrote reach no terminal', async () => {
  using here = place();
  await record(here, { output: '\u001b]0;title\u0007\u001b[31mred\u001b[0m needle' });
  const { stdout } = await here.run(['runs', 'search', 'red needle']);
  expect(stdout).toContain('red needle');
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test('where nothing is recorded nothing is found, and nothing is made', async () => {
  using here = place();
  expect(await here.json<Found>(['runs', 'search', 'word'])).toMatchObject({ runs: [], pending: 0, exit: 0 });
  expect(() => here.read('.toka/state/journal.db')).toThrow(/ENOENT/);
});

const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

test.skipIf(!canMount)('a journal that cannot be written is searched as far as it was taken up, which is told', async () => {
  using here = place();
  await record(here, { output: 'word' });
  await here.run(['runs', 'search', 'word']);
  await record(here, { output: 'word' });
  const inner = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && exec "$2" "$3" runs search word --json';
  const { status, stdout, stderr } = here.spawn('unshare', ['-rm', 'sh', '-c', inner, 'sh', here.project, process.execPath, LAUNCHER], { cwd: here.base });
  expect([status, JSON.parse(stdout)]).toMatchObject([0, { pending: 4, runs: [{}] }]);
  expect(stderr).toMatch(/4 events/);
});

test('all can be taken up anew', async () => {
  using here = place();
  const run = await record(here, { output: 'word' });
  await here.run(['runs', 'search', 'word']);
  expect((await here.json<Found>(['runs', 'search', 'word', '--rebuild'])).runs.map(({ id }) => id)).toEqual([run]);
});

test('a storage without search refuses, and names those that have it', async () => {
  using here = place();
  const { error, exit } = await here.json(['runs', 'search', 'word', '--storage', 'lmdb']);
  expect([error?.code, exit, error?.hint]).toEqual(['TOKA_STORAGE_UNSUPPORTED', 69, expect.stringMatching(/sqlite, postgres/)]);
});

test('what nobody can mean is refused', async () => {
  using here = place();
  for (const words of [['!!!'], ['"open'], ['word', '--since', 'x'], ['word', '--limit', '0']]) {
    const { error, exit } = await here.json(['runs', 'search', ...words]);
    expect([error?.code, exit]).toEqual(['TOKA_USAGE', 2]);
  }
});
