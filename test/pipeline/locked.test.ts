import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/pipeline/house.ts';
import { callsOf } from '../../src/pipeline/calls.ts';
import { children } from '../../src/pipeline/children.ts';
import type { ExecutionRequest } from '../../src/pipeline/request.ts';
import type { Run } from '../../src/pipeline/run.ts';
import type { Drift } from '../../src/registry/lock/lock.ts';
import { createToka, type Toka } from '../../src/toka.ts';
import { place, type Place, tool } from '../support/cli.ts';

let here: Place;
let toka: Toka;
let asked: Drift[];
let verdict: Verdict;
let meanwhile: () => void;

beforeEach(async () => {
  here = place(tool('greet', 'echo hello'));
  asked = [];
  meanwhile = () => undefined;
  const reviewer = async (drift: Drift): Promise<Verdict> => {
    asked.push(drift);
    meanwhile();
    return verdict;
  };
  await here.run(['lock']);
  toka = await createToka({ cwd: here.project, env: here.env, reviewer });
});
afterEach(async () => {
  await toka.close();
  here[Symbol.dispose]();
});

const run = async (more: { readonly frozen?: boolean } = {}) => toka.run({ ...toka.request({ name: 'greet' }, {}), allow: ['proc:exec:bash'], ...more });

describe('an embedder', () => {
  test('is asked about a tool that is not as locked, and its word is recorded', async () => {
    here.write({ 'manifests/greet.sh': 'echo changed' });
    verdict = { decision: 'once', by: 'nightly job' };
    const { output, runId } = await run();
    expect(output).toBe('changed\n');
    expect(asked.map(({ difference }) => [difference.tool, difference.kind])).toEqual([['project/greet', 'changed']]);
    expect((await (await toka.journal()).read(runId))[0]?.event).toMatchObject({ drift: verdict });
  });

  test('is asked again by the same process until the lock says so', async () => {
    here.write({ 'manifests/greet.sh': 'echo changed' });
    for (const decision of ['stop', 'once', 'update', 'stop'] as const) {
      verdict = { decision, by: 'test' };
      await run();
    }
    expect(asked).toHaveLength(3);
    expect((await run()).status).toBe('succeeded');
  });

  test('is not asked where only what is locked may run', async () => {
    here.write({ 'manifests/greet.sh': 'echo changed' });
    expect(await run({ frozen: true })).toMatchObject({ error: { code: 'TOKA_LOCK_DRIFT' } });
    expect(asked).toEqual([]);
  });

  test('cannot let pass what was not shown', async () => {
    here.write({ 'manifests/greet.sh': 'echo changed' });
    verdict = { decision: 'update', by: 'test' };
    meanwhile = () => writeFileSync(join(here.project, 'manifests/greet.sh'), 'echo swapped');
    const before = here.read('toka.lock');
    expect(await run()).toMatchObject({ output: '', error: { code: 'TOKA_LOCK_DRIFT' } });
    expect(here.read('toka.lock')).toBe(before);
  });
});

test('what a frozen run calls is frozen too', async () => {
  const requests: ExecutionRequest[] = [];
  const house = {
    child: async (request: ExecutionRequest) => {
      requests.push(request);
      return { run: {}, result: { runId: '', status: 'succeeded', output: '' } };
    },
  };
  const prepared = await toka.prepare({ ...toka.request({ name: 'file-reader' }, { path: 'toka.lock' }), frozen: true });
  const call = async (parent: Run): Promise<unknown> => children(parent, house as never, new AbortController().signal, callsOf(parent, house as never)).call('greet', {});
  await call(prepared);
  await call({ ...prepared, request: { ...prepared.request, frozen: false } });
  expect(requests.map(({ frozen }) => frozen)).toEqual([true, false]);
});
