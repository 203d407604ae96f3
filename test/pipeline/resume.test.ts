import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';
import type { RunEvent, RunRequested, RunStarted, StoredEvent } from '../../src/journal/events.ts';
import { thisProcess } from '../../src/journal/process.ts';
import { parseCapability } from '../../src/capability/grammar.ts';
import { Principal } from '../../src/capability/principal.ts';
import { callsOf } from '../../src/pipeline/calls.ts';
import type { ToolRequest } from '../../src/pipeline/request.ts';
import type { Run } from '../../src/pipeline/run.ts';
import { createToka, type ResumeOptions, type Toka } from '../../src/toka.ts';
import { type Place, place } from '../support/cli.ts';

const nextId = createIds(systemClock, systemRandom);
/** Nobody: this process began at another time. */
const GONE = { ...thisProcess(), start: 1 };

let here: Place;
let toka: Toka;
beforeEach(async () => {
  here = place({ 'notes.txt': 'one\n', '.env': 'KEY=1\n' });
  toka = await createToka({ cwd: here.project, env: here.env, storage: { backend: 'memory' } });
});
afterEach(async () => {
  await toka.close();
  here[Symbol.dispose]();
});

/** Records a run of file-reader as it would be, and then as it is said to be. */
async function interrupted(path: string, granted: Partial<RunStarted>, requested: Partial<RunRequested> = {}): Promise<string> {
  const run = nextId();
  const { runId } = await toka.run({ ...toka.request({ name: 'file-reader' }, { path }), allow: ['fs:read:**'] });
  const journal = await toka.journal();
  const [first] = await journal.read(runId);
  const asked = { ...(first?.event as RunRequested), process: GONE, ...requested };
  const started: RunStarted = { v: 1, type: 'run.started', effective: [], carvedOut: [], level: 'restricted', ...granted };
  await journal.append(run, [asked, started], 0);
  return run;
}

async function resume(run: string, options: ResumeOptions = {}): Promise<string> {
  try {
    const { error, status } = await toka.resume(await toka.interrupted(run), options);
    return error?.code ?? status;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('the rights of a resumed run', () => {
  const tree = (): string => `fs:read:${here.project}/**`;

  test('are those that it had, as far as it would have them now', async () => {
    expect(await resume(await interrupted('notes.txt', { effective: [tree()] }))).toBe('succeeded');
  });

  test('are never more than it had, whatever is granted now', async () => {
    const run = await interrupted('notes.txt', { effective: [`fs:read:${here.project}/other.txt`] });
    expect(await resume(run, { allow: ['fs:read:**'] })).toBe('TOKA_CAPABILITY_DENIED');
    expect(await resume(await interrupted('notes.txt', {}), { allow: ['fs:read:**'] })).toBe('TOKA_CAPABILITY_DENIED');
  });

  test('leave out the secrets that they left out', async () => {
    const allow = ['fs:read:**', `fs:read:${here.project}/.env`];
    expect(await resume(await interrupted('.env', { effective: [tree()] }), { allow })).toBe('succeeded');
    expect(await resume(await interrupted('.env', { effective: [tree()], exceptSecrets: [tree()] }), { allow })).toBe('TOKA_CAPABILITY_DENIED');
  });

  test('leave out what a denial took out of them', async () => {
    const run = await interrupted('notes.txt', { effective: [tree()], carvedOut: [`fs:read:${here.project}/notes.txt`] });
    expect(await resume(run)).not.toBe('succeeded');
  });

  test('are nobody else’s', async () => {
    const run = await interrupted('notes.txt', { effective: [tree()] });
    expect(await resume(run, { principal: Principal.person('user:somebody-else') })).toBe('TOKA_RUN_FOREIGN');
    const bound = await interrupted('notes.txt', { effective: [tree()] }, { tokens: ['t1'] });
    expect(await resume(bound)).toBe('TOKA_RUN_FOREIGN');
  });

  test('are not known of a run that was recorded without all of them', async () => {
    const run = nextId();
    const whole = await interrupted('notes.txt', { effective: [tree()] });
    const journal = await toka.journal();
    const [requested] = await journal.read(whole);
    await journal.append(run, [requested?.event as RunEvent, { v: 1, type: 'run.started', effective: [tree()], level: 'restricted' }], 0);
    expect(await resume(run)).toBe('TOKA_RUN_NOT_RESUMABLE');
  });

  test('do not come from what a record calls the bounds of the run', async () => {
    const secrets = `fs:read:${here.project}/.env`;
    const granted = { effective: [secrets], sources: ['flag'] };
    expect(await resume(await interrupted('.env', granted))).toBe('TOKA_CAPABILITY_DENIED');
    const forged = [{ allow: [secrets] }, { parent: { run: nextId(), step: { position: 1 }, permissions: [{ capability: parseCapability(secrets), source: 'parent run' }], secrets: [] } }];
    for (const bounds of forged) expect(await resume(await interrupted('.env', granted, { bounds: bounds as object }))).toBe('TOKA_CAPABILITY_DENIED');
  });

  test('hold for the very tool and parameters', async () => {
    const effective = [tree()];
    expect(await resume(await interrupted('notes.txt', { effective }, { manifestHash: 'a'.repeat(64) }))).toBe('TOKA_RUN_CHANGED');
    expect(await resume(await interrupted('notes.txt', { effective }, { toka: '0.0.1' }))).toBe('TOKA_RUN_CHANGED');
    expect(await resume(await interrupted('notes.txt', { effective }, { params: { inline: { path: `${here.project}/../project/notes.txt` } } }))).toBe('TOKA_RUN_CHANGED');
  });
});

test('a run that was to be recorded is so when it is resumed, and told again with the rights that it had then', async () => {
  const request = { ...toka.request({ name: 'file-reader' }, { path: 'notes.txt' }), record: true };
  const journal = await toka.journal();
  const [first] = await journal.read((await toka.run(request)).runId);
  const bounds = first?.event.type === 'run.requested' ? first.event.bounds : undefined;
  const run = await interrupted('notes.txt', { effective: [`fs:read:${here.project}/**`] }, bounds ? { bounds } : {});
  expect(await resume(run)).toBe('succeeded');
  const found = await toka.retellable(run);
  expect(found.started).toMatchObject({ type: 'run.resumed', effective: [`fs:read:${here.project}/notes.txt`] });
  expect(await toka.replay(found, { strict: true })).toMatchObject({ same: true });
});

describe('what must not happen twice', () => {
  const effective = (): string[] => [`fs:read:${here.project}/**`];

  test('is not done again before somebody says so', async () => {
    const run = await interrupted('notes.txt', { effective: effective() }, { effect: 'external' });
    await (await toka.journal()).append(run, [{ v: 1, type: 'run.acted' }], 2);
    expect(await resume(run)).toBe('TOKA_OUTCOME_UNKNOWN');
    expect(await resume(run, { retry: true })).toBe('succeeded');
  });

  test('is not feared of a tool in toka’s own process that has done nothing yet', async () => {
    expect(await resume(await interrupted('notes.txt', { effective: effective() }, { effect: 'external' }))).toBe('succeeded');
  });

  test('is feared of every process', async () => {
    expect(await resume(await interrupted('notes.txt', { effective: effective(), planDigest: 'a'.repeat(64) }, { effect: 'privileged' }))).toBe('TOKA_OUTCOME_UNKNOWN');
    expect(await resume(await interrupted('notes.txt', { effective: effective(), planDigest: 'a'.repeat(64) }, { effect: 'idempotent' }))).toBe('succeeded');
  });

  test('may be marked by a person alone', async () => {
    const run = await interrupted('notes.txt', { effective: effective(), planDigest: 'a'.repeat(64) }, { effect: 'external' });
    const found = await toka.interrupted(run);
    await expect(toka.mark(found, 'succeeded', Principal.refused(new Error('none')))).rejects.toMatchObject({ code: 'TOKA_RUN_FOREIGN' });
    expect(await toka.mark(found, 'succeeded')).toMatchObject({ runId: run, status: 'succeeded' });
    await expect(toka.mark(found, 'failed')).rejects.toMatchObject({ code: 'TOKA_RUN_ACTIVE' });
  });
});

test('an external tool of toka tells before it changes a file, and only then', async () => {
  const journal = await toka.journal();
  const types = async (params: Readonly<Record<string, unknown>>): Promise<string[]> => {
    const request = toka.request({ name: 'file-editor' }, { path: 'notes.txt', find: 'one', replace: 'two', ...params });
    const { runId } = await toka.run({ ...request, allow: ['fs:read:**', 'fs:write:**'] });
    return (await journal.read(runId)).map(({ event }) => event.type).filter((type) => type !== 'run.output');
  };
  expect(await types({ dryRun: true })).toEqual(['run.requested', 'run.started', 'run.finished']);
  expect(await types({})).toEqual(['run.requested', 'run.started', 'run.acted', 'run.finished']);
});

describe('the calls of a resumed run', () => {
  const PARENT = '0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f';
  const usage = { wallMs: 1, outputBytes: 0 };

  function call(position: number, tool: string, params: object, last?: Partial<RunEvent>, effect: RunRequested['effect'] = 'external'): { id: string; status: string; events: StoredEvent[] } {
    const id = nextId();
    const requested = { v: 1, type: 'run.requested', tool, params: { inline: params }, step: { position }, parent: PARENT, effect };
    const started = { v: 1, type: 'run.started', effective: [], level: 'restricted', planDigest: 'a'.repeat(64) };
    const events = [requested, started, ...(last ? [{ v: 1, type: 'run.finished', status: 'succeeded', exitCode: 0, usage, ...last }] : [])];
    return { id, status: last ? 'succeeded' : 'interrupted', events: events.map((event, at) => ({ run: id, seq: at + 1, time: 0, hash: '', event: event as RunEvent })) };
  }

  function calls(recorded: readonly ReturnType<typeof call>[], retry: readonly string[] = []): (name: string, params: object) => Promise<string> {
    const journal = { children: async () => recorded, read: async (id: string) => recorded.find((each) => each.id === id)?.events };
    const identify = async ({ target, params }: ToolRequest): Promise<object> => ({ tool: 'name' in target ? target.name : '', params: { inline: params } });
    const parent = { id: PARENT, request: { params: {}, resumes: { run: PARENT, events: [], retry: new Set(retry) } } } as unknown as Run;
    const made = callsOf(parent, { journal: async () => journal, identify } as never);
    const request = (name: string, params: object): ToolRequest => ({ parent: { run: PARENT, step: made.place(), permissions: [], secrets: [] }, params, target: { kind: 'named', name } }) as unknown as ToolRequest;
    return async (name, params) => {
      try {
        if (name === 'end') return await made.demandComplete().then(() => 'complete');
        const { answer, request: asked } = await made.recall(request(name, params));
        return answer ? 'answered' : asked.resumes ? 'continued' : 'new';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
  }

  test('are answered, continued, or new', async () => {
    const make = calls([call(1, 'a', { n: 1 }, {}), call(2, 'b', {}, undefined, 'idempotent')]);
    expect([await make('a', { n: 1 }), await make('b', {}), await make('c', {}), await make('end', {})]).toEqual(['answered', 'continued', 'new', 'complete']);
  });

  test('diverge by name, by parameters, and by one that is not made; then nothing more is done', async () => {
    const recorded = [call(1, 'a', { n: 1 }, {})];
    for (const [name, params] of [['b', { n: 1 }], ['a', { n: 2 }]] as const) {
      const make = calls(recorded);
      expect([await make(name, params), await make('c', {}), await make('end', {})]).toEqual(['TOKA_RUN_DIVERGED', 'TOKA_RUN_DIVERGED', 'TOKA_RUN_DIVERGED']);
    }
    expect(await calls(recorded)('end', {})).toBe('TOKA_RUN_DIVERGED');
  });

  test('are known by the place in which they are asked for, also where several are asked for at once', async () => {
    const make = calls([call(2, 'b', {}, {}), call(1, 'a', {}, {})]);
    expect(await Promise.all([make('a', {}), make('b', {}), make('c', {})])).toEqual(['answered', 'answered', 'new']);
  });

  test('of which nobody knows are not made again before somebody says so', async () => {
    const unknown = call(1, 'a', {});
    expect(await calls([unknown])('a', {})).toBe('TOKA_OUTCOME_UNKNOWN');
    expect(await calls([unknown], [unknown.id])('a', {})).toBe('continued');
  });
});
