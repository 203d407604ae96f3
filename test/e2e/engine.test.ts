import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Cluster, programs } from '../../plugins/postgres/test/support/cluster.ts';
import { type Json, type Place, place, sizeOf, type Started, tool, until } from '../support/cli.ts';

const WRITES = { capabilities: { required: ['fs:read:.', 'fs:write:.'] } };
const POLICY = `policy:
  allow:
    - tool:call
    - proc:exec:bash
    - proc:exec:node
    - fs:read:**
    - fs:write:**
`;
const CALLS = `import { defineTool } from '@toka/sdk';
export default defineTool({ name: 'calls', summary: 'Calls', effect: 'idempotent', capabilities: {}, params: { type: 'object', properties: {}, additionalProperties: false },
  async run(params, ctx) {
    const first = await ctx.call('project/note', {});
    const second = await ctx.call('project/wait', {});
    return { statuses: [first.status, second.status], key: ctx.idempotencyKey };
  } });`;
const HELD = 'echo begun >> begun.txt; while [ -e held ]; do sleep 0.05; done';

interface Standing {
  readonly state: string;
  readonly attempts: number;
  readonly exit: number | null;
}

describe.skipIf(programs === undefined)('runs that are given to an engine', () => {
  let cluster: Cluster;
  let here: Place;
  let schemas = 0;

  beforeAll(async () => {
    cluster = await Cluster.make();
  });
  afterAll(async () => {
    await cluster.remove();
  });
  beforeEach(() => {
    const made = place({
      ...tool('note', 'echo noted >> notes.txt; echo written', { effect: 'external', ...WRITES }),
      ...tool('wait', HELD, { effect: 'idempotent', ...WRITES }),
      ...tool('once', HELD, { effect: 'external', ...WRITES }),
      ...tool('fails', 'echo no >&2; exit 3', { effect: 'external', ...WRITES }),
      ...tool('calls', CALLS, { type: 'native', effect: 'idempotent', capabilities: { required: ['tool:call:project/note', 'tool:call:project/wait', 'proc:exec:bash', 'fs:read:.', 'fs:write:.'] } }),
    });
    onTestFinished(() => made[Symbol.dispose]());
    here = made;
    config(POLICY);
  });

  /** The user's configuration: the journal is in PostgreSQL, and so is the engine. */
  function config(more: string): void {
    const folder = join(here.env['XDG_CONFIG_HOME'] ?? '', 'toka');
    mkdirSync(folder, { recursive: true });
    const location = cluster.location({ schema: `runs_${++schemas}` });
    writeFileSync(join(folder, 'config.yaml'), `apiVersion: toka/v1\nstorage:\n  backend: postgres\n  location: ${location}\nengine:\n  id: postgres\n  location: ${location}\n${more}`, { mode: 0o600 });
  }

  async function worker(...args: readonly string[]): Promise<Started> {
    const started = here.start(['engine', 'work', ...args]);
    onTestFinished(async () => {
      if (started.child.exitCode !== null || started.child.signalCode !== null) return;
      started.child.kill('SIGKILL');
      await started.ended;
    });
    await started.said('working for');
    return started;
  }

  const hold = (): void => writeFileSync(join(here.project, 'held'), '');
  const release = (): void => rmSync(join(here.project, 'held'));
  const began = async (): Promise<void> => until(() => sizeOf(join(here.project, 'begun.txt')) > 0);
  const detach = async (name: string, ...flags: readonly string[]): Promise<string> => (await here.run(['run', '--detach', ...flags, name])).stdout.trim();
  /** As somebody does it who may write to the engine. */
  const giveToken = (run: string, made: (token: string) => string): void => {
    const table = `runs_${schemas}_engine.orders`;
    const body = JSON.parse(cluster.sql(`SELECT body FROM ${table} WHERE key = '${run}'`)) as { token: string };
    cluster.sql(`UPDATE ${table} SET body = $body$${JSON.stringify({ ...body, token: made(body.token) })}$body$ WHERE key = '${run}'`);
  };
  const statusOf = async (run: string): Promise<Standing> => here.json<Standing>(['engine', 'status', run]);
  const isDone = async (run: string): Promise<void> => {
    await until(async () => (await statusOf(run)).state === 'done');
  };

  test('are done once, by one of two workers, and end as they would here', { timeout: 60_000 }, async () => {
    await Promise.all([worker(), worker('postgres', '--concurrency', '2')]);
    const said = await here.run(['run', 'note']);
    expect(said).toMatchObject({ code: 0, stdout: 'written\n' });
    const told = await here.json(['run', 'note']);
    expect(told).toMatchObject({ exit: 0, schema: 'toka/run-result/v1', status: 'succeeded', tool: 'project/note', output: 'written\n' });
    expect(readFileSync(join(here.project, 'notes.txt'), 'utf8')).toBe('noted\nnoted\n');
    expect(await here.json(['runs', 'show', told.runId])).toMatchObject({ exit: 0, summary: { id: told.runId, status: 'succeeded' } });
    expect(await here.json(['run', 'fails'])).toMatchObject({ exit: 1, error: { code: 'TOKA_RUN_FAILED' }, exitCode: 3 });
  });

  test('go on with another worker after kill -9, and what was done is not done twice', { timeout: 90_000 }, async () => {
    hold();
    const first = await worker();
    const submitted = here.start(['run', 'calls', '--json']);
    await began();
    first.child.kill('SIGKILL');
    await first.ended;
    release();
    await worker();
    const { code, stdout } = await submitted.ended;
    const result = JSON.parse(stdout) as Json;
    expect(result).toMatchObject({ status: 'succeeded', data: { statuses: ['succeeded', 'succeeded'], key: `${result.runId}/0` } });
    expect([code, (await statusOf(result.runId)).attempts]).toEqual([0, 2]);
    expect(readFileSync(join(here.project, 'notes.txt'), 'utf8')).toBe('noted\n');
    expect(readFileSync(join(here.project, 'begun.txt'), 'utf8')).toBe('begun\nbegun\n');
  });

  test('are not done again where nobody knows whether they were done', { timeout: 90_000 }, async () => {
    hold();
    const first = await worker();
    const submitted = here.start(['run', 'once', '--json']);
    await began();
    first.child.kill('SIGKILL');
    await first.ended;
    release();
    await worker();
    const { code, stdout } = await submitted.ended;
    expect([code, (JSON.parse(stdout) as Json).error?.code]).toEqual([79, 'TOKA_OUTCOME_UNKNOWN']);
    expect(readFileSync(join(here.project, 'begun.txt'), 'utf8')).toBe('begun\n');
  });

  test('are not done again either where each worker has a journal of its own', { timeout: 90_000 }, async () => {
    hold();
    const first = await worker('--storage', `sqlite:${join(here.base, 'one')}`);
    const submitted = here.start(['run', 'once', '--json']);
    await began();
    first.child.kill('SIGKILL');
    await first.ended;
    release();
    await worker('--storage', `sqlite:${join(here.base, 'two')}`);
    const { code, stdout } = await submitted.ended;
    expect([code, (JSON.parse(stdout) as Json).error?.code]).toEqual([79, 'TOKA_OUTCOME_UNKNOWN']);
    expect(readFileSync(join(here.project, 'begun.txt'), 'utf8')).toBe('begun\n');
  });

  test('are cancelled while they wait, and are then never begun', { timeout: 60_000 }, async () => {
    const run = await detach('note');
    expect(await statusOf(run)).toMatchObject({ exit: 0, state: 'waiting', attempts: 0 });
    expect(await here.json<Standing>(['engine', 'cancel', run])).toMatchObject({ exit: 0, state: 'cancelled' });
    await worker();
    expect((await here.run(['run', 'note'])).code).toBe(0);
    expect(readFileSync(join(here.project, 'notes.txt'), 'utf8')).toBe('noted\n');
  });

  test('are cancelled while a worker is at them, by a command or by Ctrl-C of who waits', { timeout: 60_000 }, async () => {
    hold();
    await worker();
    const waiting = here.start(['run', 'wait', '--json']);
    await began();
    waiting.child.kill('SIGINT');
    const { code, stdout } = await waiting.ended;
    expect([code, (JSON.parse(stdout) as Json).status]).toEqual([130, 'cancelled']);
    rmSync(join(here.project, 'begun.txt'));
    const run = await detach('wait');
    await began();
    await here.run(['engine', 'cancel', run]);
    await isDone(run);
    expect(await here.json(['runs', 'show', run])).toMatchObject({ summary: { status: 'cancelled' } });
  });

  test('are ended by a worker that is told to stop, which begins no other', { timeout: 60_000 }, async () => {
    hold();
    const { child, ended, said } = await worker();
    const run = await detach('wait');
    await began();
    const next = await detach('note');
    child.kill('SIGINT');
    await said('stopping');
    release();
    expect((await ended).code).toBe(0);
    expect([(await statusOf(run)).state, (await statusOf(next)).state]).toEqual(['done', 'waiting']);
  });

  test('are refused by a worker that does not know the key of their token, with the code that others get', { timeout: 60_000 }, async () => {
    await worker();
    const result = await here.json(['run', 'note'], { env: { XDG_STATE_HOME: join(here.base, 'other') } });
    expect(result).toMatchObject({ exit: 77, status: 'denied', error: { code: 'TOKA_TOKEN_KEY_UNKNOWN' } });
    expect(existsSync(join(here.project, 'notes.txt'))).toBe(false);
  });

  test('are refused and recorded as denied where their token has expired, was revoked or was changed', { timeout: 90_000 }, async () => {
    const allow = ['--allow', 'tool:call', '--allow', 'fs:read:.', '--allow', 'fs:write:.', '--allow', 'proc:exec:bash'];
    const [brief, long] = [join(here.base, 'brief'), join(here.base, 'long')];
    expect((await here.run(['auth', 'token', 'create', ...allow, '--ttl', '1s', '--out', brief])).code).toBe(0);
    // Clocks may differ by 5 s.
    const isOver = Date.now() + 7000;
    expect((await here.run(['auth', 'token', 'create', ...allow, '--out', long])).code).toBe(0);
    const [expired, changed, revoked] = [await detach('note'), await detach('note'), await detach('note', '--token', long)];
    giveToken(expired, () => readFileSync(brief, 'utf8').trim());
    giveToken(changed, (token) => `${token.slice(0, -20)}${token.at(-20) === 'A' ? 'B' : 'A'}${token.slice(-19)}`);
    expect((await here.run(['auth', 'revoke', long])).code).toBe(0);
    await until(() => Date.now() > isOver);
    await worker();
    const codes = { [expired]: 'TOKA_TOKEN_EXPIRED', [changed]: 'TOKA_TOKEN_FORGED', [revoked]: 'TOKA_TOKEN_REVOKED' };
    for (const [run, code] of Object.entries(codes)) {
      await isDone(run);
      expect(await statusOf(run)).toMatchObject({ result: { status: 'denied', error: { code } } });
      expect(await here.json(['runs', 'show', run])).toMatchObject({ summary: { status: 'denied' } });
    }
    expect(existsSync(join(here.project, 'notes.txt'))).toBe(false);
  });

  test('may do at most what was granted where they were asked for', { timeout: 60_000 }, async () => {
    await worker();
    const token = join(here.base, 'token');
    await here.run(['auth', 'token', 'create', '--allow', 'fs:read:.', '--allow', 'proc:exec:bash', '--out', token]);
    expect(await here.json(['run', 'note', '--token', token])).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
  });

  test('are refused where there is no such engine, or nobody answers', { timeout: 60_000 }, async () => {
    expect(await here.json(['run', 'note', '--engine', 'nothing'])).toMatchObject({ exit: 69, error: { code: 'TOKA_ENGINE_UNKNOWN' } });
    expect(await here.json(['run', 'note', '--engine', 'postgres://toka@/postgres?host=/nowhere'])).toMatchObject({ exit: 69, error: { code: 'TOKA_ENGINE_UNAVAILABLE' } });
    expect(await here.json(['engine', 'status', 'nothing'])).toMatchObject({ exit: 2, error: { code: 'TOKA_RUN_UNKNOWN' } });
  });

  test('stay here where that is said', async () => {
    expect(await here.json(['run', 'note', '--engine', 'here'])).toMatchObject({ exit: 0, output: 'written\n' });
  });
});
