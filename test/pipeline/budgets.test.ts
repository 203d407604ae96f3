import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { systemClock } from '../../src/journal/ids.ts';
import { createToka, type Budget } from '../../src/toka.ts';
import { type Json, type Place, place, processesWith, tool, until } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'one\ntwo\n' });
});
afterEach(() => here[Symbol.dispose]());

const allow = ['--allow', 'proc:exec'] as const;
const exceeded = (budget: keyof Budget): object => ({ exit: 75, error: { code: 'TOKA_BUDGET_EXCEEDED', data: { budget } } });

/** A package whose steps a tool of toka starts as runs of their own. */
function steps(scripts: Readonly<Record<string, string>>): readonly string[] {
  here.write({
    'package.json': JSON.stringify({ name: 'till', version: '1.0.0', scripts }),
    'package-lock.json': JSON.stringify({ name: 'till', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'till', version: '1.0.0' } } }),
  });
  const grants = ['proc:exec', 'fs:read:**', 'fs:write:**'].flatMap((each) => ['--allow', each]);
  return ['build-validator', '.', ...Object.keys(scripts).flatMap((step) => ['--steps', step]), ...grants];
}

/** What is reserved at present, by account. */
async function ledger(): Promise<readonly string[]> {
  const journal = await openJournal(join(here.project, '.toka/state/journal.db'), { clock: systemClock });
  try {
    return await journal.commit(async (commit) => (await commit.ledger.list('budget/')).map(({ key }) => key));
  } finally {
    await journal.close();
  }
}

describe('a process is stopped when it has used up', () => {
  test('its time', async () => {
    here.write(tool('probe', 'echo begun; sleep 60', { effect: 'external' }));
    const result = await here.json(['run', '--budget', 'wall=700ms', 'probe', ...allow]);
    expect(result).toMatchObject({ ...exceeded('wall'), status: 'killed', output: 'begun\n' });
    expect(await ledger()).toEqual([]);
  });

  test('its CPU time', async () => {
    here.write(tool('probe', 'while :; do :; done'));
    const result = await here.json<Json & { usage: { cpuMs: number } }>(['run', '--budget', 'cpu=100ms', 'probe', ...allow]);
    expect(result).toMatchObject({ ...exceeded('cpu'), status: 'killed' });
    expect(result.usage.cpuMs).toBeGreaterThan(0);
  });

  test('its output', async () => {
    here.write(tool('probe', 'while :; do echo line; done'));
    const result = await here.json<Json & { usage: { outputBytes: number } }>(['run', '--budget', 'bytes=1000', 'probe', ...allow]);
    expect(result).toMatchObject({ ...exceeded('bytes'), status: 'killed' });
    expect(result.output.length).toBeLessThanOrEqual(1000);
  });
});

describe('its own limits stay what they are where the budget leaves more', () => {
  test.each([
    ['time', 'sleep 60', { sandbox: { timeout: '500ms' } }, 124, 'TOKA_TIMED_OUT'],
    ['output', 'while :; do echo line; done', { sandbox: { maxOutput: '1K' } }, 1, 'TOKA_OUTPUT_LIMIT'],
  ])('%s', async (_, script, security, exit, code) => {
    here.write(tool('probe', script, { security }));
    expect(await here.json(['run', '--budget', 'calls=9,wall=60s,cpu=60s,bytes=8M', 'probe', ...allow])).toMatchObject({ exit, error: { code } });
  });
});

test('code in toka’s own process fails where it returned more than was left', async () => {
  expect(await here.json(['run', '--budget', 'bytes=3', 'file-reader', 'notes.txt'])).toMatchObject({ ...exceeded('bytes'), status: 'killed' });
  expect(await here.json(['run', '--budget', 'bytes=3K', 'file-reader', 'notes.txt'])).toMatchObject({ exit: 0 });
});

describe('a tree of runs has one budget', () => {
  test('of calls: the child that is one too many does not start, and the whole run ends with 75', async () => {
    const args = steps({ lint: 'touch linted', test: 'touch tested' });
    const result = await here.json(['run', '--budget', 'calls=2', ...args]);
    expect(result).toMatchObject(exceeded('calls'));
    const { tree } = await here.json<{ tree: readonly { run: { status: string; errorCode?: string } }[] }>(['runs', 'show', result.runId]);
    expect(tree.map(({ run }) => run.errorCode ?? run.status)).toEqual(['succeeded', 'TOKA_BUDGET_EXCEEDED']);
    expect((await here.json(['run', '--budget', 'calls=3', ...args])).exit).toBe(0);
  });

  test('of time: a child has what its parent has left', async () => {
    const result = await here.json(['run', '--budget', 'wall=3s', ...steps({ lint: 'sleep 60' })]);
    expect(result).toMatchObject(exceeded('wall'));
    expect(await ledger()).toEqual([]);
  });

  test('of output: what one child wrote is gone for the next', async () => {
    const args = steps({ lint: 'head -c 900 /dev/zero', test: 'head -c 900 /dev/zero' });
    const result = await here.json(['run', '--budget', 'bytes=1500', ...args]);
    expect(result).toMatchObject(exceeded('bytes'));
    const { tree } = await here.json<{ tree: readonly { run: { status: string; errorCode?: string } }[] }>(['runs', 'show', result.runId]);
    expect(tree.map(({ run }) => run.errorCode ?? run.status)).toEqual(['succeeded', 'TOKA_BUDGET_EXCEEDED']);
  });
});

describe('where it is said', () => {
  test('the configuration gives every run a budget, and the flag only lowers it', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\nbudget: { bytes: 100 }\n', ...tool('probe', 'head -c 500 /dev/zero') });
    expect(await here.json(['run', 'probe', ...allow])).toMatchObject(exceeded('bytes'));
    expect(await here.json(['run', '--budget', 'bytes=1M', 'probe', ...allow])).toMatchObject(exceeded('bytes'));
    expect(await here.json(['run', '--budget', 'bytes=1', 'file-reader', 'notes.txt'])).toMatchObject({ ...exceeded('bytes'), error: { data: { limit: 1 } } });
    expect(await here.json(['sandbox', 'run', '--', 'head', '-c', '500', '/dev/zero'])).toMatchObject({ error: { code: 'TOKA_BUDGET_EXCEEDED' } });
  });

  test('a trusted project does not widen that of the user', async () => {
    mkdirSync(join(here.home, 'config/toka'), { recursive: true });
    writeFileSync(join(here.home, 'config/toka/config.yaml'), 'apiVersion: toka/v1\nbudget: { bytes: 3 }\n');
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\nbudget: { bytes: 1G }\n' });
    await here.run(['trust']);
    expect(await here.json(['run', 'file-reader', 'notes.txt'])).toMatchObject(exceeded('bytes'));
  });

  test.each(['', 'calls', 'calls=', 'calls=0', 'calls=1.5', 'calls=1,calls=2', 'wall=5', 'bytes=x', 'money=five', '__proto__=1'])('--budget %j is not understood', async (text) => {
    expect(await here.json(['run', '--budget', text, 'file-reader', 'notes.txt'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
  });

  test.each([{ calls: 0 }, { wall: Number.NaN }, { cpu: -1 }, { bytes: Infinity }, { energy: 5 }])('nor is %j from a program', async (budget) => {
    const toka = await createToka({ cwd: here.project, env: here.env });
    const result = await toka.run({ ...toka.request({ name: 'file-reader' }, { path: 'notes.txt' }), budget });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'TOKA_USAGE' } });
    await toka.close();
  });
});

describe('nothing stays reserved', () => {
  test.each([
    ['failed', 'exit 3', 1],
    ['timed out', 'sleep 60', 124],
  ])('by a run that %s', async (_, script, exit) => {
    here.write(tool('probe', script, { effect: 'external', security: { sandbox: { timeout: '500ms' } } }));
    expect((await here.json(['run', '--budget', 'calls=5', 'probe', ...allow])).exit).toBe(exit);
    expect(await ledger()).toEqual([]);
  });

  test('by a run that was cancelled', async () => {
    here.write(tool('probe', 'echo begun; sleep 60', { effect: 'external' }));
    const started = here.start(['run', '--budget', 'calls=5', 'probe', ...allow]);
    await started.said('begun');
    expect(await ledger()).toHaveLength(1);
    started.child.kill('SIGINT');
    expect((await started.ended).code).toBe(130);
    expect(await ledger()).toEqual([]);
  });

  test.each(['external', 'read'])('by a toka that was killed in the middle of a run of effect %s: the next budget clears it away', async (effect) => {
    const marker = `marker-${process.pid}-${effect}`;
    here.write(tool('probe', `echo begun; exec -a ${marker} sleep 300`, { effect }));
    const started = here.start(['run', '--budget', 'calls=5', 'probe', ...allow]);
    await started.said('begun');
    const [killed] = await ledger();
    started.child.kill('SIGKILL');
    await started.ended;
    expect(await ledger()).toEqual([killed]);
    expect((await here.json(['run', '--budget', 'calls=1', 'file-reader', 'notes.txt'])).exit).toBe(0);
    expect(await ledger()).toEqual([]);
    await until(() => processesWith(marker).length === 0);
  });
});
