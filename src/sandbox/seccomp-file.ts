import { openSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { TokaError } from '../errors.ts';

export interface SeccompOptions {
  /** Refuse memory that belongs to no process (memfd, SysV segments): a watchdog that adds up processes cannot see it. */
  readonly countableMemory: boolean;
}

/** Where the build writes the filter of an architecture: to compute it takes half a millisecond of each start. */
export function filterFile(arch: string, { countableMemory }: SeccompOptions): string {
  return join(packageRoot(), 'dist', 'seccomp', `${arch}${countableMemory ? '-countable' : ''}.bpf`);
}

/**
 * Opens it for one reader more, which has a position of its own.
 *
 * @throws TOKA_SANDBOX_UNAVAILABLE for an architecture without a filter
 */
export function openFilter(arch: string, options: SeccompOptions): number {
  try {
    return openSync(filterFile(arch, options), 'r');
  } catch (cause) {
    throw unsupported(arch, cause);
  }
}

export function unsupported(arch: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_SANDBOX_UNAVAILABLE', `expected an architecture with a system call filter (x64, arm64), found ${arch}`, {
    cause,
    hint: 'run the tool on an x64 or arm64 machine; there, install toka again',
    data: { missing: ['syscalls'], have: arch, why: 'no filter of system calls', fix: 'use an x64 or arm64 machine' },
  });
}
