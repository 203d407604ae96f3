import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/guessed.ts';
import { WAIT } from '../../src/sandbox/laid-out.ts';
import type { SandboxPlan } from '../../src/sandbox/plan.ts';
import { MiB, planOf, type PlanParts, type Ran, readMount, run, shell, temporaryFolder, writeMount } from './support.ts';

/** What bwrap was told to start: in one that was laid out ahead a shell that reads. */
const HOW = `(tr '\\0' ' ' </proc/1/cmdline | grep -q 'IFS= rea[d] ' && echo ahead || echo anew)`;

// A process of toka does this once.
process.setMaxListeners(300);

// Other tests take the pipes that lie where all leave them.
const runtime = temporaryFolder();
process.env['XDG_RUNTIME_DIR'] = runtime.path;
afterAll(() => runtime[Symbol.dispose]());

let text: string | undefined;
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  text = undefined;
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

/** As a process of toka does it: a sandbox first, the plan afterwards. */
function start(): void {
  startSandbox({ text, keep: (kept) => (text = kept) });
}

async function next(plan: SandboxPlan): Promise<Ran> {
  start();
  return run(plan);
}

const ranBefore = async (plan: SandboxPlan): Promise<Ran> => next(plan);

it('is laid out ahead where a run of the same sandbox was before', async () => {
  expect((await next(shell(HOW))).stdout).toBe('anew\n');
  expect((await next(shell(HOW))).stdout).toBe('ahead\n');
});

it('is the same from inside', async () => {
  const parts: PlanParts = { cwd: folder.path, mounts: [writeMount(folder.path)], env: { PATH: '/usr/bin:/bin', ODD: `a 'b' "c"\n$d` } };
  const look = `env -0 | sort -z | tr '\\0' '|'; pwd; umask; ulimit -a; ls /proc/self/fd; cut -d' ' -f4-6 /proc/self/mountinfo; grep -E 'Seccomp|NoNew|Cap|Uid|SigIgn|SigBlk' /proc/self/status; set -- /proc/[0-9]*; echo $#; echo $$`;
  const before = await next(shell(look, parts));
  const after = await next(shell(look, parts));
  const own = (ran: Ran): string => ran.stdout.replaceAll(/(?<=\/bindfile)\w+/g, '');
  expect(own(after)).toBe(own(before));
  expect((await next(shell(HOW, parts))).stdout).toBe('ahead\n');
});

it.each([
  ['none', {}],
  ['that of a shell', { PWD: '/elsewhere', OLDPWD: '/before', IFS: 'x', o: 'one', l: 'two', n: '3' }],
])('has the variables of any other: %s', async (_, env) => {
  const plan = planOf(['/usr/bin/env', '-0'], { env });
  const [before, after] = [await next(plan), await next(plan)].map(({ stdout }) => stdout.split('\0').toSorted());
  expect(after).toEqual(before);
});

it('passes arguments and variables on as they are', async () => {
  const print = (words: readonly string[], value: string): SandboxPlan => planOf(['/bin/sh', '-c', `printf '%s\\0' "$VALUE" "$@"; ${HOW}`, 'sh', ...words], { env: { PATH: '/usr/bin:/bin', VALUE: value } });
  await ranBefore(print([], ''));
  const word = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((each) => !each.includes('\0') && each.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 4 }), word, async (words, value) => {
      expect((await next(print(words, value))).stdout).toBe(`${[value, ...words].join('\0')}\0ahead\n`);
    }),
    { numRuns: 20 },
  );
});

it('keeps no values of variables', async () => {
  await ranBefore(shell(':', { env: { PATH: '/usr/bin:/bin', TOKEN: 'value-of-a-secret' } }));
  expect(text).toContain('--unshare-net');
  expect(text).not.toContain('value-of-a-secret');
});

it('can open its streams by name, since they are pipes', async () => {
  const script = `${HOW}; echo out > /dev/stdout; echo err > /dev/stderr`;
  await ranBefore(shell(script));
  expect(await next(shell(script))).toMatchObject({ stdout: 'ahead\nout\n', stderr: 'err\n', exitCode: 0 });
});

it('has no file that toka itself inherited', () => {
  const secret = join(folder.path, 'secret');
  writeFileSync(secret, 'SECRET');
  // Node closes inherited files on its own up to the first gap after 15.
  const stdio = Array.from({ length: 41 }, (_, fd) => (fd === 40 ? openSync(secret, 'r') : fd === 1 ? 'pipe' : 'ignore'));
  const kept = join(folder.path, 'kept');
  const inherits = (): string => spawnSync(process.execPath, [join(import.meta.dirname, 'inheriting.ts'), kept], { stdio, encoding: 'utf8' }).stdout;
  expect([inherits(), inherits()]).toEqual(['end\nanew\n', 'end\nahead\n']);
});

it.each([
  ['2\necho one\necho two\n', 'one\ntwo\n'],
  ['2\necho one\n', ''],
  ['2\necho one\necho two', ''],
  ['', ''],
])('carries out whole orders alone: %j', (order, said) => {
  expect(spawnSync('/bin/sh', ['-c', `exec 3<&0\n${WAIT}`], { input: order, encoding: 'utf8' }).stdout).toBe(said);
});

it('gives the code of the program', async () => {
  await ranBefore(shell('exit 3'));
  expect(await next(shell('exit 3'))).toMatchObject({ exitCode: 3, signal: null });
});

describe('the limits of the plan hold', () => {
  it.each([
    ['memory', `${HOW} >&2; head -c 400000000 /dev/zero | tail -c 300000000`, { memory: 64 * MiB }],
    ['timeout', `${HOW} >&2; sleep 20`, { timeoutMs: 1500 }],
    ['output', `${HOW} >&2; sleep 0.2; yes`, { maxOutput: 1000 }],
  ])('%s', async (stopped, script, limits) => {
    await ranBefore(shell(':', { limits: { ...limits, timeoutMs: 20_000 } }));
    const ran = await next(shell(script, { limits }));
    expect(ran).toMatchObject({ stopped, exitCode: null });
    expect(ran.stderr).toContain('ahead');
  });
});

it('is stopped when the run is cancelled', async () => {
  await ranBefore(shell('sleep 20', { limits: { timeoutMs: 500 } }));
  start();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  expect(await run(shell('sleep 20'), { signal: stop.signal })).toMatchObject({ stopped: 'cancelled' });
});

describe('another one is made', () => {
  it('for a plan with other mounts, and remembered instead', async () => {
    await ranBefore(shell(HOW));
    const other = shell(`${HOW}; cat ${folder.path}/note`, { mounts: [readMount(folder.path)] });
    writeFileSync(join(folder.path, 'note'), 'seen\n');
    expect((await next(other)).stdout).toBe('anew\nseen\n');
    expect((await next(other)).stdout).toBe('ahead\nseen\n');
  });

  it('for a plan that starts in another folder', async () => {
    const from = (cwd: string): SandboxPlan => shell(`${HOW}; /bin/pwd`, { cwd, mounts: [readMount(folder.path)] });
    await ranBefore(from(folder.path));
    expect((await next(from('/tmp'))).stdout).toBe('anew\n/tmp\n');
  });

  it('for each of a tool whose sandbox is another one each time', async () => {
    const plans = ['a', 'b', 'c', 'd'].map((name) => {
      mkdirSync(join(folder.path, name));
      return shell(HOW, { mounts: [readMount(join(folder.path, name))] });
    });
    for (const plan of plans) await ranBefore(plan);
    expect((await next(plans[3]!)).stdout).toBe('anew\n');
    // It was the same twice, so it may be guessed again.
    expect((await next(plans[3]!)).stdout).toBe('ahead\n');
  });

  it('and none is guessed any more, for a tool whose command is too long for the shell that waits', async () => {
    const plan = shell(`${HOW}; : ${'x'.repeat(10_000)}`);
    for (let runs = 0; runs < 5; runs += 1) await ranBefore(plan);
    expect(JSON.parse(text!)).toMatchObject({ changes: 3 });
  });

  it.each([
    ['input', shell(`${HOW}; cat`, { stdin: 'pipe' }), { input: Buffer.from('given\n') }, 'anew\ngiven\n'],
    ['a variable that no shell can set', planOf(['/usr/bin/env'], { env: { 'odd-name': '1' } }), {}, 'odd-name=1\nPWD=/tmp\n'],
    ['more words than a pipe takes at once', shell(`${HOW}; : ${'x'.repeat(10_000)}`), {}, 'anew\n'],
  ])('for a plan with %s', async (_, plan, options, stdout) => {
    await ranBefore(shell(HOW));
    start();
    expect((await run(plan, options)).stdout).toBe(stdout);
  });

  it('where a folder was replaced after it was laid out', async () => {
    const shown = join(folder.path, 'shown');
    const plan = shell(`${HOW}; ls ${shown}`, { mounts: [readMount(shown)] });
    mkdirSync(join(shown, 'old'), { recursive: true });
    await ranBefore(plan);
    start();
    await sleep(300);
    renameSync(shown, join(folder.path, 'away'));
    mkdirSync(join(shown, 'new'), { recursive: true });
    expect((await run(plan)).stdout).toBe('anew\nnew\n');
  });

  it('where a folder was a link to another when it was laid out', async () => {
    const [shown, hidden] = [join(folder.path, 'shown'), join(folder.path, 'hidden')];
    const plan = shell(`${HOW}; ls ${shown}`, { mounts: [readMount(shown)] });
    mkdirSync(join(shown, 'mine'), { recursive: true });
    mkdirSync(join(hidden, 'secret'), { recursive: true });
    await ranBefore(plan);
    renameSync(shown, join(folder.path, 'away'));
    symlinkSync(hidden, shown);
    start();
    await sleep(300);
    rmSync(shown);
    renameSync(join(folder.path, 'away'), shown);
    expect((await run(plan)).stdout).toBe('anew\nmine\n');
  });

  it('where a file that is hidden was replaced after it was laid out, as editors save', async () => {
    const secret = join(folder.path, 'secret');
    const plan = shell(`${HOW}; cat ${secret}`, { mounts: [readMount(folder.path)], hidden: [secret] });
    writeFileSync(secret, 'old\n');
    await ranBefore(plan);
    expect((await next(plan)).stdout).toBe('ahead\n');
    start();
    await sleep(300);
    writeFileSync(`${secret}.new`, 'new\n');
    renameSync(`${secret}.new`, secret);
    expect((await run(plan)).stdout).toBe('anew\n');
  });

  it('where what is protected was replaced after it was laid out', async () => {
    const [git, hooks] = [join(folder.path, '.git'), join(folder.path, '.git/hooks')];
    const plan = shell(`${HOW}; echo x > ${hooks}/post-commit`, { cwd: folder.path, mounts: [writeMount(folder.path)] });
    mkdirSync(hooks, { recursive: true });
    await ranBefore(plan);
    expect((await next(plan)).stdout).toBe('ahead\n');
    start();
    await sleep(300);
    renameSync(git, join(folder.path, 'old'));
    mkdirSync(hooks, { recursive: true });
    expect((await run(plan)).stdout).toBe('anew\n');
    expect(existsSync(join(hooks, 'post-commit'))).toBe(false);
  });

  it('where the program is another', async () => {
    const program = join(folder.path, 'program');
    const plan = planOf([program], { mounts: [readMount(folder.path)] });
    writeFileSync(program, `#!/bin/sh\n${HOW}\n`, { mode: 0o755 });
    await ranBefore(plan);
    expect((await next(plan)).stdout).toBe('ahead\n');
    writeFileSync(program, `#!/bin/sh\n${HOW} # another\n`);
    expect((await next(plan)).stdout).toBe('anew\n');
  });

  it.each([
    ['no JSON', 'not JSON'],
    ['of another format', '{"format":2}'],
    ['with words that end early', JSON.stringify({ format: 1, bwrap: '/usr/bin/bwrap', args: ['a\0b'], paths: [], limits: {}, program: '', changes: 0 })],
    ['for a bwrap that does nothing', JSON.stringify({ format: 1, bwrap: '/bin/true', args: [], paths: [], limits: { maxDisk: 1 }, program: '', changes: 0 })],
  ])('where what was kept is %s', async (_, spoilt) => {
    text = spoilt;
    expect((await next(shell(HOW))).stdout).toBe('anew\n');
  });
});

it('makes nothing that was covered before and is gone', async () => {
  const covered = join(folder.path, 'covered');
  const plan = shell(HOW, { cwd: folder.path, mounts: [writeMount(folder.path)], hidden: [covered] });
  mkdirSync(covered);
  await ranBefore(plan);
  rmSync(covered, { recursive: true });
  start();
  await sleep(300);
  expect(existsSync(covered)).toBe(false);
  expect((await run(plan)).exitCode).toBe(0);
});
