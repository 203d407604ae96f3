import { readlinkSync } from 'node:fs';

let name: string | undefined;

/** Name for what this process leaves on the machine while it runs: `toka-<pid namespace>-<pid>`. */
export function ownerName(): string {
  return (name ??= `toka-${pidNamespace()}-${process.pid}`);
}

/** Whether something of that name (or a longer one) was left by a process of this pid namespace that has ended. */
export function ownerIsGone(candidate: string): boolean {
  const [, namespace, pid] = /^toka-(\d+)-(\d+)(?:-|$)/.exec(candidate) ?? [];
  if (namespace === undefined || namespace !== pidNamespace()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
