import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Budget } from '../../src/config/config.ts';
import { systemClock } from '../../src/journal/ids.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { type Json, type Place, place, processesWith, tool, until } from '../support/cli.ts';

const LIMITED = join(import.meta.dirname, 'limited.ts');

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'one\ntwo\n' });
});
afterEach(() => here[Symbol.dispose]());

interface Token extends Json {
  readonly id: string;
}

const PERMITS = ['fs:read', 'fs:write', 'proc:exec'].flatMap((each) => ['--allow', each]);
const create = async (budget: string): Promise<string> => (await here.json<Token>(['auth', 'token', 'create', ...PERMITS, '--budget', budget, '--out', 'first.token'])).id;
const attenuate = async (from: string, to: string, ...flags: readonly string[]): Promise<string> => (await here.json<Token>(['auth', 'token', 'attenuate', from, '--out', to, ...flags])).id;
const read = async (token: string): Promise<Json> => here.json(['run', '--token', token, 'file-reader', 'notes.txt']);
const probe = async (token: string): Promise<Json> => here.json(['run', '--token', token, 'probe', '--allow', 'proc:exec']);
const exceeded = (budget: keyof Budget, token: string): object => ({ exit: 75, error: { code: 'TOKA_BUDGET_EXCEEDED', data: { budget, token } } });

/** A package whose steps a tool of toka starts as runs of their own. */
function steps(scripts: Readonly<Record<string, string>>): readonly string[] {
  here.write({
    'package.json': JSON.stringify({ name: 'till', version: '1.0.0', scripts }),
    'package-lock.json': JSON.stringify({ name: 'till', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'till', version: '1.0.0' } } }),
  });
  const grants = ['proc:exec', 'fs:read:**', 'fs:write:**'].flatMap((each) => ['--allow', each]);
  return ['build-validator', '.', ...Object.keys(scripts).flatMap((step) => ['--steps', step]), ...grants];
}

interface Account {
  readonly calls: number;
  readonly used: { readonly wall: number };
  readonly reserved: object;
}

async function accounts(): Promise<Readonly<Record<string, Account>>> {
  const journal = await openJournal(join(here.project, '.toka/state/journal.db'), { clock: systemClock });
  try {
    return Object.fromEntries(await journal.commit(async ({ ledger }) => (await ledger.list('token/')).map(({ key, value }) => [key.slice(6), JSON.parse(value) as Account])));
  } finally {
    await journal.close();
  }
}

test('a budget is not given anew by the choice of another journal', async () => {
  await create('calls=1');
  const storage = ['--storage', `sqlite:${join(here.base, 'elsewhere')}`];
  const chosen = ['run', '--token', 'first.token', ...storage, 'file-reader', 'notes.txt'];
  expect(await here.json(chosen)).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
  expect(await here.json(['run', ...storage, 'file-reader', 'notes.txt'], { env: { TOKA_TOKEN_FILE: 'first.token' } })).toMatchObject({ exit: 77 });
  expect((await read('first.token')).exit).toBe(0);
});

describe('a token with a budget', () => {
  test('of calls begins as many runs, in whichever process, and the next one is none', async () => {
    const id = await create('calls=2');
    expect([(await read('first.token')).exit, (await read('first.token')).exit]).toEqual([0, 0]);
    expect(await read('first.token')).toMatchObject(exceeded('calls', id));
    expect((await here.json(['run', 'file-reader', 'notes.txt'])).exit).toBe(0);
  });

  test('by TOKA_TOKEN_FILE as by --token, in the sandbox as out of it', async () => {
    await create('calls=2');
    const env = { TOKA_TOKEN_FILE: 'first.token' };
    const exits = [];
    for (let run = 0; run < 3; run++) exits.push((await here.run(['sandbox', 'run', '--', 'true'], { env })).code);
    expect(exits).toEqual([0, 0, 75]);
  });

  test('counts the runs that a run starts', async () => {
    const id = await create('calls=2');
    expect(await here.json(['run', '--token', 'first.token', ...steps({ lint: 'true', test: 'true' })])).toMatchObject(exceeded('calls', id));
    expect((await accounts())[id]).toMatchObject({ calls: 2, reserved: {} });
  });

  test('of output: what one run wrote is gone for the next, which is stopped at what is left', async () => {
    const id = await create('bytes=1500');
    here.write(tool('probe', 'head -c 900 /dev/zero'));
    expect((await probe('first.token')).exit).toBe(0);
    expect(await probe('first.token')).toMatchObject({ ...exceeded('bytes', id), status: 'killed' });
  });

  test('of CPU time: a run is stopped when it has used it up', async () => {
    const id = await create('cpu=100ms');
    here.write(tool('probe', 'while :; do :; done'));
    expect(await probe('first.token')).toMatchObject({ ...exceeded('cpu', id), status: 'killed' });
  });

  test('of time: a run is stopped at what is left, and the next does not begin', async () => {
    const id = await create('wall=700ms');
    here.write(tool('probe', 'echo begun; sleep 60', { effect: 'external' }));
    expect(await probe('first.token')).toMatchObject({ ...exceeded('wall', id), status: 'killed', output: 'begun\n' });
    expect(await probe('first.token')).toMatchObject({ ...exceeded('wall', id), output: '' });
    expect((await accounts())[id]?.used.wall).toBeGreaterThanOrEqual(700);
  });

  test('of time: a run that starts another is stopped with it', async () => {
    const id = await create('wall=3s');
    expect(await here.json(['run', '--token', 'first.token', ...steps({ lint: 'sleep 60' })])).toMatchObject(exceeded('wall', id));
  });

  test('and a run with one of its own are both drawn on', async () => {
    const id = await create('calls=9,bytes=8M');
    here.write(tool('probe', 'head -c 900 /dev/zero'));
    const lowered = await here.json<Json & { error: { data: object } }>(['run', '--token', 'first.token', '--budget', 'bytes=100', 'probe', '--allow', 'proc:exec']);
    expect(lowered.error.data).toEqual({ budget: 'bytes', limit: 100 });
    expect((await accounts())[id]).toMatchObject({ calls: 1, reserved: {} });
  });
});

test('a child has what it says, and its use comes out of the budget of its parent too', async () => {
  const parent = await create('calls=3');
  const child = await attenuate('first.token', 'second.token', '--budget', 'calls=2', '--ttl', '5m');
  await attenuate('first.token', 'third.token');
  expect([(await read('second.token')).exit, (await read('second.token')).exit]).toEqual([0, 0]);
  expect(await read('second.token')).toMatchObject(exceeded('calls', child));
  expect((await read('third.token')).exit).toBe(0);
  for (const token of ['first.token', 'third.token']) expect(await read(token)).toMatchObject(exceeded('calls', parent));
});

test.each([
  ['--token', ['--token', 'second.token'], {}],
  ['TOKA_TOKEN_FILE', [], { TOKA_TOKEN_FILE: 'second.token' }],
])('is named by --dry-run with the token that it stands in, by %s, and nothing is drawn', async (_, flags, env) => {
  const parent = await create('calls=3');
  const child = await attenuate('first.token', 'second.token', '--budget', 'calls=2,bytes=1M');
  const words = ['run', '--dry-run', ...flags, 'file-reader', 'notes.txt'];
  expect(await here.json(words, { env })).toMatchObject({
    exit: 0,
    tokenBudgets: [{ calls: 3, source: `token ${parent}` }, { calls: 2, bytes: 1024 ** 2, source: `token ${child}` }],
  });
  const { stdout } = await here.run(words, { env });
  for (const part of [`3 runs  by token ${parent}`, `2 runs  by token ${child}`, `1M of output  by token ${child}`]) expect(stdout).toContain(part);
  expect((await here.json(['run', '--dry-run', 'file-reader', 'notes.txt']))).not.toHaveProperty('tokenBudgets');
  expect([(await read('second.token')).exit, (await accounts())[child]?.calls]).toEqual([0, 1]);
});

test('processes that run at once with one token begin exactly as many runs as it has calls', async () => {
  const id = await create('calls=7');
  await here.run(['run', 'file-reader', 'notes.txt']);
  const env = { ...here.env, TOKA_TOKEN_FILE: 'first.token' };
  const draw = async () => promisify(execFile)(process.execPath, [LIMITED, '5'], { cwd: here.project, env, encoding: 'utf8' });
  const ended = await Promise.all(Array.from({ length: 3 }, async () => here.planted.searched(await draw())));
  const codes = ended.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
  expect(codes.toSorted()).toEqual([...Array.from({ length: 8 }, () => 'TOKA_BUDGET_EXCEEDED'), ...Array.from({ length: 7 }, () => 'ok')]);
  expect((await accounts())[id]).toMatchObject({ calls: 7, reserved: {} });
});

test.each(['external', 'read'])('what a killed toka had reserved for a run of effect %s does not stand in the way of the next, and its call stays counted', async (effect) => {
  const id = await create('calls=2,wall=10m,bytes=1G');
  const marker = `marker-token-${process.pid}-${effect}`;
  here.write(tool('probe', `echo begun; exec -a ${marker} sleep 300`, { effect }));
  const started = here.start(['run', '--token', 'first.token', 'probe', '--allow', 'proc:exec']);
  await started.said('begun');
  started.child.kill('SIGKILL');
  await started.ended;
  expect(Object.keys((await accounts())[id]?.reserved ?? {})).toHaveLength(1);
  expect((await read('first.token')).exit).toBe(0);
  expect((await accounts())[id]).toMatchObject({ calls: 2, reserved: {} });
  expect(await read('first.token')).toMatchObject(exceeded('calls', id));
  await until(() => processesWith(marker).length === 0);
});

test('a dry run and one that is denied use nothing', async () => {
  await create('calls=1');
  await here.run(['run', '--dry-run', '--token', 'first.token', 'file-reader', 'notes.txt']);
  expect((await here.json(['run', '--token', 'first.token', 'file-writer', 'new.txt', '--content', 'x'])).exit).toBe(77);
  expect((await read('first.token')).exit).toBe(0);
});
