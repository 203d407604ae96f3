import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { LAUNCHER, place, type Place, processesWith } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'one\n' });
});
afterEach(() => here[Symbol.dispose]());

const WRITE = { text: 'First I write.', calls: [{ tool: 'file-writer', params: { path: 'log.txt', content: 'once\n' } }] };
const DONE = { text: 'all done' };
const WAITS = { text: 'a moment', end: 'hang' };

function ask(replies: readonly object[], ...flags: readonly string[]): string[] {
  here.write({ 'model.yaml': stringify(replies) });
  return ['agent', 'run', '-p', 'Write it.', '--model', 'scripted/model.yaml', '--allow', 'fs:write:log.txt', ...flags];
}

interface Told {
  readonly runId: string;
  readonly session: string;
  readonly status: string;
  readonly error?: { readonly code: string };
  readonly sessions: readonly { readonly id: string; readonly run?: string; readonly turns: number }[];
}

test('an answer on stdout, all else on stderr, and a replay that does the same', async () => {
  const { code, stdout, stderr } = await here.run(ask([WRITE, DONE], '--record'));
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'all done\n', stderr: 'warning scripted/model.yaml is no language model\n' });
  const { runs } = await here.json<{ readonly runs: readonly { readonly id: string }[] }>(['runs', 'list', '--tool', 'agent/assistant']);
  expect(await here.json(['runs', 'replay', runs[0]?.id ?? '', '--strict'])).toMatchObject({ same: true, exit: 0 });
});

test('killed in the middle of a turn it goes on from its record, and does nothing twice', async () => {
  const { child, ended, said } = here.start(ask([WRITE, WAITS], '--output', 'stream-json'));
  await said('a moment');
  child.kill('SIGKILL');
  await ended;
  here.write({ 'model.yaml': stringify([WRITE, DONE]) });
  const { sessions } = await here.json<Told>(['agent', 'sessions', 'list']);
  const [session] = sessions;
  expect(await here.json(['runs', 'resume', session?.run ?? '', '--allow', 'fs:write:log.txt'])).toMatchObject({ exit: 0, status: 'succeeded', output: 'all done' });
  const { runs } = await here.json<{ readonly runs: readonly unknown[] }>(['runs', 'list', '--tool', 'files/file-writer']);
  expect(runs).toHaveLength(1);
  expect((await here.run(['agent', 'sessions', 'show', session?.id ?? ''])).stdout).toContain('all done');
});

test('a session brings to its end what was interrupted in it, and what was denied to that stays denied', async () => {
  const { child, ended, said } = here.start(ask([WAITS], '--output', 'stream-json', '--deny', 'fs:write'));
  await said('a moment');
  child.kill('SIGKILL');
  await ended;
  here.write({ 'model.yaml': stringify([WRITE, DONE]) });
  const { sessions } = await here.json<Told>(['agent', 'sessions', 'list']);
  const { code, stdout } = await here.run(['agent', 'sessions', 'resume', sessions[0]?.id ?? '', '--allow', 'fs:write:log.txt']);
  expect({ code, stdout }).toEqual({ code: 77, stdout: 'all done\n' });
});

describe('Ctrl-C', () => {
  test('once ends it cleanly, and its session keeps what was said', async () => {
    const { child, ended, said } = here.start(ask([WRITE, WAITS], '--output', 'stream-json'));
    await said('a moment');
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Told;
    expect([code, last.status, last.error?.code]).toEqual([130, 'cancelled', 'TOKA_CANCELLED']);
    const { stdout: shown } = await here.run(['agent', 'sessions', 'show', last.session]);
    expect(shown).toContain('First I write.');
  });
});

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test.runIf(canMount)('a disk that is full in the middle of a turn: 69, and nothing hangs (needs mounts in a namespace)', () => {
  const state = join(here.project, '.toka/state');
  mkdirSync(state, { recursive: true });
  const words = ask([WRITE, { ...DONE, delayMs: 1500 }], '--output', 'stream-json');
  const { status } = here.spawn('unshare', ['-rm', 'sh', join(import.meta.dirname, 'agent-small-disk.sh'), state, process.execPath, LAUNCHER, ...words]);
  const lines = readFileSync(join(here.project, '.toka/told'), 'utf8').trimEnd().split('\n');
  expect([status, (JSON.parse(lines.at(-1) ?? '') as Told).error?.code]).toEqual([69, 'TOKA_STATE_UNAVAILABLE']);
  expect(processesWith(here.project)).toEqual([]);
});
