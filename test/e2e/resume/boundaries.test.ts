import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Json, Place } from '../../support/cli.ts';
import { ALLOWED, commitsOf, crashAt, crashingPackage, releasePlace } from './world.ts';

const RUN = ['run', 'release', '--version', '1.2.0', '--storage', 'crashing', ...ALLOWED];
/** What is done, in the order in which it is recorded: two commits for each that has an effect. */
const COMMITS = ['release begins', 'read', 'idempotent (file)', 'idempotent (file)', 'external (call)', 'external (call)', 'external (process)', 'external (process)', 'idempotent (call)', 'idempotent (call)', 'release ends'];
const RESULTS = ['2', 'succeeded', 'succeeded', '0', 'succeeded'];
const ONCE = { version: '1.2.0\n', log: 'one\n', tags: '1.2.0\n', announced: 1 };
const NOTHING = { version: '', log: '', tags: '', announced: 0 };

const made = crashingPackage();
afterAll(() => made[Symbol.dispose]());
const launcher = made.launcher;

const rows: string[] = [];
afterAll(() => console.log(['killed at | commit of | resume said | each effect', ...rows].join('\n')));

function effects(here: Place): Readonly<Record<string, unknown>> {
  const text = (file: string): string => (existsSync(join(here.project, file)) ? here.read(file) : '');
  const folder = join(here.project, 'announced');
  return { version: text('VERSION'), log: text('log.txt'), tags: text('tags.txt'), announced: existsSync(folder) ? readdirSync(folder).length : 0 };
}

const resume = async (here: Place, run: string, ...flags: string[]): Promise<Json & { readonly exit: number | null }> =>
  here.json(['runs', 'resume', run, '--storage', 'crashing', ...ALLOWED, ...flags], { launcher });

test('a run that nothing disturbs', async () => {
  using here = releasePlace();
  crashAt(here);
  expect(await here.json(RUN, { launcher })).toMatchObject({ exit: 0, data: { results: RESULTS } });
  expect(effects(here)).toEqual(ONCE);
  expect(commitsOf(here)).toHaveLength(COMMITS.length);
});

describe.each(COMMITS.map((of, at) => ({ of, at: at + 1 })))('killed at commit $at, $of,', ({ of, at }) => {
  test.each(['before', 'after'] as const)('%s it is durable', async (when) => {
    using here = releasePlace();
    crashAt(here, { at, when });
    expect(await here.run(RUN, { launcher })).toMatchObject({ signal: 'SIGKILL' });
    crashAt(here);
    const said = await goOn(here);
    rows.push(`${when} ${at} | ${of} | ${said} | ${effects(here).version === '' ? 'not at all' : 'once'}`);
    const audited = await here.json<{ ok: boolean }>(['audit', 'verify', '--storage', 'crashing'], { launcher });
    expect(audited.ok).toBe(true);
  });
});

test('a run that wants to do something else than before does nothing', async () => {
  using here = releasePlace();
  crashAt(here, { at: 6, when: 'after' });
  await here.run(RUN, { launcher });
  crashAt(here);
  here.write({ CHANGES: 'another\ntwo\n' });
  const { runs } = await here.json<{ runs: { id: string }[] }>(['runs', 'list', '--status', 'interrupted', '--storage', 'crashing'], { launcher });
  expect(await resume(here, runs[0]?.id ?? '')).toMatchObject({ exit: 76, error: { code: 'TOKA_RUN_DIVERGED' } });
  expect(effects(here)).toEqual({ version: '1.2.0\n', log: 'one\n', tags: '', announced: 0 });
});

/** Resumes the run as a person would, who looks whether it was done what nobody else knows of. */
async function goOn(here: Place): Promise<string> {
  const { runs } = await here.json<{ runs: { id: string; parent?: string; status: string }[] }>(['runs', 'list', '--storage', 'crashing'], { launcher });
  const run = runs.find(({ parent }) => parent === undefined);
  if (!run) {
    expect(effects(here)).toEqual(NOTHING);
    return 'nothing is on record, and nothing was done';
  }
  const before = effects(here);
  const first = await resume(here, run.id);
  if (first.error?.code === 'TOKA_RUN_NOT_RESUMABLE') {
    expect([run.status, effects(here)]).toEqual(['succeeded', ONCE]);
    return 'it has ended';
  }
  if (!first.error) {
    expect(first).toMatchObject({ exit: 0, runId: run.id, data: { results: RESULTS } });
    expect(effects(here)).toEqual(ONCE);
    return 'done to its end';
  }
  expect(first).toMatchObject({ exit: 79, error: { code: 'TOKA_OUTCOME_UNKNOWN' } });
  expect(effects(here)).toEqual(before);
  const [unknown] = (first.error.data?.['unknown'] ?? []) as { tool: string }[];
  const wasDone = before[unknown?.tool === 'project/log-line' ? 'log' : 'tags'] !== '';
  expect(await resume(here, run.id, ...(wasDone ? ['--mark', 'succeeded'] : ['--retry']))).toMatchObject({ exit: 0, runId: run.id, data: { results: RESULTS } });
  expect(effects(here)).toEqual(ONCE);
  return `unknown: ${unknown?.tool}; ${wasDone ? 'marked as succeeded' : 'retried'}`;
}
