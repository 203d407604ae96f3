import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../support/cli.ts';

interface Token extends Json {
  readonly id: string;
  readonly chain: readonly string[];
  readonly capabilities: readonly string[];
  readonly depth: number;
  readonly expiresAt: number;
  readonly issuedAt: number;
  readonly holds?: boolean;
  readonly reason?: { readonly code: string };
  readonly windows: readonly string[];
}

let here: Place;
beforeEach(() => {
  here = place({ 'docs/a.md': 'alpha\n', 'docs/deep/b.md': 'beta\n', 'notes.txt': 'gamma\n' });
});
afterEach(() => here[Symbol.dispose]());

const create = async (...flags: readonly string[]): Promise<Token> => here.json<Token>(['auth', 'token', 'create', '--allow', 'fs:read:docs/**', '--out', 'docs.token', ...flags]);
const attenuate = async (from: string, to: string, ...flags: readonly string[]): Promise<Token> => here.json<Token>(['auth', 'token', 'attenuate', from, '--out', to, ...flags]);
const read = async (file: string, ...flags: readonly string[]): Promise<[exit: number | null, code: string | undefined]> => {
  const { exit, error } = await here.json(['run', 'file-reader', file, ...flags]);
  return [exit, error?.code];
};

describe('a token is made', () => {
  test('in a file that only its user can read, and says what it permits', async () => {
    const made = await create('--ttl', '10m', '--depth', '2', '--window', 'Mon-Sun 00:00-24:00 Europe/Berlin');
    expect(made).toMatchObject({ schema: 'toka/token/v1', exit: 0, depth: 2, capabilities: [`fs:read:${here.project}/docs/**`], file: join(here.project, 'docs.token') });
    expect([made.expiresAt - made.issuedAt, made.chain, made.windows]).toEqual([600_000, [made.id], ['Mon,Tue,Wed,Thu,Fri,Sat,Sun 00:00-24:00 Europe/Berlin']]);
    expect(statSync(join(here.project, 'docs.token')).mode & 0o777).toBe(0o600);
  });

  test('with a budget, which a narrower one may only lower, and inspect shows', async () => {
    expect(await create('--budget', 'calls=10,wall=60s,cpu=20s,bytes=8M')).toMatchObject({ budget: { calls: 10, wall: 60_000, cpu: 20_000, bytes: 8_388_608 } });
    expect(await attenuate('docs.token', 'wide.token', '--budget', 'calls=11')).toMatchObject({ exit: 77, error: { code: 'TOKA_TOKEN_WIDENS' } });
    expect(existsSync(join(here.project, 'wide.token'))).toBe(false);
    await attenuate('docs.token', 'few.token', '--budget', 'calls=3');
    expect(await here.json<Token>(['auth', 'token', 'inspect', 'few.token'])).toMatchObject({ holds: true, budget: { calls: 3, wall: 60_000, cpu: 20_000, bytes: 8_388_608 } });
    expect((await here.run(['auth', 'token', 'inspect', 'few.token'])).stdout).toContain('calls=3,wall=1m,cpu=20s,bytes=8M');
  });

  test('never over another file', async () => {
    here.write({ 'docs.token': 'mine' });
    expect((await create()).error?.code).toBe('TOKA_FS_EXISTS');
    expect(here.read('docs.token')).toBe('mine');
  });

  test('on standard output without --out, from where the next command reads it', async () => {
    const { stdout } = await here.run(['auth', 'token', 'create', '--allow', 'fs:read:docs']);
    expect((await here.json<Token>(['auth', 'token', 'verify', '-'], { input: stdout })).holds).toBe(true);
    const narrower = await here.run(['auth', 'token', 'attenuate', '-', '--no-delegate'], { input: stdout });
    expect(await here.json<Token>(['auth', 'token', 'inspect', '-'], { input: narrower.stdout })).toMatchObject({ depth: 0, holds: true });
  });

  test.each([
    [['--ttl', '25h']],
    [['--ttl', '0s']],
    [['--ttl', 'long']],
    [['--depth', '17']],
    [['--depth', '-1']],
    [['--depth', '1', '--no-delegate']],
    [['--window', 'always']],
    [['--allow', 'root:all']],
    [['--subject', 'a\nb']],
    [['--budget', 'calls=0']],
    [['--budget', 'money=beer']],
  ])('not with %j', async (flags) => {
    expect([(await create(...flags)).exit, existsSync(join(here.home, 'state/toka/keys'))]).toEqual([2, false]);
  });
});

describe('nothing that can be seen holds it', () => {
  test('inspect, verify, attenuate, revoke, a run and its record never print it', async () => {
    await create();
    const token = readFileSync(join(here.project, 'docs.token'), 'utf8').trim();
    const body = token.split('.')[3] ?? '';
    expect(body.length).toBeGreaterThan(200);
    const calls = [
      ['auth', 'token', 'inspect', 'docs.token'],
      ['auth', 'token', 'inspect', 'docs.token', '--json'],
      ['auth', 'token', 'verify', 'docs.token'],
      ['auth', 'token', 'attenuate', 'docs.token', '--out', 'narrow.token'],
      ['run', 'file-reader', 'docs/a.md', '--token', 'docs.token', '--json'],
      ['run', 'file-reader', 'notes.txt', '--token', 'docs.token', '--debug'],
      ['auth', 'revoke', 'docs.token'],
      ['run', 'file-reader', 'docs/a.md', '--token', 'docs.token', '--debug'],
      ['auth', 'token', 'verify', 'docs.token', '--debug'],
      ['runs', 'list', '--json'],
    ];
    const said: string[] = [];
    for (const call of calls) {
      const { stdout, stderr } = await here.run(call);
      said.push(stdout, stderr);
    }
    said.push(readFileSync(join(here.project, '.toka/state/journal.db'), 'latin1'), readFileSync(join(here.project, '.toka/state/journal.db-wal'), 'latin1'));
    for (const part of [body.slice(0, 60), body.slice(100, 160), body.slice(-60)]) expect(said.join('')).not.toContain(part);
  });

  test('a token as a word of the command line is not taken for one', async () => {
    await create();
    const token = here.read('docs.token').trim();
    expect((await here.json(['auth', 'token', 'verify', token])).error?.code).toBe('TOKA_TOKEN_INVALID');
  });
});

describe('a run with a token', () => {
  test('may do what the token says, and nothing else that policy would grant', async () => {
    await create();
    expect([await read('docs/a.md', '--token', 'docs.token'), await read('notes.txt'), await read('notes.txt', '--token', 'docs.token')]).toEqual([
      [0, undefined],
      [0, undefined],
      [77, 'TOKA_CAPABILITY_DENIED'],
    ]);
  });

  test('gets nothing by --allow that the token does not hold, and nothing from the token that policy does not grant', async () => {
    await create('--allow', 'fs:write:docs/**');
    const write = ['run', 'file-writer', 'docs/new.md', '--content', 'x', '--token', 'docs.token'];
    expect(await read('notes.txt', '--token', 'docs.token', '--allow', 'fs:read:notes.txt')).toEqual([77, 'TOKA_CAPABILITY_DENIED']);
    expect((await here.json(write)).error?.data).toMatchObject({ missing: [`fs:write:${here.project}/docs/new.md`] });
    expect((await here.json([...write, '--allow', 'fs:write:docs/new.md'])).exit).toBe(0);
  });

  test('by TOKA_TOKEN_FILE as by --token, which comes before it, before the name as after it', async () => {
    await create();
    await attenuate('docs.token', 'deep.token', '--allow', 'fs:read:docs/deep');
    const env = { TOKA_TOKEN_FILE: 'deep.token' };
    const exit = async (...args: readonly string[]): Promise<number | null> => (await here.run(args, { env })).code;
    expect(await exit('run', 'file-reader', 'docs/a.md')).toBe(77);
    expect(await exit('run', 'file-reader', 'docs/deep/b.md')).toBe(0);
    expect(await exit('run', '--token', 'docs.token', 'file-reader', 'docs/a.md')).toBe(0);
    expect(await exit('check', '--only', 'link-validator')).toBe(77);
    expect((await here.json<Token>(['auth', 'token', 'inspect'], { env })).depth).toBe(3);
  });

  test('names the token in its record, and a token that does not hold is recorded as a denial', async () => {
    const { id } = await create();
    await read('docs/a.md', '--token', 'docs.token');
    await here.run(['auth', 'revoke', id]);
    expect(await read('docs/a.md', '--token', 'docs.token')).toEqual([77, 'TOKA_TOKEN_REVOKED']);
    const { runs } = await here.json<{ runs: readonly { id: string; status: string }[] }>(['runs', 'list']);
    expect(runs.map(({ status }) => status)).toEqual(['denied', 'succeeded']);
    const shown = await here.run(['runs', 'show', runs[1]?.id ?? '', '--json']);
    expect(shown.stdout).toContain(`/token:${id}`);
  });

  test.each([
    ['that is not there', 'none.token'],
    ['that is a folder', 'docs'],
    ['that holds something else', 'notes.txt'],
    ['that never ends', '/dev/zero'],
  ])('a file %s: denied, never run without it', async (_, file) => {
    const [exit, code] = await read('docs/a.md', '--token', file);
    expect([exit, String(code).startsWith('TOKA_TOKEN_')]).toEqual([77, true]);
    expect((await here.run(['run', 'file-reader', 'docs/a.md'], { env: { TOKA_TOKEN_FILE: file } })).code).toBe(77);
    expect((await here.run(['sandbox', 'run', '--token', file, '--', 'true'])).code).toBe(77);
  });

  test('a dry run says it too', async () => {
    await create();
    expect((await here.run(['run', '--dry-run', 'file-reader', 'notes.txt', '--token', 'docs.token'])).code).toBe(77);
    expect((await here.run(['run', '--dry-run', 'file-reader', 'docs/a.md', '--token', 'docs.token'])).code).toBe(0);
  });

  test('a command in the sandbox gets no more than the token', async () => {
    await create('--allow', 'proc:exec:true');
    const exit = async (...flags: readonly string[]): Promise<number | null> => (await here.run(['sandbox', 'run', '--token', 'docs.token', ...flags])).code;
    expect(await exit('--allow', 'fs:read:notes.txt', '--', 'true')).toBe(77);
    expect(await exit('--', 'false')).toBe(77);
  });

  test('the keys are hidden from every run, whatever is granted', async () => {
    await create('--allow', 'fs:read', '--allow', 'proc:exec:cat');
    const keyring = join(here.home, 'state/toka/keys/keyring.json');
    const grant = ['--allow', `fs:read:${here.home}/**`];
    const native = await here.json(['run', 'file-reader', keyring, ...grant]);
    expect([native.exit, native.error?.code, native.output]).toEqual([77, 'TOKA_CAPABILITY_DENIED', '']);
    for (const flags of [[], ['--token', 'docs.token']]) {
      const { code, stdout } = await here.run(['sandbox', 'run', ...flags, ...grant, '--', 'cat', keyring]);
      expect([code === 0, stdout]).toEqual([false, '']);
    }
  });

  test('a token for another project does not hold here', async () => {
    mkdirSync(join(here.base, 'other'));
    await create('--workspace', '../other');
    expect(await read('docs/a.md', '--token', 'docs.token')).toEqual([77, 'TOKA_TOKEN_WORKSPACE']);
  });
});

test('whoever acts with a token makes no other one, and changes no keys', async () => {
  await create();
  const env = { TOKA_TOKEN_FILE: 'docs.token' };
  for (const words of [['token', 'create', '--allow', 'fs:read'], ['keys', 'rotate']]) {
    expect(await here.json(['auth', ...words], { env })).toMatchObject({ exit: 77, error: { code: 'TOKA_TOKEN_DELEGATION' } });
  }
  expect((await here.json(['auth', 'token', 'attenuate'], { env })).exit).toBe(0);
});

test('revocation survives, reaches what was made from it, and spares what it was made from', async () => {
  await create();
  await attenuate('docs.token', 'one.token');
  await attenuate('one.token', 'two.token');
  expect((await here.json<Token>(['auth', 'revoke', 'one.token'])).schema).toBe('toka/revocation/v1');
  const verdicts = await Promise.all(['docs.token', 'one.token', 'two.token'].map(async (file) => (await here.run(['auth', 'token', 'verify', file])).code));
  expect(verdicts).toEqual([0, 77, 77]);
  expect(await here.json<Token>(['auth', 'token', 'inspect', 'two.token'])).toMatchObject({ exit: 0, holds: false, reason: { code: 'TOKA_TOKEN_REVOKED' } });
});

test('a list of revoked tokens that cannot be read lets nothing through', async () => {
  await create();
  await here.run(['auth', 'revoke', '0'.repeat(32)]);
  writeFileSync(join(here.home, 'state/toka/keys/revoked.json'), '{');
  expect(await read('docs/a.md', '--token', 'docs.token')).toEqual([76, 'TOKA_INTEGRITY']);
});

test('only a run with a token loads what reads tokens', async () => {
  await create();
  const list = join(here.base, 'loaded.json');
  here.write({
    'spy.cjs': `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify([...Object.keys(require.cache), ...process.moduleLoadList])));`,
  });
  const loaded = async (...flags: readonly string[]): Promise<string> => {
    await here.run(['run', 'file-reader', 'docs/a.md', ...flags], { env: { NODE_OPTIONS: `--require ${join(here.project, 'spy.cjs')}` } });
    return readFileSync(list, 'utf8');
  };
  const [without, with_] = [await loaded(), await loaded('--token', 'docs.token')];
  for (const part of ['late/tokens.cjs', 'biscuit_bg.js']) expect([without.includes(part), with_.includes(part)]).toEqual([false, true]);
  // What a run needs is there, so the list is that of the run itself.
  expect(without).toContain('late/run.cjs');
});
