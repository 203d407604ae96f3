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
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw unsupported(arch);
  }
}

export function unsupported(arch: string): TokaError {
  return new TokaError('TOKA_SANDBOX_UNAVAILABLE', `toka has no system call filter for ${arch}; it comes with those for x64 and arm64`, {
    hint: 'run the tool on an x64 or arm64 machine; if this is one, toka is not complete: install it again',
    data: { missing: ['syscalls'], have: arch, why: 'no filter of system calls', fix: 'use an x64 or arm64 machine' },
  });
}
