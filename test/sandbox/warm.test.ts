import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { LaunchOptions, Outcome, SandboxPlan } from '../../src/sandbox/plan.ts';
import { scratchFolder } from '../../src/sandbox/scratch.ts';
import { WarmProcesses } from '../../src/sandbox/warm.ts';
import { processesWith, until } from '../support/cli.ts';
import { MiB, planOf, type PlanParts, readMount, temporaryFolder, writeMount } from './support.ts';

const KEEPING = join(import.meta.dirname, 'keeping.ts');

let warm = new WarmProcesses({ processes: 2, idleMs: 60_000 });
afterEach(async () => {
  await warm.close();
  warm = new WarmProcesses({ processes: 2, idleMs: 60_000 });
});

let serial = 0;

/** A program with a mark in its command line, so that it can be found, which does what its order says. */
function waiting(parts?: PlanParts): { readonly plan: SandboxPlan; readonly mark: string } {
  const mark = `warm-${process.pid}-${++serial}`;
  return { mark, plan: planOf(['/bin/bash', '-c', 'started=$EPOCHREALTIME; read -r order <&3; eval "$order"', mark], { channel: true, ...parts }) };
}

async function order(plan: SandboxPlan, script: string, options: Partial<LaunchOptions> = {}): Promise<Outcome & { readonly said: string[]; readonly stdout: string }> {
  const said: string[] = [];
  const chunks: Uint8Array[] = [];
  const outcome = await warm.launch(plan, {
    onOutput: (_, chunk) => void chunks.push(chunk),
    channel: { maxLine: MiB, onOpen: (link) => void link.write(script), onLine: (line) => void said.push(line), onFault: () => undefined, onEnded: () => undefined },
    ...options,
  });
  return { ...outcome, said, stdout: Buffer.concat(chunks).toString('utf8') };
}

/** Ids of the processes inside sandboxes that wait or run with a mark: bwrap and its first process have it in their command lines, too. */
const living = (mark: string): string[] => processesWith(mark);

/** Waits until the next process with a mark is there: bwrap has become what it runs. It can be seen a moment before it is known to wait. */
async function nextOf(mark: string): Promise<void> {
  await until(() => living(mark).some((line) => /^\d+ \/bin\/bash /.test(line)));
  await sleep(200);
}

/** Runs once, and waits until the next process of it is there. */
async function warmUp({ plan, mark }: ReturnType<typeof waiting>): Promise<void> {
  await order(plan, 'exit 0');
  await nextOf(mark);
}

/** Whether a run of a plan got a process that was there before. */
async function isWarm(plan: SandboxPlan): Promise<boolean> {
  const asked = Date.now();
  const { said } = await order(plan, 'echo "$started" >&4; exit 0', { input: new Uint8Array(0) });
  return Number(said[0]) * 1000 < asked;
}

describe('a process that is started ahead', () => {
  it('is used by the next run of the same sandbox, once', async () => {
    const kept = waiting();
    expect(await isWarm(kept.plan)).toBe(false);
    const starts = new Set<string>();
    for (let times = 0; times < 3; times++) {
      await nextOf(kept.mark);
      const asked = Date.now();
      const { said } = await order(kept.plan, 'echo "$started" >&4; exit 0');
      expect(Number(said[0]) * 1000).toBeLessThan(asked);
      starts.add(said[0]!);
    }
    expect(starts.size).toBe(3);
  });

  it('keeps nothing of one run for the next', async () => {
    const kept = waiting();
    for (let times = 0; times < 3; times++) {
      const ran = await order(kept.plan, 'echo "[${state-}$(ls /tmp /dev/shm | tr -d \'\\n\')]" >&4; state=kept; echo x > /tmp/kept; echo x > /dev/shm/kept; exit 0');
      expect(ran.said[0]).toMatch(/^\[\S*shm:?\S*\]$/);
      expect(ran.said[0]).not.toContain('kept');
      await sleep(150);
    }
  });

  it('begins its time with its run', async () => {
    const kept = waiting({ limits: { timeoutMs: 1000 } });
    await warmUp(kept);
    await sleep(1200);
    const asked = Date.now();
    const ran = await order(kept.plan, 'sleep 0.3; echo "$started" >&4; exit 5');
    expect(ran).toMatchObject({ exitCode: 5 });
    expect(asked - Number(ran.said[0]) * 1000).toBeGreaterThan(1000);
    expect((await order(kept.plan, 'sleep 60')).stopped).toBe('timeout');
  });

  it('holds the limits of its run, where they are lower', async () => {
    const kept = waiting();
    await warmUp(kept);
    const lower = { ...kept.plan, limits: { ...kept.plan.limits, maxOutput: 10 } };
    expect((await order(lower, 'echo 12345678901234567890')).stopped).toBe('output');
  });

  it('counts the CPU time of its run alone', async () => {
    const kept = waiting();
    const busy = planOf(['/bin/bash', '-c', 'for ((i = 0; i < 300000; i++)); do :; done; read -r order <&3; eval "$order"', kept.mark], { channel: true });
    await warmUp({ plan: busy, mark: kept.mark });
    await sleep(1500);
    const ran = await order(busy, 'exit 0');
    const cold = await order({ ...busy, limits: { ...busy.limits, pids: 63 } }, 'exit 0');
    expect(ran.cpuMs!.value).toBeLessThan(cold.cpuMs!.value / 2);
  });

  it('can be cancelled as any other', async () => {
    const kept = waiting();
    await warmUp(kept);
    const controller = new AbortController();
    const ran = await order(kept.plan, 'echo begun; sleep 60', { signal: controller.signal, onOutput: () => controller.abort() });
    expect(ran.stopped).toBe('cancelled');
  });

  it('has a folder of its own for what it leaves', async () => {
    const kept = waiting({ folder: '/dev/toka-artifacts' });
    const left: string[][] = [];
    const collect = (folder: string): void => void left.push(readdirSync(folder));
    for (const name of ['a', 'b']) {
      await order(kept.plan, `echo x > /dev/toka-artifacts/${name}; exit 0`, { collect });
      await sleep(200);
    }
    expect(left).toEqual([['a'], ['b']]);
    await warm.close();
    expect(readdirSync(scratchFolder()).filter((name) => name.startsWith('folder'))).toEqual([]);
  });

  it('goes to the network by the rules of its run', async () => {
    const kept = waiting({ network: ['net:connect:example.test:80'] });
    await warmUp(kept);
    const refusals: string[] = [];
    const network = { reach: { allows: () => false, names: () => false }, onRefused: ({ grant }: { readonly grant: string }): void => void refusals.push(grant) };
    await order(kept.plan, 'exec 9<>/dev/tcp/127.0.0.1/$(ls /dev/null >/dev/null; grep -o "[0-9A-F]* 00000000:0000 0A" /proc/net/tcp | head -1 | cut -d" " -f1 | sed "s/^/16#/" | xargs -I{} bash -c "echo \\$(({}))"); printf "CONNECT example.test:80 HTTP/1.1\\r\\nHost: example.test:80\\r\\n\\r\\n" >&9; head -n1 <&9; exit 0', { network });
    expect(refusals).toHaveLength(1);
  });
});

describe('a process that waits', () => {
  it.each([
    ['another variable', { env: { PATH: '/usr/bin:/bin', OTHER: '1' } }],
    ['another folder', { cwd: '/usr' }],
    ['a lower limit of memory', { limits: { memory: 200 * MiB } }],
    ['a file of its own', { files: [{ path: '/dev/toka/x', content: 'x' }] }],
    ['standard input', { stdin: 'pipe' as const }],
    ['network', { network: ['net:connect:example.test:80'] }],
  ])('is not used by a run with %s', async (_, parts) => {
    const kept = waiting();
    await warmUp(kept);
    const { limits, ...rest } = parts as PlanParts;
    expect(await isWarm({ ...kept.plan, ...rest, limits: { ...kept.plan.limits, ...limits } })).toBe(false);
    expect(await isWarm(kept.plan)).toBe(true);
  });

  it.each([
    [
      'the folder that it sees was replaced',
      (path: string): void => {
        renameSync(join(path, 'tree'), join(path, 'old'));
        mkdirSync(join(path, 'tree'));
        writeFileSync(join(path, 'tree', 'file'), 'new');
      },
    ],
    [
      'the file that it sees was replaced',
      (path: string): void => {
        writeFileSync(join(path, 'next'), 'new');
        renameSync(join(path, 'next'), join(path, 'single'));
      },
    ],
  ])('is not used where %s', async (_, change) => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'tree'));
    writeFileSync(join(folder.path, 'tree', 'file'), 'old');
    writeFileSync(join(folder.path, 'single'), 'old');
    const kept = waiting({ mounts: [readMount(join(folder.path, 'tree')), readMount(join(folder.path, 'single'))] });
    await warmUp(kept);
    change(folder.path);
    const ran = await order(kept.plan, `cat ${folder.path}/tree/file ${folder.path}/single`);
    expect(ran.stdout).toContain('new');
  });

  it('protects what has come to be protected since', async () => {
    using folder = temporaryFolder();
    const kept = waiting({ mounts: [writeMount(folder.path)], cwd: folder.path });
    await warmUp(kept);
    mkdirSync(join(folder.path, '.git', 'hooks'), { recursive: true });
    const ran = await order(kept.plan, 'echo x > .git/hooks/pre-commit');
    expect(ran.exitCode).not.toBe(0);
    expect(readdirSync(join(folder.path, '.git', 'hooks'))).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('is not used where something was mounted since that bwrap has taken no rights from', async () => {
    using folder = temporaryFolder();
    const below = join(folder.path, 'below');
    execFileSync('mount', ['-t', 'tmpfs', 'test', folder.path]);
    try {
      execFileSync('mount', ['--make-shared', folder.path]);
      mkdirSync(below);
      const kept = waiting({ mounts: [readMount(folder.path)] });
      await warmUp(kept);
      execFileSync('mount', ['-t', 'tmpfs', 'test', below]);
      await order(kept.plan, `echo x > ${below}/file`);
      expect(readdirSync(below)).toEqual([]);
    } finally {
      await warm.close();
      execFileSync('umount', ['-l', '--recursive', folder.path]);
    }
  });

  it('is never one that writes a single file, or makes a folder', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'file'), 'one');
    const kept = waiting({ mounts: [writeMount(join(folder.path, 'file'))] });
    await order(kept.plan, 'exit 0');
    await sleep(300);
    expect(living(kept.mark)).toEqual([]);
  });

  it('ends when it has waited long enough', async () => {
    warm = new WarmProcesses({ processes: 2, idleMs: 300 });
    const kept = waiting();
    await order(kept.plan, 'exit 0');
    await until(() => living(kept.mark).length > 0);
    await until(() => living(kept.mark).length === 0);
    expect(await isWarm(kept.plan)).toBe(false);
  });

  it('makes room for others: there are never more than so many', async () => {
    const all = [waiting(), waiting(), waiting(), waiting()];
    for (const { plan } of all) await order(plan, 'exit 0');
    await until(() => all.map(({ mark }) => living(mark).length > 0).join() === 'false,false,true,true');
    // A process can be seen a moment before it is known to wait.
    let wasWarm = false;
    await until(async () => (wasWarm = await isWarm(all[3]!.plan)));
    expect(wasWarm).toBe(true);
  });

  it('ends with close', async () => {
    const kept = waiting();
    await warmUp(kept);
    await warm.close();
    expect(living(kept.mark)).toEqual([]);
  });

  it('is done without where it has died', async () => {
    const kept = waiting();
    await warmUp(kept);
    for (const pid of living(kept.mark).map((line) => line.split(' ')[0])) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended with the one before.
      }
    }
    await until(() => living(kept.mark).length === 0);
    expect(await order(kept.plan, 'echo line >&4; exit 0')).toMatchObject({ exitCode: 0, said: ['line'] });
  });

  it.each([
    ['is killed', 'SIGKILL', null],
    ['exits', 'exit', 0],
    ['closes', 'close', 0],
    ['has nothing more to do', 'end', 0],
  ])('ends with toka that %s', async (_, how, code) => {
    const mark = `warm-${process.pid}-${++serial}`;
    const child = spawn(process.execPath, [KEEPING, mark], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await until(() => living(mark).length > 1);
    if (how === 'SIGKILL') child.kill(how);
    else child.stdin.end(how);
    expect((await once(child, 'exit'))[0]).toBe(code);
    await until(() => living(mark).length === 0);
  });

  it('serves many runs at once, each in a process of its own', async () => {
    const kept = waiting();
    const ran = await Promise.all(Array.from({ length: 8 }, async (_, n) => order(kept.plan, `echo ${n} >&4; exit 0`)));
    expect(ran.map(({ said }) => said)).toEqual(Array.from({ length: 8 }, (_, n) => [String(n)]));
  });
});

it('leaves nothing in the scratch folder', async () => {
  const kept = waiting();
  await warmUp(kept);
  await warm.close();
  expect(readdirSync(scratchFolder()).filter((name) => /^(?:in|out|err|lines|replies|folder)\./.test(name))).toEqual([]);
});
