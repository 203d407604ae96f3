import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createToka } from '../../src/toka.ts';
import { type Json, LAUNCHER, place, tool, type Place } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'a line\n', ...tool('greet', 'echo hello'), ...tool('deploy', 'echo deployed', { effect: 'privileged' }) });
});
afterEach(() => here[Symbol.dispose]());

function userConfig(text: string): void {
  mkdirSync(join(here.home, 'config/toka'), { recursive: true });
  writeFileSync(join(here.home, 'config/toka/config.yaml'), `apiVersion: toka/v1\n${text}`);
}

const DENIED = { exit: 77, status: 'denied', error: { code: 'TOKA_CAPABILITY_DENIED' } };
const allow = ['--allow', 'proc:exec:bash'] as const;

describe('a rule that wants to be asked', () => {
  test('without a terminal denies what another rule allows, and says which rule', async () => {
    userConfig('policy:\n  allow: [proc:exec:bash]\n  ask:\n    - { capability: proc:exec:bash, reason: shells }\n');
    const result = await here.json(['run', 'greet']);
    expect(result).toMatchObject(DENIED);
    for (const part of ['config.yaml:5', 'shells']) expect(result.error?.message).toContain(part);
    expect(result.error?.hint).toContain("--allow 'proc:exec:bash'");
  });

  test('is satisfied by a flag, and by none for something else', async () => {
    userConfig('policy: { allow: [proc:exec], ask: [proc:exec:bash] }');
    expect((await here.json(['run', 'greet', ...allow])).exit).toBe(0);
    expect((await here.json(['run', 'greet', '--allow', 'proc:exec:ls'])).exit).toBe(77);
  });

  test('counts in a project that nobody trusts', async () => {
    userConfig('policy: { allow: [proc:exec] }');
    expect((await here.json(['run', 'greet'])).exit).toBe(0);
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy: { ask: [proc:exec:bash] }\n' });
    expect(await here.json(['run', 'greet'])).toMatchObject(DENIED);
  });

  test('for other tools wants nothing of this one', async () => {
    userConfig('policy: { allow: [proc:exec], ask: [{ capability: proc:exec, tools: [deploy] }] }');
    expect((await here.json(['run', 'greet'])).exit).toBe(0);
  });
});

describe('the administrator', () => {
  const read = { name: 'file-reader' } as const;

  async function with_(policy: string, { answer, ...request }: { readonly answer?: 'once'; readonly allow?: readonly string[] } = {}) {
    const file = join(here.home, 'administrator/policy.yaml');
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o755 });
    writeFileSync(file, `apiVersion: toka/v1\n${policy}`, { mode: 0o644 });
    const toka = await createToka({
      cwd: here.project,
      env: here.env,
      administrator: { file, owner: process.getuid?.() ?? 0 },
      ...(answer ? { approver: async () => ({ decision: answer, by: 'person' }) } : {}),
    });
    try {
      return await toka.run({ ...toka.request(read, { path: 'notes.txt' }), ...request });
    } finally {
      await toka.close();
    }
  }

  test('denies whatever anybody grants', async () => {
    userConfig('policy: { allow: [filesystem-read] }');
    const denied = await with_('policy: { deny: [{ capability: fs:read:/**, reason: locked }] }', { allow: ['fs:read:notes.txt'], answer: 'once' });
    expect(denied).toMatchObject({ status: 'denied', error: { code: 'TOKA_CAPABILITY_DENIED' } });
    expect(denied.error?.message).toContain('locked');
  });

  test('asks a person, whom no flag replaces', async () => {
    const policy = 'policy: { ask: [fs:read:/**] }';
    expect((await with_(policy)).status).toBe('denied');
    expect((await with_(policy, { allow: ['fs:read:notes.txt'] })).status).toBe('denied');
    expect((await with_(policy, { answer: 'once' })).status).toBe('succeeded');
  });

  test('allows nothing: a file that does is an error of its own', async () => {
    await expect(with_('policy: { allow: [fs:read] }')).rejects.toMatchObject({ code: 'TOKA_CONFIG_INVALID' });
  });

  /** The binary in a mount namespace of its own, with this as the machine's own policy. */
  async function machine(policy: string, mode: string, words: readonly string[]): Promise<Json & { readonly exit: number | null }> {
    const script = `mount -t tmpfs tmpfs /etc && mkdir -m 755 /etc/toka && printf '%s' "$1" > /etc/toka/policy.yaml && chmod ${mode} /etc/toka/policy.yaml && shift && exec "$@"`;
    const inside = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', `apiVersion: toka/v1\n${policy}`, process.execPath, LAUNCHER, ...words, '--json'];
    const child = spawn('unshare', inside, { cwd: here.project, env: here.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (chunk: string) => void (text[name] += chunk));
    const exit = await new Promise<number | null>((resolve) => void child.on('close', resolve));
    if (here.planted.searched(text).stdout === '') throw new Error(text.stderr);
    return { ...(JSON.parse(text.stdout) as Json), exit };
  }

  test('has /etc/toka/policy.yaml', async () => {
    const words = ['run', 'file-reader', 'notes.txt', '--allow', 'fs:read:notes.txt'];
    expect((await machine('policy: { deny: [fs:write] }', '644', words)).exit).toBe(0);
    const denied = await machine('policy: { deny: [fs:read:/**] }', '644', words);
    expect(denied).toMatchObject(DENIED);
    expect(denied.error?.message).toContain('/etc/toka/policy.yaml:2');
  });

  test('where others could have written it, nothing runs', async () => {
    const result = await machine('policy: { deny: [fs:write] }', '666', ['run', 'file-reader', 'notes.txt']);
    expect(result).toMatchObject({ exit: 78, error: { code: 'TOKA_POLICY_UNSAFE' } });
    expect(result.error?.hint).toBeTruthy();
  });
});

describe('a program behind another', () => {
  const wrapped = (path: string, args: readonly string[]): void => here.write(tool('wrapped', path, { type: 'external', executable: { args } }));
  const grant = (name: string): string[] => ['--allow', `proc:exec:${name}`];
  const run = async (...words: readonly string[]) => here.json(['run', 'wrapped', ...words]);

  test('needs to be granted too', async () => {
    wrapped('env', ['nice', 'echo', 'hello']);
    expect((await run(...grant('env'))).error?.data?.['missing']).toEqual(['proc:exec:nice', 'proc:exec:echo']);
    expect(await run(...grant('env'), ...grant('nice'), ...grant('echo'))).toMatchObject({ exit: 0, output: 'hello\n' });
  });

  test('does not get round a denial', async () => {
    userConfig('policy: { allow: [proc:exec], deny: [proc:exec:echo] }');
    wrapped('env', ['echo', 'hello']);
    expect(await run()).toMatchObject(DENIED);
    wrapped('env', ['/bin/echo', 'hello']);
    expect(await run()).toMatchObject(DENIED);
    wrapped('env', ['printf', 'hello']);
    expect((await run()).exit).toBe(0);
  });

  test('is denied by the file that it really is, and through a link to it', async () => {
    const env = realpathSync(spawnSync('sh', ['-c', 'command -v env'], { encoding: 'utf8' }).stdout.trim());
    symlinkSync(env, join(here.project, 'manifests/harmless'));
    userConfig(`policy: { allow: [proc:exec], deny: ['proc:exec:${env}'] }`);
    wrapped('env', []);
    expect(await run()).toMatchObject(DENIED);
    wrapped(join(here.project, 'manifests/harmless'), []);
    expect(await run()).toMatchObject(DENIED);
  });

  test('that nothing can foresee is refused where a rule restricts programs, and only there', async () => {
    wrapped('sh', ['-c', 'echo hello; echo again']);
    userConfig('policy: { allow: [proc:exec] }');
    expect((await run()).exit).toBe(0);
    userConfig('policy: { allow: [proc:exec], deny: [proc:exec:rm] }');
    expect(await run()).toMatchObject(DENIED);
    expect((await run(...grant('sh'))).exit).toBe(77);
  });

  test('is found in the parameters of a call', async () => {
    const parameters = [{ name: 'program', type: 'string', description: 'A program', required: true, pass: { positional: 1 } }];
    here.write(tool('wrapped', 'env', { type: 'external', parameters }));
    const result = await run(...grant('env'), '--program', 'ls');
    expect(result.error?.data?.['missing']).toEqual(['proc:exec:ls']);
  });

  test('toka sandbox run: what is typed is meant, but a denial holds', async () => {
    const words = ['sandbox', 'run', '--', 'env', 'echo', 'hello'];
    expect((await here.run(words)).code).toBe(0);
    userConfig('policy: { deny: [proc:exec:echo] }');
    expect((await here.run(words)).code).toBe(77);
    expect((await here.run(['sandbox', 'run', '--', 'sh', '-c', 'true && echo hello'])).code).toBe(77);
  });
});

describe('a privileged tool', () => {
  const word = ['--allow', 'tool:call:project/deploy'] as const;

  test('does not run because its capabilities are granted, and says what rule would let it', async () => {
    userConfig('policy: { allow: [proc:exec, tool:call, { capability: tool:call:project/*, tools: [deploy] }] }');
    const result = await here.json(['run', 'deploy']);
    expect(result).toMatchObject({ ...DENIED, error: { data: { missing: ['tool:call:project/deploy'] } } });
    for (const part of ["--allow 'tool:call:project/deploy'", 'tools: [project/deploy]']) expect(result.error?.hint).toContain(part);
  });

  test('runs by a flag, or by a rule, that names it', async () => {
    expect(await here.json(['run', 'deploy', ...allow, ...word])).toMatchObject({ exit: 0, output: 'deployed\n' });
    userConfig('policy: { allow: [proc:exec, { capability: tool:call:project/deploy, tools: [project/deploy] }] }');
    expect((await here.json(['run', 'deploy'])).exit).toBe(0);
  });

  test('so does one of high risk; one of lower risk and effect runs unasked', async () => {
    here.write({ ...tool('risky', 'true', { security: { risk: 'high' } }), ...tool('external', 'true', { effect: 'external' }) });
    expect(await here.json(['run', 'risky', ...allow])).toMatchObject(DENIED);
    expect((await here.json(['run', 'external', ...allow])).exit).toBe(0);
  });
});
