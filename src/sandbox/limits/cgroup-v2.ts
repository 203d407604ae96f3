import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Limits } from '../plan.ts';
import { canMakeIn, figure, write, type CgroupState, type Hierarchy } from './hierarchy.ts';

const PERIOD_US = 100_000;

/**
 * Control groups of the second version: one tree, in which a group is made beside toka's own where its parent passes the memory
 * controller on and lets this user make one (a delegated systemd session, root).
 *
 * @param mount where the tree is mounted
 * @param membership text of /proc/self/cgroup
 */
export function findV2(mount: string, membership: string): Hierarchy | undefined {
  const own = /^0::(\/.*)$/m.exec(membership)?.[1];
  if (own === undefined) return undefined;
  const beside = own === '/' ? [] : [dirname(mount + own)];
  for (const parent of new Set([...beside, mount])) {
    const passed = passedOn(parent);
    if (passed.includes('memory') && canMakeIn(parent)) return hierarchyIn(parent, passed);
  }
  return undefined;
}

function passedOn(parent: string): string[] {
  const file = `${parent}/cgroup.subtree_control`;
  if (!existsSync(file)) return [];
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/);
  } catch {
    return [];
  }
}

function hierarchyIn(parent: string, passed: readonly string[]): Hierarchy {
  const controllers = { memory: true, processes: passed.includes('pids'), cpu: passed.includes('cpu') };
  return {
    controllers,
    parents: [parent],
    join: 'cgroup.procs',
    limit: ([folder], { memory, pids, cpu }: Limits) => {
      write(`${folder}/memory.max`, memory);
      optional(() => write(`${folder}/memory.swap.max`, 0));
      optional(() => write(`${folder}/memory.oom.group`, 1));
      if (controllers.processes) write(`${folder}/pids.max`, pids);
      if (controllers.cpu) write(`${folder}/cpu.max`, `${Math.max(1000, Math.round((cpu / 100) * PERIOD_US))} ${PERIOD_US}`);
    },
    read: ([folder]) => readState(folder!),
  };
}

function readState(folder: string): CgroupState {
  const microseconds = figure(`${folder}/cpu.stat`, 'usage_usec');
  return {
    memoryKills: figure(`${folder}/memory.events`, 'oom_kill') ?? 0,
    refusedProcesses: figure(`${folder}/pids.events`, 'max') ?? 0,
    peakMemory: figure(`${folder}/memory.peak`),
    cpuMs: microseconds === undefined ? undefined : microseconds / 1000,
  };
}

/** Swap and group kill came later than memory.max; without swap there is no file to set. */
function optional(action: () => void): void {
  try {
    action();
  } catch {
    // The kernel has no such file.
  }
}
