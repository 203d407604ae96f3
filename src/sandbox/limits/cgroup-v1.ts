import { existsSync, realpathSync } from 'node:fs';
import type { Limits } from '../plan.ts';
import { canMakeIn, figure, write, type CgroupState, type Hierarchy } from './hierarchy.ts';

const CONTROLLERS = ['memory', 'pids', 'cpu', 'cpuacct'] as const;
type Controller = (typeof CONTROLLERS)[number];

const PERIOD_US = 100_000;
/** What the kernel reports where no ancestor limits memory: the largest multiple of a page. */
const UNLIMITED = 2 ** 62;

/**
 * Control groups of the first version, one tree of folders for each controller.
 *
 * @param mount where the trees are mounted
 * @param membership text of /proc/self/cgroup
 */
export function findV1(mount: string, membership: string): Hierarchy | undefined {
  const parents = new Map<Controller, string>();
  for (const controller of CONTROLLERS) {
    const parent = parentFor(controller, mount, membership);
    if (parent !== undefined && canMakeIn(parent)) parents.set(controller, parent);
  }
  if (!parents.has('memory')) return undefined;
  // Distributions mount cpu and cpuacct together.
  const unique = [...new Set(parents.values())];
  const at = (controller: Controller): number => unique.indexOf(parents.get(controller) ?? '');
  return {
    controllers: { memory: true, processes: parents.has('pids'), cpu: parents.has('cpu') },
    parents: unique,
    // For `cgroup.procs` the kernel stops every process from being made or ended, and waits 10 to 40 ms until it may; a thread that moves itself needs no such lock.
    join: 'tasks',
    limit: (folders, limits) => setLimits((controller) => folders[at(controller)], limits),
    read: (folders) => readState((controller) => folders[at(controller)]),
  };
}

function parentFor(controller: Controller, mount: string, membership: string): string | undefined {
  const top = `${mount}/${controller}`;
  if (!existsSync(`${top}/cgroup.procs`)) return undefined;
  const root = realpathSync.native(top);
  const own = membership.split('\n').map((line) => line.split(':')).find(([, names]) => names?.split(',').includes(controller))?.[2];
  const inside = own === undefined || own === '/' ? root : root + own;
  // A limit on toka itself must hold for its children too; without one, one common parent keeps leftovers where the next run finds them.
  const limited = (figure(`${inside}/memory.stat`, 'hierarchical_memory_limit') ?? Infinity) < UNLIMITED;
  return limited && existsSync(`${inside}/cgroup.procs`) ? inside : root;
}

function setLimits(folder: (controller: Controller) => string | undefined, { memory, pids, cpu }: Limits): void {
  write(`${folder('memory')}/memory.limit_in_bytes`, memory);
  try {
    write(`${folder('memory')}/memory.memsw.limit_in_bytes`, memory);
  } catch {
    // The kernel was built or booted without swap accounting.
  }
  if (folder('pids')) write(`${folder('pids')}/pids.max`, pids);
  if (!folder('cpu')) return;
  write(`${folder('cpu')}/cpu.cfs_period_us`, PERIOD_US);
  write(`${folder('cpu')}/cpu.cfs_quota_us`, Math.max(1000, Math.round((cpu / 100) * PERIOD_US)));
}

function readState(folder: (controller: Controller) => string | undefined): CgroupState {
  const nanoseconds = folder('cpuacct') && figure(`${folder('cpuacct')}/cpuacct.usage`);
  return {
    memoryKills: figure(`${folder('memory')}/memory.oom_control`, 'oom_kill') ?? 0,
    refusedProcesses: (folder('pids') && figure(`${folder('pids')}/pids.events`, 'max')) || 0,
    peakMemory: figure(`${folder('memory')}/memory.max_usage_in_bytes`),
    cpuMs: typeof nanoseconds === 'number' ? nanoseconds / 1e6 : undefined,
  };
}
