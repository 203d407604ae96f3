import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TokaError } from '../errors.ts';
import { CHANNEL_FD } from './bwrap.ts';
import type { Jail } from './jail.ts';
import { cpuSeconds, outerLimits } from './limits/rlimits.ts';
import type { Watchdog } from './limits/watchdog.ts';
import { layOut } from './mounts.ts';
import type { Enforcement, LaunchOptions, Limits, Outcome, SandboxPlan } from './plan.ts';
import { readProcessList, treeOf, type ListedProcess } from './process-list.ts';
import { requireProgram } from './program.ts';
import { MKFIFO_PATH, mkfifo, namePipes, removeFiles, scratchPath } from './scratch.ts';
import { seatbeltArguments, seatbeltProfile } from './seatbelt.ts';
import { stage } from './staged.ts';
import { openEnds } from './streams.ts';
import { supervise } from './supervise.ts';
import { unavailable } from './unavailable.ts';

const SANDBOX_EXEC = '/usr/bin/sandbox-exec';
const INTERVAL_MS = 50;
const EMPTY_TRIES = 20;

const ENFORCEMENT: Enforcement = { filesystem: 'seatbelt', memory: 'watchdog', processes: 'watchdog', cpu: 'rlimit' };

/**
 * `launch` on macOS: sandbox-exec, rlimits and a supervisor. There is no process namespace: killing is stopping what can be seen,
 * until nothing is seen any more.
 */
export async function launchInSeatbelt(plan: SandboxPlan, options: LaunchOptions): Promise<Outcome> {
  requireSeatbelt(options);
  if (plan.network) throw noNetwork();
  if (plan.files || plan.folder !== undefined) throw noFiles();
  if (options.signal?.aborted) throw new TokaError('TOKA_CANCELLED', 'the run was cancelled before it started');
  const temporary = scratchPath('tmp');
  const staging = stage(plan.mounts, { copies: false });
  let keep = false;
  try {
    mkdirSync(temporary, { mode: 0o700 });
    const program = requireProgram(plan.argv[0], plan.env['PATH'] ?? '', plan.mounts, plan.cwd);
    const layout = layOut(plan);
    const command = [SANDBOX_EXEC, ...seatbeltArguments(seatbeltProfile(layout, temporary)), '--', program, ...plan.argv.slice(1)];
    const outcome = await run({ ...plan, env: ownTemporary(plan.env, temporary) }, command, options);
    keep = outcome.stopped === undefined;
    return outcome;
  } finally {
    staging.finish({ keep });
    rmSync(temporary, { recursive: true, force: true });
  }
}

function requireSeatbelt({ require }: LaunchOptions): void {
  if (!existsSync(SANDBOX_EXEC)) {
    throw unavailable({
      missing: ['sandbox'],
      have: `no ${SANDBOX_EXEC}`,
      why: 'this macOS has no sandbox-exec',
      fix: 'run the tool on Linux',
    });
  }
  if (require !== 'hard') return;
  throw unavailable({
    missing: ['memory', 'processes', 'cpu'],
    have: 'rlimits and a look every 50 ms',
    why: 'macOS has no control groups',
    fix: 'run the tool on Linux, or set sandbox.require: watchdog in your own configuration',
  });
}

function noNetwork(): TokaError {
  return unavailable({
    missing: ['network'],
    have: 'no network of its own for a process on macOS',
    why: 'a way to named hosts alone cannot be kept apart from the rest of the network',
    fix: 'run the tool on Linux, or without the network capability',
  });
}

function noFiles(): TokaError {
  return unavailable({
    missing: ['files'],
    have: 'no folder of its own for a process on macOS',
    why: 'what a sandbox has of its own (a parameter that is passed by file, a runtime of code) cannot be kept from other processes',
    fix: 'run it on Linux, or let a tool take the parameter by env or stdin',
  });
}

async function run(plan: SandboxPlan, command: readonly string[], options: LaunchOptions): Promise<Outcome> {
  const pipes = namePipes();
  const [program = '', ...words] = mkfifo(pipes);
  execFileSync(program, words, { env: { PATH: MKFIFO_PATH } });
  const streams = openEnds(pipes, plan).streams();
  // The shell sets the limits, opens the pipes by name and becomes the command, so nothing is quoted.
  const channel = plan.channel ? `${CHANNEL_FD.lines}<"$lines" ${CHANNEL_FD.replies}>"$replies"` : '';
  const script = `${outerLimits(plan.limits, ENFORCEMENT)}in=$1 out=$2 err=$3 lines=$4 replies=$5; shift 5; exec "$@" 2>"$err" >"$out" <"$in" ${channel}`;
  const stdin = plan.stdin === 'pipe' ? pipes.stdin : '/dev/null';
  const child = spawn('/bin/sh', ['-c', script, 'sh', stdin, pipes.stdout, pipes.stderr, pipes.lines, pipes.replies, ...command], {
    cwd: plan.cwd,
    detached: true,
    // Node.js hands this variable on to every environment that does not name it.
    env: { NODE_V8_COVERAGE: undefined, ...plan.env },
    stdio: 'ignore',
  });
  const known = new Set<number>();
  const { stopped, wallMs, delivery, peak } = await supervise({
    plan,
    jail: jailOf(child, known, streams.started),
    streams,
    options,
    watch: (onExceeded) => watchTree(child, known, plan.limits, onExceeded),
  });
  await delivery.release();
  removeFiles(Object.values<string>({ ...pipes }));
  const end = stopped ?? (child.signalCode === 'SIGXCPU' ? 'cpu' : child.signalCode === 'SIGXFSZ' ? 'disk' : undefined);
  return {
    exitCode: child.exitCode,
    signal: child.signalCode,
    ...(end === undefined ? {} : { stopped: end }),
    truncated: delivery.truncated(),
    outputBytes: delivery.bytes(),
    wallMs,
    ...(peak ? { cpuMs: { value: peak.cpuMs, source: 'sampled' }, maxRssBytes: { value: peak.memory, source: 'sampled' } } : {}),
    enforcement: ENFORCEMENT,
  };
}

function jailOf(child: ChildProcess, known: Set<number>, onStarted: () => void): Jail {
  let killed = false;
  const killAll = (): boolean => {
    const tree = look(child, known);
    // Stopped first, so that none of them starts another while the rest is killed.
    for (const name of ['SIGSTOP', 'SIGKILL'] as const) for (const { pid } of tree) signal(pid, name);
    return tree.length > 0;
  };
  const empty = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  }).then(async (code) => {
    onStarted();
    for (let tries = 0; tries < EMPTY_TRIES && killAll(); tries++) await sleep(5);
    return code;
  });
  return {
    init: () => child.pid,
    exitCode: () => child.exitCode ?? undefined,
    killed: () => killed,
    empty,
    kill: () => {
      killed = true;
      killAll();
    },
    terminate: () => child.pid !== undefined && signal(-child.pid, 'SIGTERM'),
  };
}

function watchTree(
  child: ChildProcess,
  known: Set<number>,
  limits: Limits,
  onExceeded: (reason: NonNullable<Outcome['stopped']>) => void,
): Watchdog {
  let peak: { memory: number; cpuMs: number } | undefined;
  const timer = setInterval(() => {
    const tree = look(child, known);
    const sum = (name: 'memory' | 'cpuMs'): number => tree.reduce((total, listed) => total + listed[name], 0);
    const now = { memory: sum('memory'), cpuMs: sum('cpuMs') };
    peak = { memory: Math.max(peak?.memory ?? 0, now.memory), cpuMs: Math.max(peak?.cpuMs ?? 0, now.cpuMs) };
    if (now.memory > limits.memory) onExceeded('memory');
    else if (tree.length > limits.pids) onExceeded('processes');
    else if (now.cpuMs > Math.min(limits.cpuMs ?? Infinity, 1000 * cpuSeconds(limits))) onExceeded('cpu');
  }, INTERVAL_MS);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}

function look(child: ChildProcess, known: Set<number>): ListedProcess[] {
  const { stdout } = spawnSync('/bin/ps', ['-axo', 'pid=,ppid=,pgid=,rss=,time='], { encoding: 'utf8', env: {} });
  const list = readProcessList(stdout ?? '');
  const tree = treeOf(child.pid ?? -1, list, known);
  known.clear();
  for (const { pid } of tree) known.add(pid);
  return tree;
}

function ownTemporary(env: SandboxPlan['env'], temporary: string): Record<string, string> {
  return { ...env, TMPDIR: temporary, HOME: env['HOME'] === '/tmp' || env['HOME'] === undefined ? temporary : env['HOME'] };
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    // It has ended.
    return false;
  }
}
