import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LaunchOptions, SandboxPlan } from '../../src/sandbox/plan.ts';
import { scratchFolder } from '../../src/sandbox/scratch.ts';
import { WarmProcesses } from '../../src/sandbox/warm.ts';
import { startedWith, until } from '../support/cli.ts';
import { MiB, planOf, type PlanParts, type Ran, readMount, shell, temporaryFolder, writeMount } from './support.ts';

/** What bwrap was told to start: in one that was laid out ahead a shell that reads. */
const HOW = `(tr '\\0' ' ' </proc/1/cmdline | grep -q 'IFS= rea[d] ' && echo ahead || echo anew)`;

let warm: WarmProcesses;
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  warm = new WarmProcesses({ processes: 2, idleMs: 60_000 });
  folder = temporaryFolder();
});
afterEach(async () => {
  await warm.close();
  folder[Symbol.dispose]();
});

async function run(plan: SandboxPlan, options: Partial<LaunchOptions> = {}): Promise<Ran> {
  const said = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const outcome = await warm.launch(plan, { onOutput: (stream, chunk) => void said[stream].push(chunk), ...options });
  const text = (chunks: Uint8Array[]): string => Buffer.concat(chunks).toString('utf8');
  return { ...outcome, stdout: text(said.stdout), stderr: text(said.stderr) };
}

/** Waits until a sandbox is laid out: bwrap has become the shell that waits in it. */
async function nextOne(): Promise<void> {
  await until(() => startedWith('IFS= read').some((line) => !line.includes(' --args ')));
}

/** Runs once, and waits until the next sandbox of it is there. */
async function warmUp(plan: SandboxPlan): Promise<void> {
  expect((await run(plan)).stdout).toContain('anew\n');
  await nextOne();
}

const inFolder = (script = HOW, parts?: PlanParts): SandboxPlan => shell(script, { cwd: folder.path, mounts: [writeMount(folder.path)], ...parts });

describe('a sandbox that waits for a program', () => {
  it('is used by the next run of the same sandbox, once', async () => {
    const plan = inFolder(`cut -d' ' -f22 /proc/1/stat; ${HOW}`);
    const starts = new Set<string>();
    await warmUp(plan);
    for (let times = 0; times < 3; times += 1) {
      const [start, how] = (await run(plan)).stdout.split('\n');
      expect(how).toBe('ahead');
      starts.add(start!);
      await nextOne();
    }
    expect(starts.size).toBe(3);
  });

  it('gets the arguments and variables of its run', async () => {
    const print = (word: string, value: string): SandboxPlan => planOf(['/bin/sh', '-c', `printf '%s|' "$VALUE" "$1"; ${HOW}`, 'sh', word], { env: { PATH: '/usr/bin:/bin', VALUE: value } });
    await warmUp(print('first', '1'));
    expect((await run(print(`a 'b' "c"\n$d`, '\\ 🙂'))).stdout).toBe(`\\ 🙂|a 'b' "c"\n$d|ahead\n`);
  });

  it('keeps nothing of one run for the next', async () => {
    const look = `ls -A /tmp /dev/shm | tr '\\n' ' '; echo x >/tmp/kept; echo x >/dev/shm/kept; ${HOW}`;
    await warmUp(shell(look));
    const ran = await run(shell(look));
    expect(ran.stdout).toContain('ahead');
    expect(ran.stdout).not.toContain('kept');
  });

  it('passes on output, errors and the exit code', async () => {
    const script = (code: number): string => `${HOW}; echo wrong >&2; exit ${code}`;
    await warmUp(shell(script(3)));
    expect(await run(shell(script(7)))).toMatchObject({ stdout: 'ahead\n', stderr: 'wrong\n', exitCode: 7, signal: null });
  });

  it('passes on megabytes', async () => {
    await warmUp(shell(HOW));
    const ran = await run(shell(`${HOW}; head -c 5000000 /dev/zero | tr '\\0' x`));
    expect({ how: ran.stdout.slice(0, 6), bytes: ran.outputBytes }).toEqual({ how: 'ahead\n', bytes: 5_000_006 });
  });

  it('holds the limits of its run', async () => {
    await warmUp(shell(HOW));
    const ran = await run(shell(`${HOW}; sleep 20`, { limits: { timeoutMs: 300 } }));
    expect(ran).toMatchObject({ stdout: 'ahead\n', stopped: 'timeout' });
    await nextOne();
    expect(await run(shell(`${HOW}; head -c 100000000 /dev/zero`, { limits: { maxOutput: 10_000 } }))).toMatchObject({ stopped: 'output', outputBytes: 10_000 });
  });

  it('can be cancelled as any other', async () => {
    await warmUp(shell(HOW));
    const controller = new AbortController();
    const ran = await run(shell(`${HOW}; sleep 60`), { signal: controller.signal, onOutput: () => controller.abort() });
    expect(ran.stopped).toBe('cancelled');
  });

  it('serves many at once, each in one of its own', async () => {
    await warmUp(shell(HOW));
    const ran = await Promise.all(Array.from({ length: 6 }, async (_, n) => run(shell(`echo ${n}; sleep 0.1; exit ${n}`))));
    expect(ran.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual(ran.map((_, n) => [`${n}\n`, n]));
  });
});

describe('it is made anew', () => {
  it.each<[string, PlanParts]>([
    ['another folder', { cwd: '/usr' }],
    ['a right less', { mounts: [] }],
    ['fewer processes', { limits: { pids: 9, cpuMs: 3000 } }],
    ['input', { stdin: 'pipe' }],
    ['a file of its own', { files: [{ path: '/dev/toka/x', content: 'x' }] }],
    ['network', { network: ['net:connect:example.test:80'] }],
  ])('for a run with %s', async (_, parts) => {
    const plan = inFolder(HOW, { cwd: '/tmp' });
    await warmUp(plan);
    const { limits, ...rest } = parts;
    const ran = await run({ ...plan, ...rest, limits: { ...plan.limits, ...limits } }, { input: new Uint8Array(0) });
    expect(ran.stdout).toBe('anew\n');
  });

  it.each<[string, (seen: string) => void]>([
    [
      'the folder that it sees was replaced',
      (seen) => {
        renameSync(seen, `${seen}-before`);
        mkdirSync(seen);
      },
    ],
    [
      'the folder that it sees is a link by now',
      (seen) => {
        rmSync(seen, { recursive: true });
        symlinkSync(join(seen, '../other'), seen);
      },
    ],
  ])('where %s', async (_, change) => {
    for (const name of ['seen', 'other']) mkdirSync(join(folder.path, name));
    const plan = shell(HOW, { mounts: [readMount(join(folder.path, 'seen'))] });
    await warmUp(plan);
    change(join(folder.path, 'seen'));
    expect((await run(plan)).stdout).toBe('anew\n');
  });

  it('where a file that is hidden was replaced, as editors save', async () => {
    const secret = join(folder.path, '.env');
    writeFileSync(secret, 'old\n');
    const plan = inFolder(`cat .env; ${HOW}`, { hidden: [secret] });
    await warmUp(plan);
    writeFileSync(`${secret}.new`, 'SECRET=1\n');
    renameSync(`${secret}.new`, secret);
    expect((await run(plan)).stdout).toBe('anew\n');
  });

  it('where something has come that is protected', async () => {
    const plan = inFolder(`echo x 2>/dev/null >.git/hooks/pre-commit; ${HOW}`);
    await warmUp(plan);
    mkdirSync(join(folder.path, '.git/hooks'), { recursive: true });
    expect((await run(plan)).stdout).toBe('anew\n');
    expect(readdirSync(join(folder.path, '.git/hooks'))).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('where something was mounted since, which bwrap has taken no rights from', async () => {
    const [seen, below] = [join(folder.path, 'seen'), join(folder.path, 'seen/below')];
    mkdirSync(seen);
    const paths: string[] = [];
    const mount = (path: string): void => {
      execFileSync('mount', ['-t', 'tmpfs', 'test', path]);
      paths.push(path);
    };
    try {
      mount(seen);
      execFileSync('mount', ['--make-shared', seen]);
      mkdirSync(below);
      const plan = shell(`touch ${below}/file 2>/dev/null; ${HOW}`, { mounts: [readMount(seen)] });
      await warmUp(plan);
      mount(below);
      expect((await run(plan)).stdout).toBe('anew\n');
      expect(readdirSync(below)).toEqual([]);
      await until(async () => (await run(plan)).stdout === 'ahead\n');
      expect(readdirSync(below)).toEqual([]);
    } finally {
      await warm.close();
      for (const path of paths.toReversed()) execFileSync('umount', ['-l', path]);
    }
  });

  it('for a variable that the shell takes numbers for alone', async () => {
    const plan = (variables: Readonly<Record<string, string>>): SandboxPlan => planOf(['/usr/bin/env'], { env: { PATH: '/usr/bin:/bin', ...variables } });
    await run(plan({}));
    await nextOne();
    expect((await run(plan({ OPTIND: 'a b' }))).stdout).toContain('OPTIND=a b\n');
  });

  it('where what waits has died', async () => {
    await warmUp(shell(HOW));
    for (const line of startedWith('IFS= read')) {
      try {
        process.kill(Number(line.split(' ')[0]), 'SIGKILL');
      } catch {
        // It has ended with the one before.
      }
    }
    await until(() => startedWith('IFS= read').length === 0);
    expect((await run(shell(`${HOW}; exit 5`))).exitCode).toBe(5);
  });
});

it('nothing of one that waits is left after close', async () => {
  const plan = shell(HOW, { env: { PATH: '/usr/bin:/bin' }, mounts: [readMount(folder.path)], limits: { memory: 100 * MiB } });
  await warmUp(plan);
  expect(startedWith('IFS= read').length).toBeGreaterThan(0);
  await warm.close();
  await until(() => startedWith('IFS= read').length === 0);
  expect(readdirSync(scratchFolder()).filter((name) => /^(?:in|out|err|lines|replies|folder)\./.test(name))).toEqual([]);
});
