import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { Principal } from '../../src/capability/principal.ts';
import type { LiveEvent } from '../../src/pipeline/events.ts';
import { createToka, type ExecutionRequest, type Toka, type TokaOptions } from '../../src/toka.ts';
import { place, type Place, tool } from '../support/cli.ts';

let here: Place;
let toka: Toka;

beforeEach(async () => {
  here = place({ 'notes.txt': 'one\ntwo\n', ...tool('greet', 'echo hello'), ...tool('probe', 'sleep 60', { effect: 'external' }) });
  await open();
});
afterEach(async () => {
  await toka.close();
  here[Symbol.dispose]();
});

async function open(options: Partial<TokaOptions> = {}): Promise<void> {
  toka = await createToka({ cwd: here.project, env: here.env, ...options });
}

test.each<[string, (sound: object) => unknown]>([
  ['no request', () => undefined],
  ['a tool whose name is no text', (request) => ({ ...request, target: { kind: 'named', name: 5 } })],
  ['a command without words', (request) => ({ ...request, target: { kind: 'command', command: { argv: [] } } })],
  ['an empty request', () => ({})],
  ['a model that there is not', (sound) => ({ ...sound, model: 'wish' })],
  ['nobody who asks', (sound) => ({ ...sound, principal: undefined })],
  ['a tool by its bare name', (sound) => ({ ...sound, target: 'greet' })],
  ['a folder that is no path', (sound) => ({ ...sound, cwd: 7 })],
  ['no parameters at all', (sound) => ({ ...sound, params: undefined })],
  ['grants that are no list', (sound) => ({ ...sound, allow: 'fs:read:**' })],
  ['a time limit below 0', (sound) => ({ ...sound, timeoutMs: -5 })],
])('%s, asked for by a program without types, is its mistake and not a defect of toka', async (_, spoil) => {
  await expect(async () => toka.run(spoil(toka.request({ name: 'greet' }, {})) as ExecutionRequest)).rejects.toMatchObject({ code: 'TOKA_USAGE' });
});

test('a toka that was closed runs nothing more, and that is no defect', async () => {
  await toka.close();
  await expect(async () => toka.run(toka.request({ name: 'greet' }, {}))).rejects.toMatchObject({ code: 'TOKA_USAGE' });
});

describe('one union for three models', () => {
  const common = { principal: Principal.person('user:test'), door: 'api', params: {} } as const;
  const REQUESTS: Record<string, () => ExecutionRequest> = {
    code: () => ({ ...common, model: 'code', language: 'klingon', params: { source: '1 + 1', name: 'sum', params: {}, requirements: [] }, level: 'restricted', limits: {}, capabilities: [], cwd: here.project }),
    agent: () => ({ ...common, model: 'agent', agent: 'nobody', params: { said: [] }, cwd: here.project }),
  };

  test.each([
    ['code', 'TOKA_LANGUAGE_UNKNOWN', 2],
    ['agent', 'TOKA_AGENT_UNKNOWN', 2],
  ])(
    '%s that cannot be run: said with its code, in the shape of every result, and recorded',
    async (model, code, exitCode) => {
      const request = REQUESTS[model]?.() as ExecutionRequest;
      const result = await toka.run(request);
      expect(result).toMatchObject({
        schema: 'toka/run-result/v1',
        status: 'failed',
        output: '',
        exitCode: null,
        artifacts: [],
        error: { code },
      });
      expect(
        (await (await toka.journal()).read(result.runId)).map(({ event }) => event.type),
      ).toEqual(['run.requested', 'run.finished']);
      await expect(toka.prepare(request)).rejects.toMatchObject({ code, exitCode });
    },
  );

  test('a tool and a command pass the same stages', async () => {
    const named = await toka.run({ ...toka.request({ name: 'greet' }, {}), allow: ['proc:exec:bash'] });
    const command = { argv: ['echo', 'hello'], level: 'restricted', limits: {}, capabilities: [], env: {} } as const;
    expect((await toka.run(toka.request({ command }, {}))).error?.code).toBe('TOKA_CAPABILITY_DENIED');
    const asked = await toka.run({ ...toka.request({ command }, {}), allow: ['proc:exec:echo'] });
    expect([named.output, asked.output, asked.tool]).toEqual(['hello\n', 'hello\n', 'command/echo']);
  });
});

describe('never rejects', () => {
  test.each(['no-such-tool', '', 'a/b/c', '\u0000'])('a tool named %j', async (name) => {
    expect(await toka.run(toka.request({ name }, {}))).toMatchObject({ status: 'failed', error: { code: 'TOKA_TOOL_UNKNOWN' } });
  });

  test.each(['', 'fs', 'fs:read:a/*/../b', 'x:y:z'])('a grant that is no capability: %j', async (text) => {
    expect(await toka.run({ ...toka.request({ name: 'greet' }, {}), allow: [text] })).toMatchObject({
      error: { code: 'TOKA_CAPABILITY_INVALID' },
    });
  });

  test.each([[{ path: 5 }], [{ path: null }], [{ path: 'notes.txt', limit: 'many' }], [{ path: 'notes.txt', unknown: 1 }], [{}]])(
    'parameters that do not fit: %j',
    async (params) => {
      expect(await toka.run(toka.request({ name: 'file-reader' }, params))).toMatchObject({ error: { code: 'TOKA_PARAM_INVALID' } });
    },
  );

  test('a caller that throws where it is told of the run', async () => {
    const onEvent = (): never => {
      throw new Error('the caller is broken');
    };
    expect(await toka.run({ ...toka.request({ name: 'file-reader' }, { path: 'notes.txt' }), onEvent })).toMatchObject({
      error: { code: 'TOKA_INTERNAL' },
    });
  });
});

describe('cancelling', () => {
  test('before it starts: nothing runs', async () => {
    const result = await toka.run({ ...toka.request({ name: 'probe' }, {}), allow: ['proc:exec:bash'], signal: AbortSignal.abort() });
    expect([result.status, result.error?.code]).toEqual(['cancelled', 'TOKA_CANCELLED']);
    expect(
      (await (await toka.journal()).read(result.runId)).map(({ event }) => event.type),
    ).not.toContain('run.started');
  });

  test('while it runs: it ends, and then the outcome is reported', async () => {
    const controller = new AbortController();
    const seen: LiveEvent['type'][] = [];
    const onEvent = ({ type }: LiveEvent): void => {
      seen.push(type);
      if (type === 'started') setImmediate(() => controller.abort());
    };
    const result = await toka.run({
      ...toka.request({ name: 'probe' }, {}),
      allow: ['proc:exec:bash'],
      signal: controller.signal,
      onEvent,
    });
    expect([result.status, result.error?.code, seen[0]]).toEqual(['cancelled', 'TOKA_CANCELLED', 'started']);
    expect((await (await toka.journal()).read(result.runId)).at(-1)?.event).toMatchObject({ type: 'run.finished', status: 'cancelled' });
  });
});

describe('a person is asked', () => {
  const asked: string[] = [];

  async function answering(decision: 'once' | 'deny'): Promise<void> {
    asked.length = 0;
    await toka.close();
    await open({
      approver: async (_, { capability }) => {
        asked.push(`${capability.domain}:${capability.action}`);
        return Promise.resolve({ decision, by: 'test' });
      },
    });
  }

  test('for what is missing, and the answer is recorded before the run starts', async () => {
    await answering('once');
    const result = await toka.run(toka.request({ name: 'greet' }, {}));
    expect([result.status, asked]).toEqual(['succeeded', ['proc:exec']]);
    const events = (await (await toka.journal()).read(result.runId)).map(({ event }) => event);
    expect(events.map(({ type }) => type)).toEqual(['run.requested', 'approval.decided', 'run.started', 'run.output', 'run.finished']);
    expect(events[1]).toMatchObject({ capability: 'proc:exec:bash', decision: 'once', by: 'test' });
  });

  test('and may deny', async () => {
    await answering('deny');
    const result = await toka.run(toka.request({ name: 'greet' }, {}));
    expect(result).toMatchObject({ status: 'denied', error: { code: 'TOKA_CAPABILITY_DENIED' } });
    expect(
      (await (await toka.journal()).read(result.runId)).map(({ event }) => event.type),
    ).toEqual(['run.requested', 'approval.decided', 'run.finished']);
  });

  test('but not for what a rule denies', async () => {
    mkdirSync(join(here.home, 'config/toka'), { recursive: true });
    writeFileSync(join(here.home, 'config/toka/config.yaml'), 'apiVersion: toka/v1\npolicy: { deny: [proc:exec] }\n');
    await answering('once');
    expect(await toka.run(toka.request({ name: 'greet' }, {}))).toMatchObject({ status: 'denied' });
    expect(asked).toEqual([]);
  });
});

test('many runs at once in one process', async () => {
  const results = await Promise.all(
    Array.from({ length: 30 }, async () => toka.run(toka.request({ name: 'file-reader' }, { path: 'notes.txt' }))),
  );
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  expect(new Set(results.map(({ runId }) => runId)).size).toBe(30);
  expect(await (await toka.journal()).verify()).toMatchObject({ ok: true });
});

test('a plan is what a run would do, and records nothing', async () => {
  const run = await toka.prepare({ ...toka.request({ name: 'greet' }, {}), allow: ['proc:exec:bash'] });
  expect(run.plan?.argv.at(-1)).toBe(join(here.project, 'manifests/greet.sh'));
  expect(await (await toka.journal()).runs({ limit: 5 })).toEqual([]);
  expect(run.approvals).toEqual([]);
  const ungranted = await toka.prepare(toka.request({ name: 'greet' }, {}));
  expect(ungranted.approvals).toMatchObject([{ capability: 'proc:exec:bash', by: 'plan' }]);
  expect(ungranted.plan?.argv).toEqual(run.plan?.argv);
});

test('runs that start runs end at a depth of 16', async () => {
  const everything = new EffectiveSet([{ capability: { domain: 'proc', action: 'exec' }, source: 'test' }]);
  const nested = (depth: number): Principal => (depth === 0 ? Principal.person('user:test') : nested(depth - 1).narrow('run:test', everything));
  const request = { ...toka.request({ name: 'greet' }, {}), allow: ['proc:exec:bash'] };
  expect(await toka.run({ ...request, principal: nested(16) })).toMatchObject({ status: 'succeeded' });
  expect((await toka.run({ ...request, principal: nested(17) })).error?.code).toBe('TOKA_DEPTH_LIMIT');
});

test('a native tool that is not part of toka runs out of process', async () => {
  const script = `import { defineTool } from '@toka/sdk';
    export default defineTool({ name: 'where', summary: 'Where', effect: 'none', capabilities: {},
      params: { type: 'object', properties: {}, additionalProperties: false },
      run: async () => ({ pid: process.pid, cwd: process.cwd() }) });`;
  here.write(tool('where', script, { type: 'native', effect: 'none' }));
  const result = await toka.run({ ...toka.request({ name: 'where' }, {}), allow: ['proc:exec:node'] });
  expect(result).toMatchObject({ status: 'succeeded', data: { cwd: '/tmp' } });
  expect((result.data as { pid: number }).pid).not.toBe(process.pid);
});
