import { afterEach, beforeEach, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '@toka/sdk';
import { createToka, type Toka } from '../../src/toka.ts';
import { type Place, place, startedWith, tool, until } from '../support/cli.ts';

let here: Place;
let toka: Toka;
beforeEach(async () => {
  const script = `import { defineTool } from '@toka/sdk';
    export default defineTool({ name: 'own', summary: 'Own', effect: 'none', capabilities: {},
      params: { type: 'object', properties: { name: { type: 'string', description: 'A name' } }, additionalProperties: false },
      run: async ({ name }, ctx) => {
        const left = globalThis.left ?? null;
        globalThis.left = name;
        return { name, left, keys: [\`\${ctx.runId}/0\`, ctx.idempotencyKey, process.env.TOKA_IDEMPOTENCY_KEY], startedMs: Date.now() - process.uptime() * 1000 };
      } });`;
  here = place(tool('own', script, { type: 'native', effect: 'none', parameters: [{ name: 'name', type: 'string', description: 'A name' }] }));
  toka = await createToka({ cwd: here.project, env: here.env, storage: { backend: 'memory' }, warmProcesses: 2 });
});
afterEach(async () => {
  await toka.close();
  here[Symbol.dispose]();
});

async function own(name: string): Promise<JsonObject> {
  const { data, error } = await toka.run({ ...toka.request({ name: 'own' }, { name }), allow: ['proc:exec:node'] });
  expect(error).toBeUndefined();
  return data as JsonObject;
}

async function python(source: string): Promise<JsonObject> {
  const { data, error } = await toka.run(toka.code({ language: 'python', source }));
  expect(error).toBeUndefined();
  return data as JsonObject;
}

/** Waits until the next process of a program is there, and has had time to get ready. */
async function nextOf(program: string): Promise<void> {
  await until(() => startedWith(program).some((line) => !line.includes(' --args ')));
  await sleep(700);
}

test('a native tool gets a process that waits, and nothing of the run before', async () => {
  await own('first');
  await nextOf('native-host.cjs');
  const asked = Date.now();
  const second = await own('second');
  expect(second).toMatchObject({ name: 'second', left: null });
  expect(second['startedMs']).toBeLessThan(asked);
  expect(new Set(second['keys'] as string[]).size).toBe(1);
});

test('code gets a process that waits, and nothing of the run before', async () => {
  const source = `import builtins, os, time
left = getattr(builtins, "left", None)
builtins.left = 1
with open("/proc/self/stat") as file: ticks = int(file.read().rsplit(")", 1)[1].split()[19])
return {"left": left, "age": time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"), "key": os.environ["TOKA_IDEMPOTENCY_KEY"]}`;
  const first = await python(source);
  await nextOf('python3');
  const second = await python(source);
  expect(second).toMatchObject({ left: null });
  expect(second['age']).toBeGreaterThan(0.5);
  expect(second['key']).not.toBe(first['key']);
});

test('a run is denied all the same what it may not do, though a process waits for it', async () => {
  await own('first');
  await nextOf('native-host.cjs');
  expect((await toka.run(toka.request({ name: 'own' }, { name: 'second' }))).status).toBe('denied');
});

test('the code of a tool that was changed is run as it is now', async () => {
  await own('first');
  await nextOf('native-host.cjs');
  here.write({ 'manifests/own.mjs': `export default { run: async () => ({ name: 'changed' }) };` });
  expect(await own('second')).toEqual({ name: 'changed' });
});
