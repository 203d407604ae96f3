import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';

/** What the processes of one sandbox use at one moment. */
export interface TreeSample {
  /** Processes and threads, without the sandbox's own init. */
  readonly processes: number;
  /** Bytes of anonymous and shared memory and in the private tmpfs. */
  readonly memory: number;
  readonly cpuMs: number;
  /** Bytes written to file systems with a block device, or undefined where the kernel does not count them. */
  readonly written: number | undefined;
}

// Linux reports times to user space in ticks of 1/100 s (USER_HZ) on every architecture that toka runs on.
const TICK_MS = 10;
const TMPFS = 0x01021994; // linux/magic.h

/**
 * Adds up the processes of a sandbox, seen through the /proc that is mounted inside it: it lists that namespace and nothing else.
 *
 * @param init id of the namespace's first process, as seen from here
 * @returns undefined once the namespace is gone
 */
export function sampleTree(init: number): TreeSample | undefined {
  const root = `/proc/${init}/root`;
  const ids = processesIn(root);
  if (ids.length === 0) return undefined;
  let processes = 0;
  let memory = tmpfsUse(`${root}/tmp`) + tmpfsUse(`${root}/dev/shm`);
  let cpuMs = 0;
  let written: number | undefined;
  for (const id of ids) {
    const status = read(`${root}/proc/${id}/status`);
    if (id !== '1') processes += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    memory += kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem');
    cpuMs += cpuOf(read(`${root}/proc/${id}/stat`));
    const io = read(`${root}/proc/${id}/io`);
    if (io) written = (written ?? 0) + Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0);
  }
  return { processes, memory, cpuMs, written };
}

/**
 * Bytes that the sandbox really holds, with pages that processes share counted once: slower than `sampleTree`, so it is asked only
 * where that one finds too much.
 */
export function exactMemory(init: number): number {
  const root = `/proc/${init}/root`;
  let own = 0;
  let shared = 0;
  for (const id of processesIn(root)) {
    const rollup = read(`${root}/proc/${id}/smaps_rollup`);
    own += kilobytes(rollup, 'Pss_Anon');
    shared += kilobytes(rollup, 'Pss_Shmem');
  }
  // A file in a private tmpfs that is mapped shows up in both figures.
  return own + Math.max(shared, tmpfsUse(`${root}/tmp`) + tmpfsUse(`${root}/dev/shm`));
}

function processesIn(root: string): string[] {
  try {
    const names = readdirSync(`${root}/proc`);
    // Until the sandbox is set up, its root is this machine's, whose /proc knows this process.
    return isHere(`${root}/proc/self`) ? [] : names.filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function isHere(self: string): boolean {
  try {
    readlinkSync(self);
    return true;
  } catch {
    return false;
  }
}

/** A process that ended between two reads counts as nothing. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function kilobytes(status: string, name: string): number {
  return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}

/** utime, stime and those of children already waited for: fields 14 to 17 of /proc/PID/stat (proc(5)). */
function cpuOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TICK_MS * fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

function tmpfsUse(path: string): number {
  try {
    const { type, bsize, blocks, bfree } = statfsSync(path);
    return type === TMPFS ? bsize * (blocks - bfree) : 0;
  } catch {
    return 0;
  }
}

