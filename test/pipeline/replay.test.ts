import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '@toka/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKeeper } from '../../src/journal/blobs.ts';
import type { RunEvent } from '../../src/journal/events.ts';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';
import { thisProcess } from '../../src/journal/process.ts';
import { createToka, type ReplayOptions, type ReplayReport, type Toka } from '../../src/toka.ts';
import { type Place, place, tool } from '../support/cli.ts';

const nextId = createIds(systemClock, systemRandom);

let here: Place;
let toka: Toka;
beforeEach(async () => {
  here = place({ 'notes.txt': 'one\ntwo\n', 'docs/index.md': '[other](other.md) [gone](gone.md)\n', 'docs/other.md': 'Last updated: 2020-01-01\n' });
  toka = await createToka({ cwd: here.project, env: here.env, storage: { backend: 'memory' } });
});
afterEach(async () => {
  await toka.close();
  here[Symbol.dispose]();
});

async function recorded(name: string, params: Readonly<Record<string, unknown>>, allow: readonly string[] = []): Promise<string> {
  return (await toka.run({ ...toka.request({ name }, params), allow, record: true })).runId;
}

async function replay(run: string, options: ReplayOptions = {}): Promise<ReplayReport> {
  return toka.replay(await toka.retellable(run), options);
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(() => undefined, (error: unknown) => (error as { code: string }).code);
}

/** The same run once more on record, with its events changed. */
async function changed(run: string, change: (event: RunEvent) => RunEvent | undefined): Promise<string> {
  const journal = await toka.journal();
  const events = (await journal.read(run)).flatMap(({ event }) => change(event) ?? []);
  const id = nextId();
  await journal.append(id, events, 0);
  return id;
}

describe('tools of toka are told again', () => {
  test.each([
    ['file-reader', { path: 'notes.txt' }, []],
    ['file-lister', { path: '.', sizes: true }, []],
    ['file-searcher', { pattern: 'o', path: '.' }, []],
    ['link-validator', { path: ['docs'] }, []],
    ['date-validator', { path: ['docs'] }, []],
    ['file-writer', { path: 'new.txt', content: 'three\n' }, ['fs:write:new.txt', 'fs:read:new.txt']],
    ['file-reader', { path: 'gone.txt' }, []],
  ])('%s, strictly and twenty times in the same words, without its files', async (name, params, allow) => {
    const run = await recorded(name, params, allow);
    const before = await (await toka.journal()).runs({ limit: 10 });
    for (const file of ['notes.txt', 'new.txt', 'docs']) rmSync(join(here.project, file), { force: true, recursive: true });
    const reports = new Set<string>();
    for (let times = 0; times < 20; times++) reports.add(JSON.stringify(await replay(run, { strict: true })));
    expect([...reports].map((report) => JSON.parse(report) as unknown)).toMatchObject([{ same: true, differences: [] }]);
    expect(await (await toka.journal()).runs({ limit: 10 })).toEqual(before);
    expect(() => here.read('new.txt')).toThrow('ENOENT');
  });

  test('and an answer on record that was changed is told by what depends on it', async () => {
    const run = await recorded('file-reader', { path: 'notes.txt' });
    const other = await changed(run, (event) => (event.type === 'run.recorded' ? (JSON.parse(JSON.stringify(event).replaceAll('two', 'six')) as RunEvent) : event));
    expect(await replay(other)).toMatchObject({ same: false, differences: [{ field: 'stdout', patch: expect.stringContaining('+six') }, { field: 'data.content' }, { field: 'data.sha256' }] });
  });

  test('and one that failed fails in the same way', async () => {
    const run = await recorded('file-reader', { path: 'gone.txt' });
    const other = await changed(run, (event) => (event.type === 'run.finished' && event.error ? { ...event, error: { ...event.error, message: 'something else' } } : event));
    expect((await replay(other)).differences.map(({ field }) => field)).toEqual(['error.message']);
  });
});

test('a replay that is ended says so, and nothing of what the tool had not come to', async () => {
  const endless = { do: 'stat', args: { path: join(here.project, 'notes.txt') }, answer: { lost: 'end' } };
  const run = await changed(await recorded('file-reader', { path: 'notes.txt' }), (event) => (event.type === 'run.recorded' ? { ...event, calls: createKeeper().json([endless]) } : event));
  expect(await codeOf(replay(run, { signal: AbortSignal.timeout(200) }))).toBe('TOKA_CANCELLED');
});

describe('a tool of toka is done once more', () => {
  test('as a run that names the first, is recorded like it, and says what is otherwise', async () => {
    const run = await recorded('file-reader', { path: 'notes.txt' });
    const same = await replay(run, { reexecute: true });
    expect(same).toMatchObject({ same: true, changedFiles: [] });
    expect((await (await toka.journal()).read(same.reexecuted ?? ''))[0]?.event).toMatchObject({ type: 'run.requested', replays: run });
    expect(await replay(same.reexecuted ?? '')).toMatchObject({ same: true });
    here.write({ 'notes.txt': 'one\n2\n' });
    expect(await replay(run, { reexecute: true })).toMatchObject({ same: false, changedFiles: [{ path: join(here.project, 'notes.txt') }] });
  });

  test('with the effects that it had', async () => {
    const allow = ['fs:write:new.txt', 'fs:read:new.txt'];
    const run = await recorded('file-writer', { path: 'new.txt', content: 'three\n' }, allow);
    rmSync(join(here.project, 'new.txt'));
    expect(await replay(run, { reexecute: true, allow })).toMatchObject({ same: true });
    expect(here.read('new.txt')).toBe('three\n');
  });

  test('only with the grants of today, and at most with those that it had', async () => {
    const allow = ['fs:write:new.txt', 'fs:read:new.txt'];
    const run = await recorded('file-writer', { path: 'new.txt', content: 'three\n' }, allow);
    expect(await codeOf(replay(run, { reexecute: true }))).toBe('TOKA_CAPABILITY_DENIED');
    const less = await changed(run, (event) => (event.type === 'run.started' ? { ...event, effective: event.effective.filter((capability) => !capability.startsWith('fs:write')), sources: [] } : event));
    expect(await codeOf(replay(less, { reexecute: true, allow: ['fs:write:**', 'fs:read:**'] }))).toBe('TOKA_CAPABILITY_DENIED');
  });
});

function deep(levels: number): JsonValue {
  let value: JsonValue = 0;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

describe('what cannot be told again', () => {
  test.each<[string, string, (event: RunEvent) => RunEvent | undefined]>([
    ['was not recorded so', 'TOKA_RUN_NOT_RECORDED', (event) => (event.type === 'run.recorded' ? undefined : event)],
    ['asked for more than is kept', 'TOKA_RUN_NOT_RECORDED', (event) => (event.type === 'run.recorded' ? { ...event, lost: ['calls'] } : event)],
    ['was stopped', 'TOKA_RUN_NOT_RECORDED', (event) => (event.type === 'run.finished' ? { ...event, status: 'timed-out', error: { code: 'TOKA_TIMED_OUT', message: '' } } : event)],
    ['was a process that somebody ended', 'TOKA_RUN_NOT_RECORDED', (event) => (event.type === 'run.finished' ? { ...event, status: 'cancelled', error: { code: 'TOKA_CANCELLED', message: '' } } : event.type === 'run.started' ? { ...event, command: ['sh'] } : event)],
    ['has parameters that are none', 'TOKA_INTEGRITY', (event) => (event.type === 'run.requested' ? { ...event, params: { inline: null } } : event)],
    ['has no end, its process being gone', 'TOKA_RUN_NOT_RECORDED', (event) => (event.type === 'run.finished' ? undefined : event.type === 'run.requested' ? { ...event, process: { ...thisProcess(), start: 1 } } : event)],
    ['goes on', 'TOKA_RUN_ACTIVE', (event) => (event.type === 'run.finished' ? undefined : event.type === 'run.requested' ? { ...event, process: thisProcess() } : event)],
    ['has a record of another form', 'TOKA_INTEGRITY', (event) => (event.type === 'run.recorded' ? { ...event, calls: createKeeper().json([{ do: 'format-disk' }]) } : event)],
    ['has a record that is nested too deep to be looked at', 'TOKA_INTEGRITY', (event) => (event.type === 'run.recorded' ? { ...event, calls: createKeeper().json([{ do: 'progress', args: deep(3000), answer: { value: null } }]) } : event)],
    ['is of a tool that is not here', 'TOKA_TOOL_UNKNOWN', (event) => (event.type === 'run.requested' ? { ...event, tool: 'files/no-such-tool' } : event)],
  ])('%s: %s', async (_, code, change) => {
    const run = await changed(await recorded('file-reader', { path: 'notes.txt' }), change);
    expect(await codeOf(replay(run))).toBe(code);
  });

  test('names more than a recording holds', async () => {
    here.write({ 'large.txt': 'x'.repeat(8 * 1024 * 1024) });
    const times = (count: number) => (event: RunEvent): RunEvent => {
      if (event.type !== 'run.recorded' || !('inline' in event.calls)) return event;
      const calls = event.calls.inline as JsonValue[];
      return { ...event, calls: { inline: [...calls, ...Array.from({ length: count }, () => calls.at(-1) ?? null)] } };
    };
    const run = await recorded('file-reader', { path: 'large.txt', limit: 1 });
    expect(await replay(await changed(run, times(1)))).toMatchObject({ same: true });
    expect(await codeOf(replay(await changed(run, times(16))))).toBe('TOKA_INTEGRITY');
  });

  test('was denied', async () => {
    const { runId } = await toka.run({ ...toka.request({ name: 'file-writer' }, { path: 'new.txt', content: 'x' }), record: true });
    expect(await codeOf(replay(runId))).toBe('TOKA_RUN_NOT_RECORDED');
  });

  test('needs a file that was too large to be kept', async () => {
    here.write({ 'large.txt': 'x'.repeat(9 * 1024 * 1024) });
    expect(await codeOf(replay(await recorded('file-reader', { path: 'large.txt', limit: 1 })))).toBe('TOKA_RUN_NOT_RECORDED');
  });

  test('was answered with a secret of its own, which is nowhere in the record', async () => {
    here.write({
      'config.txt': 'password=correct-horse-battery\n',
      ...tool('finder', "export default { run: async ({ token }, ctx) => ({ found: (await ctx.fs.readText('config.txt')).includes(token) }) };", {
        type: 'native',
        parameters: [{ name: 'token', type: 'secret', required: true, description: 'The token' }],
        capabilities: { required: ['fs:read:config.txt'] },
      }),
    });
    const params = { token: 'correct-horse-battery' };
    const run = await recorded('finder', params, ['fs:read:config.txt', 'proc:exec:node']);
    const events = await (await toka.journal()).read(run);
    expect(events.at(-1)?.event).toMatchObject({ status: 'succeeded', data: { inline: { found: true } } });
    expect(JSON.stringify(events)).not.toContain('correct-horse');
    expect(await codeOf(replay(run, { params }))).toBe('TOKA_RUN_NOT_RECORDED');
  });

  test('was pruned, and what others need of it is left', async () => {
    here.write({ 'long.txt': 'a line\n'.repeat(1000) });
    const [run, other] = [await recorded('file-reader', { path: 'long.txt' }), await recorded('file-reader', { path: 'long.txt', limit: 7 })];
    await (await toka.journal()).prune([run], { rule: '--keep 1', by: 'user', toka: '0.1.0' });
    expect(await codeOf(replay(run))).toBe('TOKA_RUN_PRUNED');
    expect(await replay(other, { strict: true })).toMatchObject({ same: true });
  });

  test('is given what it does not need', async () => {
    expect(await codeOf(replay(await recorded('file-reader', { path: 'notes.txt' }), { params: { path: 'other.txt' } }))).toBe('TOKA_USAGE');
  });
});
