import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { userFolders } from '../config/paths.ts';
import { TokaError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { findBwrap } from './bwrap.ts';
import { launch } from './launch.ts';
import type { Demand, Enforcement, SandboxPlan } from './plan.ts';
import { unavailable } from './unavailable.ts';

/** What a sandbox promises and the probe tries to break. */
export const GUARANTEES = [
  'files',
  'network',
  'environment',
  'processTree',
  'privileges',
  'systemCalls',
  'processes',
  'output',
  'timeout',
] as const;
export type Guarantee = (typeof GUARANTEES)[number];

/** What this machine was found to enforce. Plain data. */
export interface Probe {
  readonly platform: NodeJS.Platform;
  readonly uid: number;
  /** Guarantees that held when they were attacked. */
  readonly held: readonly Guarantee[];
  /** Absent where no sandbox could be started. */
  readonly enforcement?: Enforcement;
  /** Why no sandbox could be started, and what helps. */
  readonly failure?: { readonly have: string; readonly why: string; readonly fix: string };
}

/** Raised with every change of what the probe tries, so that an older answer is not believed. */
const VERSION = 1;
const MiB = 1024 * 1024;

/**
 * Tries out what sandboxes can enforce on this machine, or returns what an earlier trial found: an answer that all is well is kept in the user's
 * cache until the machine is booted again, or bwrap or the user is another.
 */
export async function probeSandbox({ fresh = false }: { readonly fresh?: boolean } = {}): Promise<Probe> {
  const key = cacheKey();
  if (!fresh && key !== undefined) {
    if (known?.key !== key) known = readCache(key);
    if (known) return known.probe;
  }
  known = undefined;
  const probe = await tryOut();
  // Only what is good is kept: whoever follows the advice must see it work at once.
  if (key !== undefined && isGood(probe)) writeCache({ key, probe });
  return probe;
}

/** An answer, and what it depends on. */
interface Answer {
  readonly key: string;
  readonly probe: Probe;
}

/** The one that this process has read. */
let known: Answer | undefined;

function isGood(probe: Probe): boolean {
  return !probe.failure && brokenIn(probe).length === 0;
}

function brokenIn({ held }: Probe): Guarantee[] {
  return GUARANTEES.filter((guarantee) => !held.includes(guarantee));
}

/**
 * Refuses a run that this machine cannot keep within its plan.
 *
 * @throws TOKA_SANDBOX_UNAVAILABLE with data {missing, have, why, fix}
 */
export async function requireEnforcement(plan: SandboxPlan, demand: Demand): Promise<Probe> {
  if (process.platform === 'linux') findBwrap(plan);
  const probe = await probeSandbox();
  checkDemand(demand, probe);
  return probe;
}

/** @throws TOKA_SANDBOX_UNAVAILABLE where a probe shows that a demand cannot be met */
export function checkDemand({ require }: Demand, probe: Probe): void {
  const { enforcement, failure } = probe;
  if (failure || !enforcement) {
    const unknown = { have: 'no answer', why: 'the trial ended early', fix: 'run toka doctor' };
    throw unavailable({ missing: ['sandbox'], ...(failure ?? unknown) });
  }
  const broken = brokenIn(probe);
  if (broken.length > 0) {
    throw unavailable({
      missing: broken,
      have: 'a sandbox that let the trial through',
      why: 'an attempt to break out of it succeeded on this machine',
      fix: 'run toka doctor, and report what it prints',
    });
  }
  const weak = (['memory', 'processes', 'cpu'] as const).filter((limit) => enforcement[limit] !== 'cgroup');
  if (require === 'watchdog' || weak.length === 0) return;
  throw unavailable({
    missing: weak,
    have: weak.map((limit) => `${limit} by ${enforcement[limit]}`).join(', '),
    why: 'no control group with these controllers can be made here',
    fix: 'run as root or in a systemd user session, or set sandbox.require: watchdog in your own configuration',
  });
}

/** Starts a real sandbox and attacks it from inside. */
async function tryOut(): Promise<Probe> {
  const base = { platform: process.platform, uid: process.getuid?.() ?? -1 };
  const folder = makeDecoys();
  try {
    const said: string[] = [];
    const { enforcement, stopped } = await launch(attack(folder), {
      onOutput: (stream, chunk) => void (stream === 'stdout' && said.push(Buffer.from(chunk).toString('latin1'))),
    });
    const ignore = { onOutput: () => undefined };
    const overtime = await launch(planIn(folder, ['sleep', '10'], { timeoutMs: 100 }), ignore);
    const flood = await launch(planIn(folder, ['sh', '-c', 'while :; do echo flood; done'], { maxOutput: 4096 }), ignore);
    const held = GUARANTEES.filter((guarantee) => {
      if (guarantee === 'timeout') return overtime.stopped === 'timeout';
      if (guarantee === 'output') return flood.stopped === 'output' && flood.outputBytes === 4096;
      if (guarantee === 'processes') return stopped === 'processes' || !said.join('').includes('all-forked');
      return heldAgainst(guarantee, said.join(''), folder);
    });
    return { ...base, held, enforcement };
  } catch (error) {
    if (!(error instanceof TokaError)) throw error;
    const data = (error.data ?? {}) as { have?: string; why?: string; fix?: string };
    const failure = { have: data.have ?? error.code, why: data.why ?? error.message, fix: data.fix ?? error.hint ?? 'run toka doctor' };
    return { ...base, held: [], failure };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeDecoys(): string {
  try {
    makeFolder(cacheFolder(), 0o700);
    const folder = mkdtempSync(join(cacheFolder(), 'probe-'));
    for (const name of ['read', 'write', 'outside']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'outside', 'secret'), 'SECRET-FILE');
    return folder;
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot try the sandbox out: nothing can be written to ${cacheFolder()}`, {
      cause,
      hint: 'check the permissions and the free space of that folder, or set XDG_CACHE_HOME to another one',
    });
  }
}

/** Each line of the answer that shows a success of the attack. */
function heldAgainst(guarantee: Guarantee, said: string, folder: string): boolean {
  switch (guarantee) {
    case 'files': {
      const wrote = ['outside/new', 'read/new', 'write/.git/new'].some((name) => existsSync(join(folder, name)));
      return said.includes('wrote-granted') && !wrote && !said.includes('SECRET-FILE') && !said.includes('read-shadow');
    }
    case 'network':
      return /^interfaces:(lo)?$/m.test(said);
    case 'environment':
      return /^variables:((PATH|PWD|OLDPWD|SHLVL|_) )+$/m.test(said);
    case 'processTree':
      return said.includes('processes-read') && !said.includes('host-process');
    case 'privileges':
      return /^CapEff:\s+0+$/m.test(said) && /^NoNewPrivs:\s+1$/m.test(said) && !said.includes('wrote-sysctl');
    case 'systemCalls':
      return /^Seccomp:\s+2$/m.test(said) && !said.includes('new-namespace');
    default:
      return false;
  }
}

function attack(folder: string): SandboxPlan {
  const script = `
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
echo "interfaces:$(sed -n 's/^ *\\([^:]*\\):.*/\\1/p' /proc/net/dev | tr -d '\\n')"
cat '${folder}/outside/secret'
(: < /etc/shadow) && echo read-shadow
: > '${folder}/write/new' && echo wrote-granted
for f in outside/new read/new write/.git/new; do (: > "${folder}/$f"); done
(: >> /proc/sys/kernel/core_pattern) && echo wrote-sysctl
unshare -U true && echo new-namespace
echo "variables:$(cat /proc/[0-9]*/environ | tr '\\0' '\\n' | sed 's/=.*//' | sort -u | tr '\\n' ' ')"
kill -0 ${process.pid} && [ -e /proc/${process.pid} ] && echo host-process; echo processes-read
i=0; while [ $i -lt 24 ]; do sleep 1 & i=$((i+1)); done; sleep 0.3; echo all-forked
`;
  return planIn(folder, ['sh', '-c', script], {});
}

function planIn(folder: string, [program, ...rest]: [string, ...string[]], limits: Partial<SandboxPlan['limits']>): SandboxPlan {
  makeFolder(join(folder, 'write', '.git'));
  return {
    argv: [program, ...rest],
    cwd: join(folder, 'read'),
    env: { PATH: '/usr/bin:/bin' },
    mounts: [
      { path: join(folder, 'read'), access: 'read' },
      { path: join(folder, 'write'), access: 'write' },
    ],
    hidden: [],
    stdin: 'none',
    limits: { memory: 64 * MiB, cpu: 100, pids: 16, timeoutMs: 5000, maxOutput: MiB, maxDisk: MiB, ...limits },
  };
}

/** toka's folder in the user's cache. */
export function cacheFolder(): string {
  return userFolders().cache;
}

/** What the answer depends on, or undefined where there is nothing to try. */
function cacheKey(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const bwrap = findBwrap({ mounts: [], cwd: '/' });
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return [VERSION, boot, bwrap, statSync(bwrap).mtimeMs, process.getuid?.(), process.getgid?.()].join(' ');
  } catch {
    return undefined;
  }
}

let boot: string | undefined;

const cacheFile = (): string => join(cacheFolder(), 'sandbox.json');

function readCache(key: string): Answer | undefined {
  try {
    const { uid, mode } = statSync(cacheFile());
    // Whoever else could write it could claim anything.
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    const saved = JSON.parse(readFileSync(cacheFile(), 'utf8')) as Answer;
    return saved.key === key ? saved : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and renamed; a cache that cannot be written only costs time. */
function writeCache(answer: Answer): void {
  try {
    makeFolder(dirname(cacheFile()), 0o700);
    const beside = `${cacheFile()}.${process.pid}`;
    writeFileSync(beside, JSON.stringify(answer), { mode: 0o600 });
    chmodSync(beside, 0o600);
    renameSync(beside, cacheFile());
  } catch {
    // No cache, for instance on a read-only home.
  }
}
