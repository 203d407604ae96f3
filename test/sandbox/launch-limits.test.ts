import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { giveUpCgroups } from '../../src/sandbox/limits/cgroup.ts';
import { MiB, planOf, run, shell, temporaryFolder, writeMount } from './support.ts';

const PYTHON = '/usr/bin/python3';

/** Grows well beyond any limit of these tests, then says so. */
const GROW = `
chunks = []
for i in range(60):
    chunk = bytearray(10 << 20)
    chunk[::4096] = b'x' * len(chunk[::4096])
    chunks.append(chunk)
print('grew')
`;

/** Each child stays below the limit of one process; together they do not. */
const GROW_TOGETHER = `
import os, time
for i in range(8):
    if os.fork() == 0:
        block = bytearray(40 << 20)
        block[::4096] = b'x' * len(block[::4096])
        time.sleep(30)
time.sleep(30)
print('grew')
`;

/** A fork that is refused does not end it. */
const FORK_FOR_EVER = `
import os, time
while True:
    try:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    except OSError:
        time.sleep(0.001)
`;

const HARD = { memory: 'cgroup', processes: 'cgroup', cpu: 'cgroup' };

const BURN = 'while :; do :; done';
const FILL = 'i=0; while [ $i -lt 40 ]; do head -c 4194304 /dev/zero > "fill.$i"; i=$((i+1)); done; echo filled; sleep 20';

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 0);
}

// The second time without control groups: what a machine enforces that has none, for root and for users.
describe.each(['as this machine can', 'without control groups'])('limits enforced %s', (how) => {
  if (how === 'without control groups') giveUpCgroupsBefore();

  it('stop the time', async () => {
    const ran = await run(shell('sleep 20', { limits: { timeoutMs: 100 } }));
    expect(ran).toMatchObject({ exitCode: null, stopped: 'timeout' });
  });

  it('hold the memory of one process', async () => {
    const ran = await run(planOf([PYTHON, '-c', GROW], { limits: { memory: 128 * MiB } }));
    expect(ran.stdout).toBe('');
    expect(ran.stopped === 'memory' || ran.exitCode !== 0).toBe(true);
    if (ran.enforcement.memory === 'cgroup') expect(ran).toMatchObject({ stopped: 'memory', exitCode: null });
  });

  it('hold the memory of a tree', async () => {
    const ran = await run(planOf([PYTHON, '-c', GROW_TOGETHER], { limits: { memory: 128 * MiB } }));
    expect(ran).toMatchObject({ stopped: 'memory', exitCode: null, stdout: '' });
  });

  it('hold the files in memory', async () => {
    const script = 'for d in /tmp /dev/shm; do head -c 300000000 /dev/zero > $d/fill; wc -c < $d/fill; done';
    const ran = await run(shell(script, { limits: { memory: 128 * MiB, maxDisk: 16 * MiB } }));
    for (const size of ran.stdout.split('\n').filter(Boolean)) expect(Number(size)).toBeLessThanOrEqual(16 * MiB);
  });

  it('stop a tree that forks for ever', async () => {
    const ran = await run(planOf([PYTHON, '-c', FORK_FOR_EVER], { limits: { pids: 16 } }));
    expect(ran).toMatchObject({ stopped: 'processes', exitCode: null });
  });

  it('let a tree use all its processes', async () => {
    const ran = await run(shell('i=1; while [ $i -lt 16 ]; do sleep 0.3 & i=$((i+1)); done; wait; echo all', { limits: { pids: 16 } }));
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'all\n' });
  });

  it('hold the CPU share', async () => {
    const { enforcement } = await run(shell('true'));
    // RLIMIT_CPU counts full seconds, which a busy machine takes long to grant; a quota can be seen at once.
    const limits = enforcement.cpu === 'rlimit' ? { cpu: 2, timeoutMs: 40_000 } : { cpu: 25, timeoutMs: 2000 };
    const ran = await run(shell(BURN, { limits }));
    if (enforcement.cpu === 'rlimit') expect(ran).toMatchObject({ stopped: 'cpu', exitCode: null });
    else expect(ran.cpuMs?.value).toBeLessThan(0.5 * ran.wallMs);
  });

  it('stop output that never ends, and deliver not a byte more', async () => {
    let bytes = 0;
    const plan = shell('head -c 1000000000 /dev/zero; echo done >&2; sleep 20', { limits: { maxOutput: 100_000 } });
    const ran = await run(plan, { onOutput: (_stream, chunk) => void (bytes += chunk.length) });
    expect(ran).toMatchObject({ stopped: 'output', truncated: true, outputBytes: 100_000, exitCode: null });
    expect(bytes).toBe(100_000);
  });

  it('count both streams together', async () => {
    const ran = await run(shell('head -c 600 /dev/zero; head -c 600 /dev/zero >&2; sleep 20', { limits: { maxOutput: 1000 } }));
    expect(ran).toMatchObject({ stopped: 'output', outputBytes: 1000 });
  });

  it('let output through that just fits', async () => {
    const ran = await run(shell('head -c 1000 /dev/zero', { limits: { maxOutput: 1000 } }));
    expect(ran).toMatchObject({ exitCode: 0, truncated: false, outputBytes: 1000 });
  });

  it('stop one file that grows too large', async () => {
    using folder = temporaryFolder();
    const parts = { cwd: folder.path, mounts: [writeMount(folder.path)], limits: { maxDisk: 8 * MiB } };
    const ran = await run(planOf(['/usr/bin/head', '-c', '400000000', '/dev/zero'], parts), { onOutput: () => undefined });
    expect(ran.stopped).toBe('output');
    const filled = await run(shell('exec head -c 400000000 /dev/zero > fill', parts));
    expect(filled.stopped).toBe('disk');
    expect(bytesIn(folder.path)).toBeLessThanOrEqual(8 * MiB);
  });

  it('stop the CPU time of processes whose end nobody waits for', async () => {
    const script = `import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
end = time.time() + 8
while time.time() < end:
  if os.fork() == 0:
    start = time.time()
    while time.time() < start + 0.2: pass
    os._exit(0)
  try: os.wait()
  except ChildProcessError: pass`;
    const ran = await run(planOf([PYTHON, '-c', script], { limits: { cpu: 5, timeoutMs: 20_000 } }));
    if (ran.enforcement.cpu === 'rlimit') expect(ran).toMatchObject({ stopped: 'cpu', exitCode: null });
    else expect(ran.cpuMs?.value).toBeLessThan(0.1 * ran.wallMs);
  });

  it('stop files that processes write whose end nobody waits for, so that the kernel drops their counts', async () => {
    using folder = temporaryFolder();
    const script = `import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for n in range(150):
  if os.fork() == 0:
    with open(str(n), 'wb') as file: file.write(b'x' * 2000000)
    time.sleep(0.1)
    os._exit(0)
  try: os.wait()
  except ChildProcessError: pass`;
    const ran = await run(planOf(['/usr/bin/python3', '-c', script], { cwd: folder.path, mounts: [writeMount(folder.path)], limits: { maxDisk: 16 * MiB, timeoutMs: 30_000 } }));
    expect(ran).toMatchObject({ stopped: 'disk', exitCode: null });
    expect(bytesIn(folder.path)).toBeLessThan(150_000_000);
  });

  it('stop many files that grow too large together', async () => {
    using folder = temporaryFolder();
    const ran = await run(shell(FILL, { cwd: folder.path, mounts: [writeMount(folder.path)], limits: { maxDisk: 16 * MiB } }));
    expect(ran).toMatchObject({ stopped: 'disk', exitCode: null });
  });

  it('never wait for ever for input', async () => {
    const ran = await run(planOf(['/bin/cat']));
    expect(ran).toMatchObject({ exitCode: 0, outputBytes: 0 });
  });

  it('let Node.js start within the lowest level, with a thread of its own', async () => {
    const node = realpathSync(process.execPath);
    const script = `new (require('node:worker_threads').Worker)('1', { eval: true }).on('exit', () => console.log(6 * 7))`;
    const ran = await run(planOf([node, '-e', script], { mounts: [{ path: node, access: 'read' }], limits: { memory: 128 * MiB } }));
    expect(ran).toMatchObject({ exitCode: 0, stdout: '42\n' });
  });

  it('report only what was measured', async () => {
    const ran = await run(shell('i=0; while [ $i -lt 20 ]; do sleep 0.02; i=$((i+1)); done'));
    const source = ran.enforcement.memory === 'cgroup' ? 'cgroup' : 'sampled';
    expect(ran.maxRssBytes).toMatchObject({ source });
    expect(ran.maxRssBytes!.value).toBeGreaterThan(0);
    expect(ran.wallMs).toBeGreaterThan(0);
  });

  it('are refused where hard ones are demanded and there are none', async () => {
    const hard = run(shell('echo ran'), { require: 'hard' });
    if (how === 'without control groups') await expect(hard).rejects.toMatchObject({ code: 'TOKA_SANDBOX_UNAVAILABLE' });
    else await hard.then(({ enforcement }) => expect(enforcement).toMatchObject(HARD), expectUnavailable);
  });
});

function giveUpCgroupsBefore(): void {
  it('does without from here on', async () => {
    giveUpCgroups();
    const ran = await run(shell('true'));
    expect(ran.enforcement).toMatchObject({ memory: 'watchdog', cpu: 'rlimit' });
  });
}

function expectUnavailable(error: unknown): void {
  expect(error).toMatchObject({ code: 'TOKA_SANDBOX_UNAVAILABLE' });
}
