import { statfsSync } from 'node:fs';
import type { Cgroup } from './cgroup.ts';
import type { CgroupState } from './hierarchy.ts';
import type { Enforcement, Limits, Outcome } from '../plan.ts';
import { type Counts, keepCount } from './kept.ts';
import { cpuSeconds } from './rlimits.ts';
import { exactMemory, sampleTree } from './tree.ts';

const INTERVAL_MS = 50;
/** File systems whose writes the kernel counts per process: ext4, XFS, Btrfs, F2FS, overlay (linux/magic.h). */
const COUNTED = [0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x794c7630];

export interface Watch {
  readonly limits: Limits;
  readonly enforcement: Enforcement;
  readonly cgroup: Cgroup | undefined;
  /** Real paths of what may be written. */
  readonly writable: readonly string[];
  /** Id of the sandbox's first process, once it is known. */
  readonly init: () => number | undefined;
  /** Milliseconds of CPU time that do not count: what a process that was started ahead has used before its run. */
  readonly cpuBefore: number;
  readonly onExceeded: (reason: NonNullable<Outcome['stopped']>) => void;
}

export interface Watchdog {
  /** The largest memory and CPU time seen, if there was a look at all. */
  readonly peak: () => { readonly memory: number; readonly cpuMs: number } | undefined;
  stop(): void;
}

/** Looks after the limits that no kernel mechanism holds here, every 50 ms. */
export function startWatchdog(watch: Watch): Watchdog {
  const disk = startDisk(watch.writable, watch.limits.maxDisk);
  const { memory, processes, cpu } = watch.enforcement;
  const isWeak = memory === 'watchdog' || processes !== 'cgroup' || cpu !== 'cgroup';
  const { cpuBefore, limits: { cpuMs: cpuLeft = Infinity } } = watch;
  const keepCpu = keepCount();
  let peak: { memory: number; cpuMs: number } | undefined;
  const look = (): void => {
    const state = watch.cgroup?.read();
    const byKernel = state && exceededIn(state);
    if (byKernel) return watch.onExceeded(byKernel);
    if (cpuLeft < Infinity && (state?.cpuMs ?? 0) - cpuBefore > cpuLeft) return watch.onExceeded('cpu');
    const init = watch.init();
    if (init === undefined || !(isWeak || disk)) return;
    const sample = sampleTree(init);
    if (!sample) return;
    peak = { memory: Math.max(peak?.memory ?? 0, sample.memory), cpuMs: Math.max(peak?.cpuMs ?? 0, sample.cpuMs) };
    // Before memory: each process too many has some of its own.
    if (processes !== 'cgroup' && sample.processes > watch.limits.pids) return watch.onExceeded('processes');
    if (memory === 'watchdog' && sample.memory > watch.limits.memory && exactMemory(init) > watch.limits.memory) {
      return watch.onExceeded('memory');
    }
    const cpuMs = keepCpu(sample.cpuOfEach).total - cpuBefore;
    if (cpuMs > cpuLeft) return watch.onExceeded('cpu');
    if (cpu === 'rlimit' && cpuMs > 1000 * cpuSeconds(watch.limits)) return watch.onExceeded('cpu');
    if (disk?.(sample.writtenByEach)) watch.onExceeded('disk');
  };
  const timer = setInterval(look, INTERVAL_MS);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}

/** Which limit the kernel had to defend so far. */
export function exceededIn({ memoryKills, refusedProcesses }: CgroupState): 'memory' | 'processes' | undefined {
  return memoryKills > 0 ? 'memory' : refusedProcesses > 0 ? 'processes' : undefined;
}

/**
 * Tells whether more was written than allowed: by what the kernel counted for the processes, and where a file system is not counted
 * (a tmpfs), the kernel does not count, or it drops counts (those of children whose parent ignores their end), by how much less room is left,
 * which others may have taken too.
 */
function startDisk(writable: readonly string[], limit: number): ((written: Counts) => boolean) | undefined {
  if (writable.length === 0) return undefined;
  const systems = writable.map((path) => ({ path, type: statfsSync(path).type, before: freeIn(path) }));
  const keep = keepCount();
  return (written) => {
    const { total, isWhole } = keep(written);
    if (total > limit) return true;
    const isCounted = written.size > 0 && isWhole;
    return systems.some(({ path, type, before }) => !(isCounted && COUNTED.includes(type)) && before - freeIn(path) > limit);
  };
}

function freeIn(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

