import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { place, type Json, type Place, tool, until } from '../../support/cli.ts';
import { countingServer, crashAt, crashingPackage } from './world.ts';

const made = crashingPackage();
afterAll(() => made[Symbol.dispose]());
const { launcher } = made;

type Result = Json & { readonly exit: number | null };
const STORED = ['--storage', 'crashing'];
const BASH = ['--allow', 'proc:exec:bash'];

/** Kills a run at a commit: 1 is its intent, 2 its outcome. */
async function killed(here: Place, words: readonly string[], at: 1 | 2, when: 'before' | 'after'): Promise<string> {
  crashAt(here, { at, when });
  expect(await here.run(['run', ...words, ...STORED], { launcher })).toMatchObject({ signal: 'SIGKILL' });
  crashAt(here);
  const { runs } = await here.json<{ runs: { id: string }[] }>(['runs', 'list', '--status', 'interrupted', ...STORED], { launcher });
  return runs[0]?.id ?? '';
}

const resume = async (here: Place, run: string, ...flags: string[]): Promise<Result> => here.json(['runs', 'resume', run, ...STORED, ...flags], { launcher });

describe('a process that talks to a server', () => {
  const post = (at: string, effect: string): Place =>
    place(
      tool('pay', `curl -sS -X POST -H "Idempotency-Key: $TOKA_IDEMPOTENCY_KEY" http://${at}/pay`, {
        effect,
        capabilities: { required: [`net:connect:${at}`] },
        security: { level: 'elevated' },
      }),
    );
  const allowed = (at: string): string[] => [...BASH, '--allow', `net:connect:${at}`];

  test('is done again with the same key where its effect allows that', async () => {
    await using server = await countingServer();
    using here = post(server.at, 'idempotent');
    const run = await killed(here, ['pay', ...allowed(server.at)], 2, 'before');
    expect(await resume(here, run, ...allowed(server.at))).toMatchObject({ exit: 0, runId: run, output: 'done /pay' });
    expect([server.requests, server.done]).toEqual([[`/pay ${run}/0`, `/pay ${run}/0`], ['/pay']]);
  });

  test.each([
    ['after', 1, 0],
    ['before', 2, 1],
  ] as const)('is unknown where that would matter, killed %s commit %i', async (when, at, before) => {
    await using server = await countingServer();
    using here = post(server.at, 'external');
    const run = await killed(here, ['pay', ...allowed(server.at)], at, when);
    expect(await resume(here, run, ...allowed(server.at))).toMatchObject({
      exit: 79,
      error: { code: 'TOKA_OUTCOME_UNKNOWN', data: { run, unknown: [{ run, tool: 'project/pay', effect: 'external', idempotencyKey: `${run}/0` }] } },
    });
    expect(server.requests).toHaveLength(before);
    expect(await resume(here, run, '--retry', ...allowed(server.at))).toMatchObject({ exit: 0, runId: run, output: 'done /pay' });
    expect(server.done).toEqual(['/pay']);
  });

  test.each([
    ['succeeded', 0],
    ['failed', 1],
  ])('is %s where a person says so', async (as, exit) => {
    await using server = await countingServer();
    using here = post(server.at, 'external');
    const run = await killed(here, ['pay', ...allowed(server.at)], 1, 'after');
    expect(await resume(here, run, '--mark', as)).toMatchObject({ schema: 'toka/run-result/v1', exit, runId: run, status: as });
    expect(server.requests).toEqual([]);
    expect(await resume(here, run, '--retry')).toMatchObject({ exit: 2, error: { code: 'TOKA_RUN_NOT_RESUMABLE' } });
  });
});

describe('a run that is resumed', () => {
  const NOTE = tool('note', 'echo "$1" >> notes.txt', {
    effect: 'idempotent',
    parameters: [{ name: 'text', type: 'string', description: 'x', required: true, pass: { positional: 1 } }],
    capabilities: { required: ['fs:read:.', 'fs:write:.'] },
  });
  const ALLOWED = [...BASH, '--allow', 'fs:read:**', '--allow', 'fs:write:**'];
  const WORDS = ['note', '--text', 'hello', ...ALLOWED];

  test('by two at once goes on once', async () => {
    using here = place(
      tool('wait', 'echo begun >> notes.txt; until [ -e go ]; do sleep 0.1; done', { effect: 'idempotent', capabilities: { required: ['fs:read:.', 'fs:write:.'] } }),
    );
    const run = await killed(here, ['wait', ...ALLOWED], 1, 'after');
    const both = [1, 2].map(async () => resume(here, run, ...ALLOWED));
    const first = await Promise.race(both);
    writeFileSync(join(here.project, 'go'), '');
    const results = await Promise.all(both);
    expect(first).toMatchObject({ exit: 69, error: { code: 'TOKA_RUN_ACTIVE' } });
    expect(results.filter(({ exit }) => exit === 0)).toHaveLength(1);
    expect(here.read('notes.txt')).toBe('begun\n');
  });

  test('and killed again is resumed again', async () => {
    using here = place(NOTE);
    const run = await killed(here, WORDS, 1, 'after');
    crashAt(here, { at: 1, when: 'after' });
    expect(await here.run(['runs', 'resume', run, ...STORED, ...ALLOWED], { launcher })).toMatchObject({ signal: 'SIGKILL' });
    crashAt(here);
    expect(await resume(here, run, ...ALLOWED)).toMatchObject({ exit: 0 });
    const { events } = await here.json<{ events: { event: { type: string; attempt?: number } }[] }>(['runs', 'show', run, ...STORED], { launcher });
    expect(events.map(({ event }) => [event.type, event.attempt])).toEqual([
      ['run.requested', undefined],
      ['run.started', undefined],
      ['run.resumed', 2],
      ['run.resumed', 3],
      ['run.finished', undefined],
    ]);
  });

  test('gets no rights from its record: what was granted to it alone is granted once more, and until then it stays as it is', async () => {
    using here = place(NOTE);
    const run = await killed(here, WORDS, 1, 'after');
    expect(await resume(here, run)).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
    const shown = await here.run(['runs', 'show', run, ...STORED], { launcher });
    expect(shown.stdout).toContain(`toka runs resume ${run} --allow 'proc:exec:bash'`);
    expect(shown.stdout).toContain('resume.refused');
    expect(await resume(here, run, ...ALLOWED)).toMatchObject({ exit: 0 });
  });

  test('is denied what the policy denies by now', async () => {
    using here = place(NOTE);
    const run = await killed(here, WORDS, 1, 'after');
    here.write({ 'toka.yaml': `apiVersion: toka/v1\npolicy:\n  deny: ['fs:write:**']\n` });
    expect(await resume(here, run, ...ALLOWED)).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
    expect(existsSync(join(here.project, 'notes.txt'))).toBe(false);
  });

  test('needs its tool as it was', async () => {
    using here = place(NOTE);
    const run = await killed(here, WORDS, 1, 'after');
    here.write({ 'manifests/note.sh': 'echo changed' });
    expect(await resume(here, run, ...ALLOWED)).toMatchObject({ exit: 76, error: { code: 'TOKA_RUN_CHANGED' } });
    for (const file of ['note.sh', 'note.yaml']) rmSync(join(here.project, 'manifests', file));
    expect(await resume(here, run, ...ALLOWED)).toMatchObject({ exit: 2, error: { code: 'TOKA_TOOL_UNKNOWN' } });
  });

  test('needs its secrets once more, and no other parameters', async () => {
    using here = place(
      tool('login', 'echo "$TOKEN" | wc -c', {
        effect: 'idempotent',
        parameters: [{ name: 'token', type: 'secret', description: 'x', required: true, pass: { env: 'TOKEN' } }],
      }),
    );
    here.write({ 'token.json': '{"token":"a-long-secret"}', 'other.json': '{"token":"a-long-secret","more":1}' });
    const run = await killed(here, ['login', '--params', 'token.json', ...BASH], 1, 'after');
    expect(await resume(here, run, ...BASH)).toMatchObject({ exit: 79, error: { code: 'TOKA_INPUT_NEEDED', data: { missing: ['token'] } } });
    expect(await resume(here, run, ...BASH, '--params', 'other.json')).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
    expect(await resume(here, run, ...BASH, '--params', 'token.json')).toMatchObject({ exit: 0, output: expect.stringContaining('14') });
  });

  test('is none that still runs, and none that is not on record', async () => {
    using here = place(tool('wait', 'echo waits; until [ -e go ]; do sleep 0.1; done', { effect: 'idempotent', capabilities: { required: ['fs:read:.', 'fs:write:.'] } }));
    crashAt(here);
    const running = here.start(['run', 'wait', ...ALLOWED, ...STORED], { launcher });
    await running.said('waits');
    const list = async (): Promise<{ runs: { id: string }[] }> => here.json(['runs', 'list', '--status', 'running', ...STORED], { launcher });
    await until(async () => (await list()).runs.length === 1);
    const { runs } = await list();
    expect(await resume(here, runs[0]?.id ?? '')).toMatchObject({ exit: 69, error: { code: 'TOKA_RUN_ACTIVE' } });
    writeFileSync(join(here.project, 'go'), '');
    await running.ended;
    expect(await resume(here, '0198c3a2')).toMatchObject({ exit: 2, error: { code: 'TOKA_RUN_UNKNOWN' } });
  });

  test('is named by the list and shown with the next step', async () => {
    using here = place(NOTE);
    const run = await killed(here, WORDS, 1, 'after');
    const { stdout } = await here.run(['runs', 'list', '--status', 'interrupted', ...STORED], { launcher });
    expect(stdout).toContain(run);
    expect(stdout).toContain('toka runs resume');
  });
});
