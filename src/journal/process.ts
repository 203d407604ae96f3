import { readFileSync, readlinkSync } from 'node:fs';
import { hexDigest } from '../digest.ts';
import type { ProcessIdentity } from './events.ts';

/**
 * Tells who this process is, so that another can later find out whether it still lives.
 *
 * @returns The number, and on Linux the start time, the machine's start, the namespace of the number, and the machine.
 */
export function thisProcess(): ProcessIdentity {
  const start = startTime('self');
  const boot = bootId();
  const namespace = pidNamespace();
  const machine = machineOf();
  return {
    pid: process.pid,
    ...(start !== undefined && { start }),
    ...(boot !== undefined && { boot }),
    ...(namespace !== undefined && { namespace }),
    ...(machine !== undefined && { machine }),
  };
}

/**
 * Tells whether a recorded process is gone for certain.
 *
 * @param identity As `thisProcess` gave it.
 * @returns True if the machine was restarted, nothing has that number, or something younger has it; false if it lives or cannot be
 *   seen from here.
 */
export function isGone({ pid, start, boot, namespace, machine }: ProcessIdentity): boolean {
  // Several machines can share a journal: what another one started is not gone because this one was started at another time.
  if (machine !== undefined && machine !== machineOf()) return false;
  if (boot !== undefined && boot !== bootId()) return true;
  if (namespace !== pidNamespace()) return false;
  if (start !== undefined) return startTime(pid) !== start;
  return !exists(pid);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function startTime(pid: number | 'self'): number | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The program's name, in parentheses, may itself hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return Number(fields[19]);
}

function bootId(): string | undefined {
  return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'))?.trim();
}

function pidNamespace(): string | undefined {
  return attempt(() => readlinkSync('/proc/self/ns/pid'));
}

const MACHINE_DIGITS = 16;

/** Its id itself is not to be handed to others (machine-id(5)), as a journal may be. */
function machineOf(): string | undefined {
  const id = attempt(() => readFileSync('/etc/machine-id', 'latin1'))?.trim() ?? '';
  return /^[0-9a-f]{32}$/.test(id) ? hexDigest(`toka/machine/v1\n${id}`).slice(0, MACHINE_DIGITS) : undefined;
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
