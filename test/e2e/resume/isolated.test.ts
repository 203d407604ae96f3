import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Json, type Place, place, processesWith, sizeOf, tool, until } from '../../support/cli.ts';

const ALLOWED = ['tool:call', 'proc:exec:bash', 'proc:exec:node', 'fs:read:**', 'fs:write:**'].flatMap((capability) => ['--allow', capability]);
const WRITES = { capabilities: { required: ['fs:read:.', 'fs:write:.'] } };

const CALLS = `import { defineTool } from '@toka/sdk';
export default defineTool({ name: 'calls', summary: 'Calls', effect: 'idempotent', capabilities: {}, params: { type: 'object', properties: {}, additionalProperties: false },
  async run(params, ctx) {
    const first = await ctx.call((await ctx.fs.stat('swapped')) ? 'project/wait' : 'project/note', {});
    const second = await ctx.call('project/wait', {});
    return { first: first.runId, statuses: [first.status, second.status], key: ctx.idempotencyKey };
  } });`;

let here: Place;
beforeEach(() => {
  here = place({
    ...tool('note', 'echo noted >> notes.txt', { effect: 'external', ...WRITES }),
    ...tool('wait', 'echo begun >> begun.txt; while [ -e held ]; do sleep 0.05; done', { effect: 'idempotent', ...WRITES }),
    ...tool('calls', CALLS, { type: 'native', effect: 'idempotent', capabilities: { required: ['tool:call:project/note', 'tool:call:project/wait', 'proc:exec:bash', 'fs:read:.', 'fs:write:.'] } }),
  });
});
afterEach(() => here[Symbol.dispose]());

/** Kills toka in the middle of the second call of a tool in a process of its own. */
async function killed(): Promise<string> {
  writeFileSync(join(here.project, 'held'), '');
  const { child } = here.start(['run', 'calls', ...ALLOWED]);
  // It is there a moment before anything stands in it.
  await until(() => sizeOf(join(here.project, 'begun.txt')) > 0);
  child.kill('SIGKILL');
  await once(child, 'close');
  await until(() => processesWith('native-host.cjs').length === 0);
  rmSync(join(here.project, 'held'));
  const { runs } = await here.json<{ runs: { id: string; parent?: string }[] }>(['runs', 'list', '--status', 'interrupted']);
  return runs.find(({ parent }) => parent === undefined)?.id ?? '';
}

test('a tool in a process of its own goes on after kill -9: what it called is not called twice', async () => {
  const run = await killed();
  const resumed = await here.json<Json & { data: { first: string; statuses: string[]; key: string } }>(['runs', 'resume', run, ...ALLOWED]);
  expect(resumed).toMatchObject({ exit: 0, runId: run, status: 'succeeded', data: { statuses: ['succeeded', 'succeeded'], key: `${run}/0` } });
  expect(readFileSync(join(here.project, 'notes.txt'), 'utf8')).toBe('noted\n');
  expect(readFileSync(join(here.project, 'begun.txt'), 'utf8')).toBe('begun\nbegun\n');
});

test('one that then calls something else is stopped', async () => {
  const run = await killed();
  here.write({ swapped: '' });
  const resumed = await here.json(['runs', 'resume', run, ...ALLOWED]);
  expect(resumed).toMatchObject({ exit: 76, error: { code: 'TOKA_RUN_DIVERGED' } });
});
