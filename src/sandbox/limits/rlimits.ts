import { release } from 'node:os';
import type { Enforcement, Limits } from '../plan.ts';

const OPEN_FILES = 1024;
/**
 * What V8 sets aside for code from Node.js 26 on, in each of a program's threads, here for eight of them. It counts as data from the start, used
 * or not: without it no such program would start.
 */
const CODE_RANGES = 8 * 512 * 1024 ** 2;
/** The sandbox's init and the shell that sets the limit count too. */
const OWN_PROCESSES = 2;

/**
 * Shell commands that limit the processes started after them. A limit that is lower already stays: raising it is refused.
 * POSIX counts file sizes in blocks of 512 bytes; data is in KiB, time in seconds of CPU.
 */
export function outerLimits(limits: Limits, { memory, cpu }: Pick<Enforcement, 'memory' | 'cpu'>): string {
  const wanted = ['c 0', `n ${OPEN_FILES}`, `f ${Math.ceil(limits.maxDisk / 512)}`];
  // RLIMIT_DATA, not RLIMIT_AS: JavaScript and WebAssembly reserve far more address space than they use. It bounds what a process can take
  // between two looks of the watchdog, which holds the limit itself.
  if (memory === 'watchdog') wanted.push(`d ${Math.ceil((limits.memory + CODE_RANGES) / 1024)}`);
  if (cpu === 'rlimit') wanted.push(`S -t ${cpuSeconds(limits)}`, `H -t ${cpuSeconds(limits) + 1}`);
  return wanted.map((limit) => `ulimit -${limit} 2>/dev/null\n`).join('');
}

/** The command line that limits the processes of the user namespace it runs in, then becomes the program after it. */
export function innerLimit(pids: number): string[] {
  const count = pids + OWN_PROCESSES;
  return ['/bin/sh', '-c', `ulimit -p ${count} 2>/dev/null || ulimit -u ${count}; exec "$@"`, 'sh'];
}

/** CPU time that the share allows over the whole time limit, or that is left, in full seconds. */
export function cpuSeconds({ cpu, timeoutMs, cpuMs = Infinity }: Limits): number {
  return Math.max(1, Math.ceil(Math.min((cpu / 100) * timeoutMs, cpuMs) / 1000));
}

/** RLIMIT_NPROC counts per user namespace since Linux 5.14 (before that it would count the user's other processes), and never for uid 0. */
export function canLimitProcesses(uid = process.getuid?.() ?? 0, kernel = release()): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return uid !== 0 && (major > 5 || (major === 5 && minor >= 14));
}
