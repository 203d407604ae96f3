import type { Cgroup } from './cgroup.ts';
import { sampleTree } from './tree.ts';

/** Milliseconds of CPU time that a sandbox has used, by its control group or its processes. */
export function cpuUsed(cgroup: Cgroup | undefined, init: number | undefined): number {
  if (cgroup) return cgroup.read().cpuMs ?? 0;
  return (init === undefined ? undefined : sampleTree(init))?.cpuMs ?? 0;
}
