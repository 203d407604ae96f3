import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { launch } from '../launch.ts';
import type { LaunchOptions, Outcome, SandboxPlan } from '../plan.ts';
import { proxyVariables } from '../network/variables.ts';
import { ALONE, type Attempt, BEYOND, NETWORKED, type Said, type Targets } from './attempts.ts';
import { type Decoys, makeDecoys } from './decoys.ts';

/** How an attempt to get out of a sandbox of this machine ended. */
export interface Tried extends Attempt {
  /** `untried` where the program inside did not come so far. */
  readonly result: 'held' | 'broken' | 'untried';
  /** What the attempt met. */
  readonly by: string;
}

const MiB = 1024 * 1024;
const PATH = '/usr/bin:/bin';

/**
 * Attacks real sandboxes of this machine, attempt by attempt, and looks from outside at what was reached.
 *
 * @param base where the decoys are made; removed again
 * @throws TOKA_SANDBOX_UNAVAILABLE where no sandbox can be started
 */
export async function tryEscapes(base: string): Promise<Tried[]> {
  const decoys = await makeDecoys(base);
  try {
    return [...(await alone(decoys)), ...(await networked(decoys)), ...(await beyond(decoys))];
  } finally {
    decoys.remove();
  }
}

async function alone(decoys: Decoys): Promise<Tried[]> {
  const mark = `600.${process.pid}`;
  const said = await attack(ALONE, mark, decoys, {});
  const { folder, reached, isAlive } = decoys;
  const seen: Readonly<Record<string, boolean>> = {
    'write-outside': existsSync(join(folder, 'outside/new')),
    'write-read-grant': existsSync(join(folder, 'read/new')),
    'write-protected': existsSync(join(folder, 'write/.git/hooks/pre-commit')),
    'move-protected': existsSync(join(folder, 'write/moved')),
    setuid: isSetuid(join(folder, 'write/program')),
    'kill-process': !isAlive(),
    outlive: isRunning(mark),
    tcp: reached.has('other'),
    udp: reached.has('udp'),
    'unix-path': reached.has('unix-path'),
    'unix-abstract': reached.has('unix-abstract'),
  };
  return ALONE.map((each) => verdict(each, said, seen[each.id] === true));
}

async function networked(decoys: Decoys): Promise<Tried[]> {
  const { ports, reached } = decoys;
  const grants = [`127.0.0.1:${ports.granted}`, `rebound.invalid:${ports.other}`];
  const said = await attack(NETWORKED, '', decoys, {
    network: {
      reach: { allows: (host, port) => grants.includes(`${host}:${port}`), names: (host, port) => `${host}:${port}` === grants[0] },
      resolve: () => Promise.resolve(['127.0.0.1']),
      onRefused: () => undefined,
    },
  });
  return NETWORKED.map((each) => {
    if (each.id !== 'granted-host') return verdict(each, said, each.id !== 'round-proxy' && reached.has('other'));
    const { succeeded = false, met = 'no answer' } = said.get(each.id) ?? {};
    return succeeded ? { ...each, result: 'held', by: 'reached' } : { ...each, result: 'untried', by: met };
  });
}

async function beyond({ folder }: Decoys): Promise<Tried[]> {
  const [memory, processes, disk, output, time] = BEYOND as readonly [Attempt, Attempt, Attempt, Attempt, Attempt];
  const shell = (script: string, limits: Partial<SandboxPlan['limits']>) => observe(planOf(folder, ['sh', '-c', script], limits), {});
  // `tail` keeps what it reads until it has seen a line.
  const hungry = await shell('head -c 2000000000 /dev/zero | tail >/dev/null && echo escaped', { memory: 64 * MiB });
  const forked = await shell('i=0; while [ $i -lt 24 ]; do sleep 1 & i=$((i+1)); done; sleep 0.3; echo escaped', { pids: 16 });
  const filled = await shell(`head -c ${8 * MiB} /dev/zero > write/full; sleep 0.3; echo escaped`, { maxDisk: MiB });
  const flood = await shell('while :; do echo flood; done', { maxOutput: 4096 });
  const overtime = await shell('sleep 10', { timeoutMs: 100 });
  return [
    limited(memory, hungry, !hungry.text.includes('escaped')),
    limited(processes, forked, forked.outcome.stopped === 'processes' || !forked.text.includes('escaped')),
    limited(disk, filled, sizeOf(join(folder, 'write/full')) <= 2 * MiB),
    limited(output, flood, flood.outcome.stopped === 'output' && flood.outcome.outputBytes === 4096),
    limited(time, overtime, overtime.outcome.stopped === 'timeout'),
  ];
}

function limited(attempt: Attempt, { outcome }: Observed, held: boolean): Tried {
  const { stopped, enforcement } = outcome;
  const means = attempt.id === 'memory' ? enforcement.memory : attempt.id === 'processes' ? enforcement.processes : 'toka';
  return held ? { ...attempt, result: 'held', by: `${means}${stopped === undefined ? '' : `, which ended it (${stopped})`}` } : { ...attempt, result: 'broken', by: 'nothing' };
}

function verdict(attempt: Attempt, said: ReadonlyMap<string, Said>, reached: boolean): Tried {
  const found = said.get(attempt.id);
  if (reached || found?.succeeded === true) return { ...attempt, result: 'broken', by: 'nothing' };
  return found ? { ...attempt, result: 'held', by: found.met || 'nothing was found' } : { ...attempt, result: 'untried', by: 'the program inside did not come so far' };
}

interface Observed {
  readonly outcome: Outcome;
  readonly text: string;
}

/** Runs the program inside. */
async function attack(attempts: readonly Attempt[], mark: string, decoys: Decoys, options: Pick<LaunchOptions, 'network'>): Promise<Map<string, Said>> {
  const { abstract, folder, pid, ports } = decoys;
  const targets: Targets = { attempts: attempts.map(({ id }) => id), folder, pid, mark, ports, abstract };
  const program = join(packageRoot(), 'dist', 'escapes.cjs');
  const plan = planOf(folder, [process.execPath, program, JSON.stringify(targets)], {}, [process.execPath, program]);
  const network = options.network ? { network: [`net:connect:127.0.0.1:${ports.granted}`], env: { ...plan.env, ...proxyVariables() } } : {};
  const { text } = await observe({ ...plan, ...network }, options);
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  return new Map(lines.map((line) => JSON.parse(line) as Said).map((said) => [said.id, said]));
}

async function observe(plan: SandboxPlan, options: Pick<LaunchOptions, 'network'>): Promise<Observed> {
  const chunks: Uint8Array[] = [];
  const outcome = await launch(plan, { ...options, onOutput: (stream, chunk) => void (stream === 'stdout' && chunks.push(chunk)) });
  return { outcome, text: Buffer.concat(chunks).toString('latin1') };
}

function planOf(
  folder: string,
  argv: readonly [string, ...string[]],
  limits: Partial<SandboxPlan['limits']>,
  shown: readonly string[] = [],
): SandboxPlan {
  return {
    argv,
    cwd: folder,
    env: { PATH },
    mounts: [
      { path: join(folder, 'read'), access: 'read' },
      { path: join(folder, 'write'), access: 'write' },
      ...shown.map((path) => ({ path, access: 'read' }) as const),
    ],
    hidden: [join(folder, 'read/hidden')],
    stdin: 'none',
    limits: { memory: 256 * MiB, cpu: 100, pids: 64, timeoutMs: 30_000, maxOutput: MiB, maxDisk: MiB, ...limits },
  };
}

function isSetuid(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o6000) !== 0;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function isRunning(mark: string): boolean {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`sleep\0${mark}`);
    } catch {
      return false;
    }
  });
}
