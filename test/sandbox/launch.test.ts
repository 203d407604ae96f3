import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { prepareSlot, releaseSlot } from '../../src/sandbox/launch.ts';
import { scratchFolder } from '../../src/sandbox/scratch.ts';
import { expectSlot, isAlive, type Slot } from '../../src/sandbox/slots.ts';
import { MiB, planOf, run, shell, temporaryFolder } from './support.ts';

const INHERITING = join(import.meta.dirname, 'inheriting.ts');

/** Ids of this machine's processes whose command line contains a text. */
function processesWith(text: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
    } catch {
      return false;
    }
  });
}

/** Ids of this process's own children. */
function children(): string[] {
  return readdirSync('/proc/self/task').flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'latin1').split(' ').filter(Boolean));
}

describe('a sandboxed process', () => {
  it('delivers both streams and its exit code', async () => {
    const ran = await run(shell('echo out; echo err >&2; exit 37'));
    expect(ran).toMatchObject({ exitCode: 37, signal: null, stdout: 'out\n', stderr: 'err\n', outputBytes: 8, truncated: false });
    expect(ran.stopped).toBeUndefined();
  });

  it('can open its streams by name, since they are pipes', async () => {
    const ran = await run(shell('echo a > /dev/stderr; cat /dev/stdin > /dev/stdout', { stdin: 'pipe' }), { input: Buffer.from('b') });
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'b', stderr: 'a\n' });
  });

  it('gets arguments exactly as they are', async () => {
    const odd = ['', ' ', "it's", '"', '$(id)', '`id`', 'a\nb', '\\', '--args', '-', '*', 'ü€😀', '\u0001'];
    const ran = await run(planOf(['/usr/bin/printf', '%s|', ...odd]));
    expect(ran.stdout).toBe(odd.map((word) => `${word}|`).join(''));
  });

  it('gets its environment exactly as it is, and nothing else', async () => {
    const env = { PATH: '/usr/bin:/bin', LINES_OF: 'a\nb', EMPTY: '', QUOTE: "'" };
    const ran = await run(planOf(['/usr/bin/env', '-0'], { env }));
    // bwrap tells the working folder, too.
    const seen = ran.stdout.split('\0').filter((entry) => entry !== '' && !/^(OLD)?PWD=/.test(entry));
    expect(seen.toSorted()).toEqual(Object.entries(env).map(([name, value]) => `${name}=${value}`).toSorted());
  });

  it('sees no variable of toka, not even the one that Node.js hands on by itself', async () => {
    process.env['NODE_V8_COVERAGE'] = tmpdir();
    try {
      expect((await run(shell("cat /proc/1/environ | tr '\\0' '\\n' | grep -v PWD="))).stdout).toBe('');
    } finally {
      delete process.env['NODE_V8_COVERAGE'];
    }
  });

  it('changes no mode and no time of the devices, which are those of this machine', async () => {
    // Root owns them; what is set here is what they have.
    const script = 'for f in /dev/full /dev/null /dev/random /dev/tty /dev/urandom /dev/zero; do chmod $(stat -c %a $f) $f && echo $f; touch -r $f $f && echo $f; done 2>/dev/null; echo x > /dev/null && head -c1 /dev/zero | wc -c';
    expect((await run(shell(script))).stdout).toBe('1\n');
  });

  it.each([['a\0--bind'], ['x'.repeat(200_000)]])('is not started with an argument that cannot be passed', async (word) => {
    await expect(run(planOf(['/bin/echo', word]))).rejects.toMatchObject({ code: 'TOKA_PARAM_INVALID' });
  });

  it('reads large input to its end', async () => {
    const input = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 64; i++) yield Buffer.alloc(65_536, 97);
    };
    const ran = await run(planOf(['/usr/bin/wc', '-c'], { stdin: 'pipe' }), { input: input() });
    expect(ran.stdout.trim()).toBe(String(4 * MiB));
  });

  it('may end without reading its input', async () => {
    const ran = await run(shell('exit 5', { stdin: 'pipe' }), { input: Buffer.alloc(4 * MiB) });
    expect(ran.exitCode).toBe(5);
  });

  it('finds an empty standard input where none is declared', async () => {
    const ran = await run(planOf(['/usr/bin/wc', '-c']));
    expect(ran.stdout.trim()).toBe('0');
  });

  it('is named in the error when it does not exist', async () => {
    const error = { code: 'TOKA_RUNTIME_UNAVAILABLE', data: { program: 'no-such-program' } };
    await expect(run(planOf(['no-such-program']))).rejects.toMatchObject(error);
    await expect(run(planOf(['/usr/bin/no-such-program']))).rejects.toMatchObject({ code: 'TOKA_RUNTIME_UNAVAILABLE' });
  });

  it('keeps what it prints even if that looks like the launcher', async () => {
    const ran = await run(shell('echo "bwrap: not really" >&2; exit 1'));
    expect(ran).toMatchObject({ exitCode: 1, stderr: 'bwrap: not really\n' });
  });

  it('reports 128 + n for a signal inside', async () => {
    expect(await run(shell('kill -SEGV $$'))).toMatchObject({ exitCode: 139, signal: null });
  });

  it('has no file that toka itself inherited', () => {
    using folder = temporaryFolder();
    const secret = join(folder.path, 'secret');
    writeFileSync(secret, 'SECRET');
    // Node closes inherited files on its own up to the first gap after 15.
    const stdio = Array.from({ length: 41 }, (_, fd) => (fd === 40 ? openSync(secret, 'r') : fd === 1 ? 'pipe' : 'ignore'));
    const { stdout, status } = spawnSync(process.execPath, [INHERITING], { stdio, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'end\n' });
  });
});

describe('what a process leaves behind', () => {
  it('is killed when the program ends, even if it holds the output', async () => {
    const mark = `${process.pid}.71`;
    const ran = await run(shell(`sleep ${mark} & exit 4`));
    expect(ran.exitCode).toBe(4);
    expect(processesWith(mark)).toEqual([]);
  });

  it('is gone when the run is over, even if it holds nothing', async () => {
    const mark = `${process.pid}.73`;
    await run(shell(`i=0; while [ $i -lt 50 ]; do setsid sleep ${mark} >/dev/null 2>&1 & i=$((i+1)); done`));
    expect(processesWith(mark)).toEqual([]);
  });

  it('is killed at the time limit, whatever it ignores', async () => {
    const mark = `${process.pid}.72`;
    const script = `trap '' TERM INT HUP; setsid sh -c "trap '' TERM; sleep ${mark}" & while :; do sleep ${mark}; done`;
    const ran = await run(shell(script, { limits: { timeoutMs: 300 } }));
    expect(ran).toMatchObject({ exitCode: null, signal: 'SIGKILL', stopped: 'timeout' });
    expect(processesWith(mark)).toEqual([]);
  });
});

describe('cancelling', () => {
  it('asks the program to end', async () => {
    const plan = shell("trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.05; done");
    const abort = new AbortController();
    let stdout = '';
    const ran = await run(plan, {
      signal: abort.signal,
      onOutput: (stream, chunk) => {
        if (stream === 'stdout') stdout += Buffer.from(chunk).toString();
        if (stdout.includes('ready')) abort.abort();
      },
    });
    expect(ran).toMatchObject({ exitCode: 9, stopped: 'cancelled' });
    expect(stdout).toBe('ready\nbye\n');
  });

  it('kills a program that does not listen', async () => {
    const abort = new AbortController();
    const ran = await run(shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"), {
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect(ran).toMatchObject({ exitCode: null, signal: 'SIGKILL', stopped: 'cancelled' });
  });

  it('before the start runs nothing', async () => {
    await expect(run(shell('exit 0'), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'TOKA_CANCELLED' });
  });
});

describe('output', () => {
  it('is held back while it is not accepted', async () => {
    let most = 0;
    let current = 0;
    const ran = await run(shell('head -c 1000000 /dev/zero'), {
      onOutput: async () => {
        most = Math.max(most, ++current);
        await sleep(1);
        current--;
      },
    });
    expect(ran).toMatchObject({ exitCode: 0, outputBytes: 1_000_000 });
    expect(most).toBe(1);
  });

  it('that its receiver fails on ends the run', async () => {
    const failure = new Error('full');
    const plan = shell('while :; do echo more; done');
    await expect(run(plan, { onOutput: () => Promise.reject(failure) })).rejects.toBe(failure);
  });
});

describe('slots', () => {
  it('are used where they are passed, and end where they are released', async () => {
    const slot = prepareSlot()!;
    const ran = await run(shell('echo in a slot'), { slot });
    expect(ran.stdout).toBe('in a slot\n');
    expect(isAlive(slot)).toBe(false);
    const unused = prepareSlot()!;
    releaseSlot(unused);
    await new Promise((resolve) => void unused.shell.once('exit', resolve));
    expect(isAlive(unused)).toBe(false);
  });

  it('are released if the launch fails before it needs them', async () => {
    const slot = prepareSlot()!;
    const ended = new Promise((resolve) => void slot.shell.once('exit', resolve));
    await expect(run(planOf(['no-such-program']), { slot })).rejects.toMatchObject({ code: 'TOKA_RUNTIME_UNAVAILABLE' });
    await ended;
  });

  it('that were expected are taken once, and end if nobody takes them', async () => {
    const taken = expectSlot();
    const slot = taken.take()!;
    expect(taken.take()).toBe(undefined);
    taken.end();
    expect((await run(shell('echo taken'), { slot })).stdout).toBe('taken\n');
    expect(slot.shell.signalCode).toBe(null);
    const before = children();
    const unused = expectSlot();
    const made = children().filter((pid) => !before.includes(pid));
    expect(made).not.toEqual([]);
    unused.end();
    await vi.waitFor(() => expect(made.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]));
  });

  it('whose control group takes no limits are replaced by one without', async () => {
    const refuse = (): never => {
      throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
    };
    const slot = prepareSlot()!;
    const cgroup = { controllers: { memory: true, processes: true, cpu: true }, joins: [], read: () => ({}), members: () => [], remove: () => true, ...slot.cgroup, limit: refuse };
    const ran = await run(shell('echo on'), { slot: { ...slot, cgroup: cgroup as never } });
    expect(ran).toMatchObject({ stdout: 'on\n', enforcement: { memory: 'watchdog', cpu: 'rlimit' } });
  });

  it('that have died are replaced', async () => {
    const slot = prepareSlot()!;
    const ended = new Promise((resolve) => void slot.shell.once('exit', resolve));
    slot.shell.kill('SIGKILL');
    await ended;
    expect((await run(shell('echo on'), { slot })).stdout).toBe('on\n');
  });

  it('serve many launches at once, each with its own streams', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, (_, n) => run(shell(`echo ${n}; sleep 0.1; exit ${n}`))));
    expect(runs.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual(runs.map((_, n) => [`${n}\n`, n]));
  });

  it('leave nothing in the scratch folder but what covers other files', async () => {
    await run(shell('true'));
    releaseSlot(prepareSlot());
    await vi.waitFor(() => expect(readdirSync(scratchFolder()).filter((name) => !name.startsWith('empty.'))).toEqual([]));
  });

  /** One whose control group was gone before its shell came to join it: a shell that was quicker is let go. */
  function unjoinable(): Slot | undefined {
    for (;;) {
      const slot = prepareSlot();
      if (!slot?.cgroup) return slot;
      if (slot.cgroup.remove()) return slot;
      releaseSlot(slot);
    }
  }

  it('that could not join their control group are replaced by one without', async ({ skip }) => {
    const slot = unjoinable();
    if (!slot?.cgroup) return skip('no control groups here');
    const ran = await run(shell('echo on'), { slot: { ...slot, cgroup: { ...slot.cgroup, limit: () => undefined } } });
    expect([ran.stdout, ran.enforcement.memory]).toEqual(['on\n', 'watchdog']);
  });

  it('that could not make their pipes refuse the run', async () => {
    const folder = scratchFolder();
    rmSync(folder, { recursive: true });
    const slot = prepareSlot();
    await expect(run(shell('true'), { slot })).rejects.toMatchObject({ code: 'TOKA_SANDBOX_UNAVAILABLE', data: { have: 'no pipes' } });
    mkdirSync(folder, { mode: 0o700 });
    expect((await run(shell('echo again'))).stdout).toBe('again\n');
  });
});
