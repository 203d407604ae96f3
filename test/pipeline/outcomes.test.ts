import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { systemClock } from '../../src/journal/ids.ts';
import { type Json, type Place, place, processesWith, tool, until } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

const allow = ['--allow', 'proc:exec'] as const;
const quick = { sandbox: { timeout: '2s' } };

interface Summary {
  readonly id: string;
  readonly status: string;
  readonly tool?: string;
  readonly parent?: string;
}

async function runs(): Promise<readonly Summary[]> {
  return (await here.json<{ runs: readonly Summary[] }>(['runs', 'list'])).runs;
}

interface Shown {
  readonly events: readonly { readonly event: { readonly type: string; readonly [key: string]: unknown } }[];
  readonly tree: readonly { readonly run: Summary; readonly children: Shown['tree'] }[];
}

async function show(id: string): Promise<Shown> {
  return here.json<Shown>(['runs', 'show', id]);
}

const types = ({ events }: Shown): string[] => events.map(({ event }) => event.type);

describe('every end is recorded, with its code and its reason', () => {
  const CASES: Record<
    string,
    { script: string; spec?: Parameters<typeof tool>[2]; flags?: readonly string[]; exit: number; status: string; code?: string }
  > = {
    'it went well': { script: 'echo fine', exit: 0, status: 'succeeded' },
    'it failed': { script: 'echo no >&2; exit 3', exit: 1, status: 'failed', code: 'TOKA_RUN_FAILED' },
    'its own exit code is passed on': {
      script: 'exit 3',
      flags: ['--passthrough-exit'],
      exit: 3,
      status: 'failed',
      code: 'TOKA_RUN_FAILED',
    },
    'it was ended by a signal': { script: 'kill -9 $$', exit: 1, status: 'failed', code: 'TOKA_RUN_FAILED' },
    'it was denied': {
      script: 'true',
      flags: [],
      spec: { capabilities: { required: ['env:read:HOME'] } },
      exit: 77,
      status: 'denied',
      code: 'TOKA_CAPABILITY_DENIED',
    },
    'it took too long': { script: 'sleep 60', flags: ['--timeout', '300ms'], exit: 124, status: 'timed-out', code: 'TOKA_TIMED_OUT' },
    'it ignores SIGTERM': {
      script: 'trap "" TERM INT HUP; while :; do sleep 1; done',
      flags: ['--timeout', '300ms'],
      exit: 124,
      status: 'timed-out',
      code: 'TOKA_TIMED_OUT',
    },
    'it forks for ever': {
      script: 'f() { f | f & }; f; sleep 60',
      flags: ['--timeout', '4s'],
      exit: 1,
      status: 'killed',
      code: 'TOKA_PROCESS_LIMIT',
    },
    'it prints for ever': { script: 'yes 0123456789abcdef | head -c 1G', exit: 1, status: 'killed', code: 'TOKA_OUTPUT_LIMIT' },
    'it takes too much memory': {
      script: `python3 -c 'b = bytearray(1 << 30)
for at in range(0, len(b), 4096): b[at] = 1'`,
      exit: 137,
      status: 'killed',
      code: 'TOKA_MEMORY_LIMIT',
    },
    'its program is not there': {
      script: 'no-such-program-anywhere',
      spec: { type: 'external' },
      exit: 69,
      status: 'failed',
      code: 'TOKA_RUNTIME_UNAVAILABLE',
    },
    'its interpreter is not there': {
      script: 'true',
      spec: { executable: { interpreter: 'no-such-interpreter' } },
      exit: 69,
      status: 'failed',
      code: 'TOKA_RUNTIME_UNAVAILABLE',
    },
    'it reads standard input for ever, and there is none': { script: 'cat; echo end', exit: 0, status: 'succeeded' },
    'it should print JSON and does not': {
      script: 'echo fine',
      spec: { outputs: { schema: { type: 'object' } } },
      exit: 1,
      status: 'failed',
      code: 'TOKA_OUTPUT_INVALID',
    },
    'its JSON is not of its schema': {
      script: `echo '{"count": "many"}'`,
      spec: { outputs: { schema: { type: 'object', properties: { count: { type: 'integer' } } } } },
      exit: 1,
      status: 'failed',
      code: 'TOKA_OUTPUT_INVALID',
    },
  };

  test.each(['wasm', 'mcp'])('a tool of the reserved type %s is refused, and nobody is told to grant it anything', async (type) => {
    const [name, text] = Object.entries(tool('probe', 'x'))[0] ?? ['', ''];
    here.write({ ...tool('probe', 'x'), [name]: text.replace('"shell"', `"${type}"`) });
    expect(await here.json(['run', 'probe'])).toMatchObject({ exit: 69, error: { code: 'TOKA_RUNTIME_UNAVAILABLE' } });
  });

  test('what prints anything beside its JSON is told what to do about it', async () => {
    here.write(tool('probe', 'echo fine; echo 1', { outputs: { schema: { type: 'object' } } }));
    const { error } = await here.json(['run', 'probe', ...allow, '--quiet']);
    expect(error).toMatchObject({ code: 'TOKA_OUTPUT_INVALID', hint: expect.stringContaining('stderr') });
  });

  test.each(Object.entries(CASES))('%s', async (_, { script, spec, flags = [], exit, status, code }) => {
    here.write(tool('probe', script, { effect: 'external', ...spec }));
    const result = await here.json(['run', 'probe', ...allow, ...flags, '--quiet']);
    expect({ exit: result.exit, status: result.status, code: result.error?.code }).toEqual({ exit, status, code });
    expect(await runs()).toMatchObject([{ id: result.runId, status, tool: 'project/probe' }]);
    const events = (await show(result.runId)).events.map(({ event }) => event);
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', status, ...(code === undefined ? {} : { error: { code } }) });
    expect(events.filter(({ type }) => type === 'run.finished')).toHaveLength(1);
  });

  test('whose input the caller keeps open is ended by its time', async () => {
    here.write(tool('probe', 'cat', { executable: { stdin: 'inherit' }, security: quick }));
    const { ended } = here.start(['run', 'probe', ...allow, '--json'], { open: true });
    expect((await ended).code).toBe(124);
  });

  test('one that nobody knows is no run', async () => {
    expect(await here.json(['run', 'nobody'])).toMatchObject({ exit: 2, error: { code: 'TOKA_TOOL_UNKNOWN' } });
    expect(await runs()).toEqual([]);
  });
});

test('the order of what was written is kept, and logs give it back', async () => {
  here.write(tool('probe', 'echo one; sleep 0.2; echo two >&2; sleep 0.2; printf "three\\377"'));
  const result = await here.json(['run', 'probe', ...allow]);
  expect(types(await show(result.runId))).toEqual([
    'run.requested',
    'run.started',
    'run.output',
    'run.output',
    'run.output',
    'run.finished',
  ]);
  const logs = await here.json<{ output: readonly { stream: string; text: string }[] }>(['runs', 'logs', result.runId]);
  expect(logs.output.map(({ stream, text }) => [stream, text])).toEqual([
    ['stdout', 'one\n'],
    ['stderr', 'two\n'],
    ['stdout', 'three\uFFFD'],
  ]);
  const { stdout, stderr } = await here.run(['runs', 'logs', result.runId.slice(0, 20)]);
  expect([stdout, stderr]).toEqual(['one\nthree\uFFFD', 'two\n']);
});

test('measured figures only, each with its source', async () => {
  here.write(tool('probe', 'echo four'));
  const { usage } = await here.json<Json & { usage: Record<string, number | Record<string, string>> }>(['run', 'probe', ...allow]);
  const { sources, ...figures } = usage as { sources: Record<string, string> } & Record<string, number>;
  expect(Object.keys(sources).toSorted()).toEqual(Object.keys(figures).toSorted());
  expect(figures['outputBytes']).toBe(5);
});

describe('a run with effects', () => {
  test('is known before it acts: when toka is killed in the middle, it is listed as interrupted', async () => {
    const marker = `marker-${process.pid}-intent`;
    here.write(tool('probe', `echo started; exec -a ${marker} sleep 300`, { effect: 'external' }));
    const started = here.start(['run', 'probe', ...allow]);
    await started.said('started');
    const [run] = await runs();
    expect(run).toMatchObject({ status: 'running', tool: 'project/probe' });
    started.child.kill('SIGKILL');
    await started.ended;
    expect(await runs()).toMatchObject([{ id: run?.id, status: 'interrupted' }]);
    expect(types(await show(run?.id ?? ''))).toEqual(['run.requested', 'run.started']);
    await until(() => processesWith(marker).length === 0);
  });

  test('leaves nothing half-done in the record of others', async () => {
    here.write(tool('probe', 'sleep 0.3; echo done', { effect: 'external' }));
    const results = await Promise.all([1, 2, 3].map(async () => here.json(['run', 'probe', ...allow])));
    expect(results.map(({ exit }) => exit)).toEqual([0, 0, 0]);
    expect((await runs()).map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    const journal = await openJournal(join(here.project, '.toka/state/journal.db'), { clock: systemClock, readOnly: true });
    expect(await journal.verify()).toMatchObject({ ok: true });
    await journal.close();
  });
});

test('runs that a run starts hang below it', async () => {
  here.write({
    'package.json': JSON.stringify({ name: 'till', version: '1.0.0', scripts: { lint: 'echo linting', test: 'echo testing; exit 1' } }),
    'package-lock.json': JSON.stringify({
      name: 'till',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: { '': { name: 'till', version: '1.0.0' } },
    }),
  });
  const grants = ['proc:exec', 'fs:read:**', 'fs:write:**'].flatMap((each) => ['--allow', each]);
  const result = await here.json(['run', 'build-validator', '.', '--steps', 'lint', '--steps', 'test', ...grants]);
  const { tree } = await show(result.runId);
  const steps = (result.data as { steps: readonly { step: string; status: string }[] }).steps;
  expect(steps.map(({ step, status }) => [step, status])).toEqual([
    ['lint', 'passed'],
    ['test', 'failed'],
  ]);
  expect(tree.map(({ run, children }) => [run.parent, run.status, children.length])).toEqual([
    [result.runId, 'succeeded', 0],
    [result.runId, 'failed', 0],
  ]);
  expect((await runs()).length).toBe(3);
  const shown = await here.run(['runs', 'show', result.runId]);
  for (const { run } of tree) expect(shown.stdout).toContain(run.id);
});

describe('a secret', () => {
  const value = 'planted-7f3a-secret';
  const parameters = [{ name: 'token', type: 'secret', description: 'The token', pass: { env: 'TOKEN' } }];

  test('reaches the tool and nothing else: not the process list, the journal, what is shown, or a plan', async () => {
    here.write(tool('probe', 'test "$TOKEN" = planted-7f3a-secret && echo reached; sleep 0.7', { parameters, effect: 'external' }));
    const started = here.start(['run', 'probe', ...allow, '--params', '-'], { input: JSON.stringify({ token: value }) });
    await started.said('reached');
    expect(processesWith(value)).toEqual([]);
    expect((await started.ended).code).toBe(0);
    const [run] = await runs();
    const shown = await here.run(['runs', 'show', run?.id ?? '', '--json']);
    expect(shown.stdout).toContain('[secret]');
    const plan = await here.run(['run', '--dry-run', '--json', 'probe', ...allow, '--params', '-'], {
      input: JSON.stringify({ token: value }),
    });
    expect(plan.code).toBe(0);
    expect(`${shown.stdout}${plan.stdout}${plan.stderr}`).not.toContain(value);
    const state = join(here.project, '.toka/state');
    for (const file of readdirSync(state)) expect(readFileSync(join(state, file)).includes(value)).toBe(false);
    expect(spawnSync('grep', ['-rlF', value, here.home, here.env['XDG_CACHE_HOME'] ?? ''], { encoding: 'utf8' })).toMatchObject({
      status: 1,
      stdout: '',
    });
  });

  test('is not printed where it is not valid', async () => {
    here.write(
      tool('probe', 'true', {
        parameters: [...parameters, { name: 'count', type: 'integer', description: 'How many', pass: { flag: '--count' } }],
      }),
    );
    for (const params of [{ token: { [value]: value } }, { token: [value] }, { token: value, count: 'x' }]) {
      const result = await here.json(['run', 'probe', ...allow, '--params', '-'], { input: JSON.stringify(params) });
      expect([result.exit, result.error?.code]).toEqual([2, 'TOKA_PARAM_INVALID']);
      expect(JSON.stringify(result)).not.toContain(value);
    }
  });

  test('cannot be declared to stand among the arguments', async () => {
    here.write(tool('probe', 'true', { parameters: [{ ...parameters[0], pass: { flag: '--token' } }] }));
    expect(await here.json(['run', 'probe', ...allow])).toMatchObject({ exit: 65, error: { code: 'TOKA_MANIFEST_INVALID' } });
  });
});

test('a tool sees nothing of toka’s state', async () => {
  here.write(tool('probe', 'ls -A .toka/state; ls -A .toka', { capabilities: { required: ['fs:read:**'] } }));
  await here.json(['run', 'probe', ...allow]);
  expect(existsSync(join(here.project, '.toka/state/journal.db'))).toBe(true);
  const result = await here.json(['run', 'probe', ...allow, '--allow', 'fs:read:**']);
  expect(result.output).not.toContain('journal');
});
