import { describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Json, place, type Place, tool } from '../support/cli.ts';
import { record } from '../support/recorded.ts';
import { hasTmux, openPane } from '../support/terminal.ts';

interface PruneJson extends Json {
  readonly runs: readonly { readonly run: string; readonly bytes: number }[];
  readonly held: number;
}

const DAY = 86_400_000;
const ended = (days: number): number[] => Array.from({ length: 4 }, () => Date.now() - days * DAY);

async function prune(here: Place, ...words: string[]): Promise<[number | null, ...unknown[]]> {
  const { exit, error, runs } = await here.json<PruneJson>(['runs', 'prune', ...words]);
  return [exit, ...(error ? [error.code] : runs.map(({ run }) => run))];
}

async function listed(here: Place, ...flags: string[]): Promise<string[]> {
  const { runs } = await here.json<{ readonly runs: readonly { readonly id: string }[] }>(['runs', 'list', ...flags]);
  return runs.map(({ id }) => id).toReversed();
}

test('a dry run tells what would go, and changes nothing', async () => {
  using here = place();
  const old = await record(here, { times: ended(31), output: 'x'.repeat(20_000) });
  await record(here, { times: ended(29) });
  const words = ['runs', 'prune', '--older-than', '30d', '--dry-run'];
  const { exit, runs, ...plan } = await here.json<PruneJson>(words);
  expect([exit, plan, runs]).toEqual([0, expect.objectContaining({ schema: 'toka/run-prune/v1', dryRun: true, rule: '--older-than 30d', held: 0, damaged: [] }), [expect.objectContaining({ run: old, events: 4 })]]);
  expect(runs[0]?.bytes).toBeGreaterThan(20_000);
  expect((await here.run(words)).stdout).toContain(old);
  expect((await here.run(['runs', 'logs', old])).code).toBe(0);
});

test('of what was pruned its summary and the event are shown, and everything else says that it was pruned', async () => {
  using here = place();
  const [run, other] = [await record(here, { output: 'SECRETARY' }), await record(here)];
  const file = join(here.base, 'run.jsonl');
  await here.run(['runs', 'export', run, '--out', file]);
  await here.run(['audit', 'checkpoint', '--out', 'head.txt']);
  expect(await prune(here, run, '--yes')).toEqual([0, run]);
  const shown = await here.json<{ events: unknown[] }>(['runs', 'show', run]);
  expect(shown).toMatchObject({ summary: { id: run, status: 'succeeded', tool: 'files/file-reader', prunedAt: expect.any(Number) }, events: [{ seq: 5, event: { type: 'run.pruned', events: 4, rule: 'by name' } }] });
  expect((await here.run(['runs', 'show', run])).stdout).toContain('pruned');
  expect((await here.run(['runs', 'list'])).stdout).toMatch(new RegExp(`${run} +succeeded, pruned`));
  expect((await here.run(['runs', 'tree', run])).code).toBe(0);
  const refused = [['runs', 'logs', run], ['runs', 'diff', run, other], ['runs', 'resume', run], ['audit', 'prove', run], ['audit', 'prove', '1']];
  for (const words of refused) expect((await here.run(words)).stderr, words.join(' ')).toContain('TOKA_RUN_PRUNED');
  expect((await here.run(['runs', 'export', run])).stderr).toContain('TOKA_RUN_PRUNED');
  expect(await here.json(['runs', 'import', file])).toMatchObject({ imported: [], known: [run], exit: 0 });
  expect(await here.json(['audit', 'verify', '--checkpoint', 'head.txt'])).toMatchObject({ ok: true, events: 9, pruned: 4, signed: 8, exit: 0 });
  const { record: shownRecord, events } = await here.json<{ record: Json; events: { event: unknown; leaf: string }[] }>(['audit', 'show', run]);
  expect([shownRecord, events.map(({ event }) => event !== null)]).toMatchObject([{ run, outcome: 'succeeded', paramsDigest: '', prunedAt: expect.any(String) }, [false, false, false, false, true]]);
  expect((await here.run(['audit', 'export', '--format', 'csv'])).code).toBe(0);
  const { stdout } = await here.run(['events', 'tail', '--run', run, '--json']);
  expect(stdout.trim().split('\n').map((line) => (JSON.parse(line) as { event: { type: string } }).event.type)).toEqual(['run.pruned']);
});

test('where nobody can be asked, it has to be said', async () => {
  using here = place();
  const run = await record(here);
  expect(await prune(here, '--keep', '0')).toEqual([79, 'TOKA_INPUT_NEEDED']);
  expect((await here.run(['runs', 'logs', run])).code).toBe(0);
  expect(await prune(here, '--keep', '0', '--yes')).toEqual([0, run]);
  expect(await prune(here, '--keep', '0')).toEqual([0]);
});

test.skipIf(!hasTmux)('on a terminal a person is asked, and no is the default', async () => {
  using here = place();
  const run = await record(here);
  using pane = openPane(here);
  pane.toka('runs prune --keep 0');
  await pane.shows('Prune 1 run');
  pane.press('Enter');
  expect([await pane.exit(), (await here.run(['runs', 'logs', run])).code]).toEqual([0, 0]);
  await pane.clear();
  pane.toka('runs prune --keep 0');
  await pane.shows('Prune 1 run');
  pane.type('y');
  pane.press('Enter');
  expect([await pane.exit(), (await here.run(['runs', 'logs', run])).code]).toEqual([0, 2]);
});

test('a run that goes on, and one that it asked for, is refused by name and left by rules', async () => {
  using here = place();
  const parent = await record(here, { finished: null });
  const child = await record(here, { parent });
  expect(await prune(here, child, '--yes')).toEqual([69, 'TOKA_RUN_ACTIVE']);
  expect(await here.json(['runs', 'prune', '--keep', '0', '--yes'])).toMatchObject({ exit: 0, runs: [], held: 2 });
});

test('a run that somebody has changed stays, and ends it with 76', async () => {
  using here = place();
  const [changed, other] = [await record(here), await record(here)];
  const db = new DatabaseSync(join(here.project, '.toka/state/journal.db'));
  db.prepare('UPDATE events SET time = time - 1 WHERE run = ? AND seq = 2').run(changed);
  db.close();
  expect(await here.json(['runs', 'prune', '--keep', '0', '--yes'])).toMatchObject({ exit: 76, runs: [{ run: other }], damaged: [changed] });
});

test('who acts with a token prunes nothing', async () => {
  using here = place();
  await record(here);
  const { code, stderr } = await here.run(['runs', 'prune', '--keep', '0', '--yes'], { env: { TOKA_TOKEN_FILE: join(here.base, 'token') } });
  expect([code, stderr]).toEqual([77, expect.stringContaining('TOKA_CAPABILITY_DENIED')]);
});

test.each([
  [['runs', 'prune'], 'TOKA_USAGE'],
  [['runs', 'prune', '--older-than', '30'], 'TOKA_USAGE'],
  [['runs', 'prune', '--keep', '-1'], 'TOKA_USAGE'],
  [['runs', 'prune', '--max-size', 'big'], 'TOKA_USAGE'],
  [['runs', 'prune', '0', '--keep', '1'], 'TOKA_USAGE'],
  [['runs', 'prune', 'ffff'], 'TOKA_RUN_UNKNOWN'],
])('%j is refused', async (words, code) => {
  using here = place();
  expect((await here.json(words)).error?.code).toBe(code);
});

describe('without runs and rules', () => {
  const retention = 'apiVersion: toka/v1\nretention: { age: 30d }\n';

  test('what the project says counts once it is trusted', async () => {
    using here = place({ 'toka.yaml': retention });
    const run = await record(here, { times: ended(31) });
    await record(here, { times: ended(29) });
    expect(await prune(here, '--yes')).toEqual([2, 'TOKA_USAGE']);
    await here.run(['trust']);
    expect(await prune(here, '--yes', '--storage', `sqlite:${join(here.base, 'shared')}`)).toEqual([2, 'TOKA_USAGE']);
    expect(await prune(here, '--yes')).toEqual([0, run]);
    expect((await here.run(['runs', 'show', run])).stdout).toContain('retention: age 30d');
  });

  test('nothing goes by itself when something is run', async () => {
    using here = place({ 'toka.yaml': retention, ...tool('greet', 'echo hello') });
    const run = await record(here, { times: ended(31) });
    await here.run(['trust']);
    await here.run(['run', 'greet', '--quiet']);
    expect((await here.run(['runs', 'logs', run])).code).toBe(0);
  });
});

test('runs are listed by who asked for them, and by when', async () => {
  using here = place();
  const old = await record(here, { times: ended(3), requested: { principal: 'user:1' } });
  const young = await record(here, { times: ended(1), requested: { principal: 'user:2' } });
  expect(await listed(here, '--principal', 'user:1')).toEqual([old]);
  expect([await listed(here, '--since', '2d'), await listed(here, '--until', '2d'), await listed(here, '--since', '4d', '--until', '1h')]).toEqual([[young], [old], [old, young]]);
  expect((await here.json(['runs', 'list', '--until', 'soon'])).error?.code).toBe('TOKA_USAGE');
});
