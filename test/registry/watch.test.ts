import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createToka, type Toka, type ToolChange } from '../../src/toka.ts';
import { here, manifest } from './support.ts';

const SCRIPT = `apiVersion: toka/v1
metadata: { name: hello, version: 1.0.0, category: test, description: Say hello }
spec:
  executable: { type: shell, path: hello.sh, interpreter: sh }
  effect: none
`;

async function withToka(work: (toka: Toka) => Promise<void>): Promise<void> {
  const toka = await createToka({ cwd: here.project, env: here.env, storage: { backend: 'memory' } });
  try {
    await work(toka);
  } finally {
    await toka.close();
  }
}

/** What is told after each of some steps. */
async function told(steps: readonly (() => void)[]): Promise<readonly (readonly [string, string])[]> {
  const changes: ToolChange[] = [];
  await withToka(async (toka) => {
    await toka.index();
    const end = new AbortController();
    const watching = toka.watchTools((change) => changes.push(change), { signal: end.signal, everyMs: 10 });
    for (const [at, step] of steps.entries()) {
      await sleep(100);
      step();
      for (let tries = 0; changes.length <= at && tries < 300; tries++) await sleep(20);
    }
    end.abort();
    await watching;
  });
  return changes.map(({ type, tool }) => [type, tool]);
}

test('a tool that is registered while toka is open can be found and run in it', async () => {
  await withToka(async (toka) => {
    await expect(toka.findTool('hello')).rejects.toMatchObject({ code: 'TOKA_TOOL_UNKNOWN' });
    here.write({ 'manifests/hello/hello.yaml': SCRIPT, 'manifests/hello/hello.sh': 'echo hello\n' });
    expect(await toka.run({ ...toka.request({ name: 'hello' }, {}), allow: ['proc:exec:sh'] })).toMatchObject({ status: 'succeeded', output: 'hello\n' });
  });
});

test('a script that changes is run as it is now', async () => {
  here.write({ 'manifests/hello/hello.yaml': SCRIPT, 'manifests/hello/hello.sh': 'echo hello\n' });
  await withToka(async (toka) => {
    const run = async (): Promise<string> => (await toka.run({ ...toka.request({ name: 'hello' }, {}), allow: ['proc:exec:sh'] })).output;
    expect(await run()).toBe('hello\n');
    here.write({ 'manifests/hello/hello.sh': 'echo good day\n' });
    expect(await run()).toBe('good day\n');
  });
});

test('who watches is told of what comes, changes in its manifest or its code, and goes', async () => {
  here.write({ 'manifests/first.yaml': manifest('first') });
  const seen = await told([
    () => here.write({ 'manifests/hello/hello.yaml': SCRIPT, 'manifests/hello/hello.sh': 'echo hello\n' }),
    () => here.write({ 'manifests/hello/hello.sh': 'echo good day\n' }),
    () => here.write({ 'manifests/first.yaml': manifest('first', 'said otherwise') }),
    () => rmSync(join(here.project, 'manifests/hello'), { recursive: true }),
  ]);
  expect(seen).toEqual([
    ['added', 'project/hello'],
    ['changed', 'project/hello'],
    ['changed', 'project/first'],
    ['removed', 'project/hello'],
  ]);
});

test('toka tools watch tells it as lines of JSON, and ends with 130 on Ctrl-C', async () => {
  here.write({ 'manifests/first.yaml': manifest('first') });
  const { child, ended, said } = here.start(['tools', 'watch', '--json']);
  await said('watching');
  here.write({ 'manifests/first.yaml': manifest('first', 'said otherwise') });
  await said('tool-change');
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  const change = JSON.parse(stdout.trim()) as ToolChange;
  expect([code, change.type, change.tool, change.before?.manifest === change.after?.manifest]).toEqual([130, 'changed', 'project/first', false]);
});
