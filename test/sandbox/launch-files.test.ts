import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Mount } from '../../src/sandbox/plan.ts';
import { scratchBase } from '../../src/sandbox/scratch.ts';
import { readMount, run, shell, temporaryFolder, writeMount, type PlanParts } from './support.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (...names: string[]): string => join(folder.path, ...names);
const write = (name: string, content: string): void => {
  mkdirSync(join(at(name), '..'), { recursive: true });
  writeFileSync(at(name), content);
};
const creating = (create: 'file' | 'folder', path: string): Mount => ({ ...writeMount(path), create });
const tell = async (script: string, parts: PlanParts): Promise<string> => (await run(shell(script, parts))).stdout;

beforeEach(() => {
  folder = temporaryFolder();
  return () => folder[Symbol.dispose]();
});

describe('mounts', () => {
  it('show what was granted and nothing beside it', async () => {
    write('in/a', 'A');
    write('out/b', 'B');
    expect(await tell(`cat a; cat ${at('out/b')}; ls ${folder.path}`, { cwd: at('in'), mounts: [readMount(at('in'))] })).toBe('Ain\n');
  });

  it('are read-only unless granted for writing', async () => {
    write('read/a', 'A');
    mkdirSync(at('write'));
    const mounts = [readMount(at('read')), writeMount(at('write'))];
    await run(shell('echo x > new; echo x > a; rm -f a; echo x > ../write/new', { cwd: at('read'), mounts }));
    expect(existsSync(at('read/new'))).toBe(false);
    expect(readFileSync(at('read/a'), 'utf8')).toBe('A');
    expect(readFileSync(at('write/new'), 'utf8')).toBe('x\n');
  });

  it('inside each other keep the right of the outer one to write', async () => {
    write('tree/inner/a', 'A');
    const mounts = [readMount(at('tree/inner')), writeMount(at('tree'))];
    await run(shell('echo x > inner/a', { cwd: at('tree'), mounts }));
    expect(readFileSync(at('tree/inner/a'), 'utf8')).toBe('x\n');
  });

  it('may grant writing inside a tree that can only be read', async () => {
    write('tree/inner/a', 'A');
    write('tree/b', 'B');
    await run(shell('echo x > inner/a; echo x > b', { cwd: at('tree'), mounts: [writeMount(at('tree/inner')), readMount(at('tree'))] }));
    expect([readFileSync(at('tree/inner/a'), 'utf8'), readFileSync(at('tree/b'), 'utf8')]).toEqual(['x\n', 'B']);
  });

  it('reached through a link exist under both names', async () => {
    write('real/a', 'A');
    symlinkSync(at('real'), at('link'));
    expect(await tell(`cat a ${at('real/a')}; pwd -P`, { cwd: at('link'), mounts: [readMount(at('link'))] })).toBe(`AA${at('real')}\n`);
  });

  it('do not follow links inside them to what was not granted', async () => {
    write('secret', 'SECRET');
    mkdirSync(at('tree'));
    symlinkSync(at('secret'), at('tree/link'));
    expect(await tell('cat link', { cwd: at('tree'), mounts: [writeMount(at('tree'))] })).toBe('');
  });

  it('keep names that look like options or hold line breaks', async () => {
    const name = '--bind\n/ "odd" \'name\' $(id)';
    write(`${name}/a`, 'A');
    expect(await tell('cat a', { cwd: at(name), mounts: [readMount(at(name))] })).toBe('A');
  });

  it('that do not exist are left out', async () => {
    write('tree/a', 'A');
    const mounts = [readMount(at('tree')), readMount(at('missing')), writeMount(at('gone'))];
    expect(await tell('cat a', { cwd: at('tree'), mounts })).toBe('A');
  });

  it.each(['/', '/proc', '/dev', '/sys/fs/cgroup'])('never make %s writable', async (path) => {
    await expect(run(shell('true', { mounts: [writeMount(path)] }))).rejects.toMatchObject({ code: 'TOKA_SCOPE_UNSUPPORTED' });
  });

  it.each(['TMPDIR', 'XDG_RUNTIME_DIR'])('hide the scratch folders of toka processes that have another $%s', async (variable) => {
    const scratch = variable === 'TMPDIR' ? `toka-${process.getuid?.()}` : 'toka';
    scratchBase();
    write('a', 'A');
    mkdirSync(at(scratch), { mode: 0o700 });
    write(`${scratch}/in.0`, 'STDIN');
    vi.stubEnv(variable, folder.path);
    const told = await tell(`cat a ${scratch}/in.0; true`, { cwd: folder.path, mounts: [readMount(folder.path)] });
    vi.unstubAllEnvs();
    expect(told).toBe('A');
  });

  it('of the whole machine still hide what must be hidden', async () => {
    write('secret', 'SECRET');
    const script = `cat ${at('secret')}; ls ${scratchBase()}; echo x > ${at('new')}; cat /etc/passwd`;
    const ran = await run(shell(script, { mounts: [readMount('/')], hidden: [at('secret')] }));
    expect(ran.stdout).not.toContain('SECRET');
    expect(ran.stdout.split('\n').filter(Boolean)).toEqual([expect.stringContaining('tool:x:')]);
    expect(existsSync(at('new'))).toBe(false);
  });

  it('must contain the working folder', async () => {
    await expect(run(shell('true', { cwd: at() }))).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
  });
});

describe('hidden paths', () => {
  it('are empty and cannot be filled', async () => {
    write('tree/.env', 'SECRET');
    write('tree/keys/id', 'SECRET');
    const script = 'cat .env keys/id; ls -A keys; echo x > .env; echo x > keys/new; rm -rf .env keys; mv keys other; echo end';
    const hidden = [at('tree/.env'), at('tree/keys')];
    expect(await tell(script, { cwd: at('tree'), mounts: [writeMount(at('tree'))], hidden })).toBe('end\n');
    expect(readFileSync(at('tree/.env'), 'utf8')).toBe('SECRET');
    expect(readFileSync(at('tree/keys/id'), 'utf8')).toBe('SECRET');
  });

  it('are hidden under every name that a mount gives them', async () => {
    write('tree/.env', 'SECRET');
    symlinkSync(at('tree'), at('link'));
    symlinkSync('.env', at('tree/alias'));
    const parts = { cwd: at('tree'), mounts: [readMount(at('tree')), readMount(at('link'))], hidden: [at('link/.env')] };
    expect(await tell(`cat .env alias ${at('link/.env')}`, parts)).toBe('');
  });

  it('that do not exist are no reason to fail or to be made', async () => {
    mkdirSync(at('tree'));
    expect(await tell('echo on', { cwd: at('tree'), mounts: [writeMount(at('tree'))], hidden: [at('tree/.env')] })).toBe('on\n');
    expect(existsSync(at('tree/.env'))).toBe(false);
  });

  it('contain the state of toka in every mount', async () => {
    write('tree/.toka/state/journal', 'SECRET');
    write('tree/sub/.toka/state/journal', 'SECRET');
    const script = 'cat .toka/state/journal ../.toka/state/journal; ls -A .toka';
    const stdout = await tell(script, { cwd: at('tree/sub'), mounts: [writeMount(at('tree'))] });
    expect(stdout).toBe('state\n');
  });

  it('cannot be granted where they are the state of toka', async () => {
    write('tree/.toka/state/journal', 'SECRET');
    const plan = shell('true', { mounts: [readMount(at('tree/.toka/state'))] });
    await expect(run(plan)).rejects.toMatchObject({ code: 'TOKA_SCOPE_UNSUPPORTED' });
  });
});

describe('protected files', () => {
  it('can be read but not changed inside a tree that may be written', async () => {
    write('tree/.git/config', 'C');
    write('tree/.envrc', 'E');
    write('tree/sub/.git/config', 'C');
    const script =
      'cat ../.git/config; echo x > ../.git/config; mkdir ../.git/hooks; mv ../.git ../g; rm -rf ../.envrc .git; echo x > free';
    expect(await tell(script, { cwd: at('tree/sub'), mounts: [writeMount(at('tree'))] })).toBe('C');
    expect([readFileSync(at('tree/.git/config'), 'utf8'), readFileSync(at('tree/.envrc'), 'utf8')]).toEqual(['C', 'E']);
    expect(readFileSync(at('tree/sub/.git/config'), 'utf8')).toBe('C');
    expect([existsSync(at('tree/.git/hooks')), existsSync(at('tree/sub/free'))]).toEqual([false, true]);
  });

  it('can be changed where they are granted themselves', async () => {
    write('tree/.git/config', 'C');
    await run(shell('echo x > .git/config', { cwd: at('tree'), mounts: [writeMount(at('tree')), writeMount(at('tree/.git'))] }));
    expect(readFileSync(at('tree/.git/config'), 'utf8')).toBe('x\n');
  });
});

describe('a single file that may be written', () => {
  it('is replaced after the run and keeps its mode', async () => {
    write('tree/a', 'old');
    chmodSync(at('tree/a'), 0o640);
    const { ino } = statSync(at('tree/a'));
    const ran = await run(shell('cat a; echo new > a', { cwd: at('tree'), mounts: [readMount(at('tree')), writeMount(at('tree/a'))] }));
    expect(ran.stdout).toBe('old');
    expect(readFileSync(at('tree/a'), 'utf8')).toBe('new\n');
    expect(statSync(at('tree/a')).mode & 0o777).toBe(0o640);
    expect(statSync(at('tree/a')).ino).not.toBe(ino);
  });

  it('is not touched by a run that was stopped half-way', async () => {
    write('tree/a', 'old');
    const mounts = [readMount(at('tree')), writeMount(at('tree/a'))];
    const ran = await run(shell('echo half > a; sleep 20', { cwd: at('tree'), mounts, limits: { timeoutMs: 300 } }));
    expect(ran.stopped).toBe('timeout');
    expect(readFileSync(at('tree/a'), 'utf8')).toBe('old');
  });

  it('is not touched by a run that does not change it', async () => {
    write('tree/a', 'old');
    const before = statSync(at('tree/a'));
    await run(shell('cat a', { cwd: at('tree'), mounts: [writeMount(at('tree/a')), readMount(at('tree'))] }));
    expect(statSync(at('tree/a'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it('is made where it does not exist, and left away if nothing was written', async () => {
    mkdirSync(at('tree'));
    const mounts = [readMount(at('tree')), creating('file', at('tree/a')), creating('file', at('tree/b'))];
    await run(shell('echo new > a', { cwd: at('tree'), mounts }));
    expect([readFileSync(at('tree/a'), 'utf8'), existsSync(at('tree/b'))]).toEqual(['new\n', false]);
  });

  it('reached through a link is replaced where the link leads', async () => {
    write('real', 'old');
    mkdirSync(at('tree'));
    symlinkSync(at('real'), at('tree/link'));
    await run(shell('echo new > link', { cwd: at('tree'), mounts: [readMount(at('tree')), writeMount(at('tree/link'))] }));
    expect(readFileSync(at('real'), 'utf8')).toBe('new\n');
  });
});

describe('a folder that may be written', () => {
  it('is made where it does not exist, and removed if it stays empty', async () => {
    mkdirSync(at('tree'));
    const mounts = [readMount(at('tree')), creating('folder', at('tree/a/b')), creating('folder', at('tree/c'))];
    await run(shell('echo x > a/b/file', { cwd: at('tree'), mounts }));
    expect([existsSync(at('tree/a/b/file')), existsSync(at('tree/c'))]).toEqual([true, false]);
  });
});
