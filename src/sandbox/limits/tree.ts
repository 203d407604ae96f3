import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import type { Counts } from './kept.ts';

/** What the processes of one sandbox use at one moment. */
export interface TreeSample {
  /** Processes and threads, without the sandbox's own init. */
  readonly processes: number;
  /** Bytes of anonymous and shared memory and in the private tmpfs. */
  readonly memory: number;
  readonly cpuMs: number;
  /** Milliseconds of CPU time of each process and of the children that it waited for. */
  readonly cpuOfEach: Counts;
  /** Bytes that each of them wrote to file systems with a block device; of those that the kernel counts. */
  readonly writtenByEach: Counts;
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
  const cpuOfEach = new Map<string, number>();
  const writtenByEach = new Map<string, number>();
  for (const id of ids) {
    const status = read(`${root}/proc/${id}/status`);
    if (id !== '1') processes += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    memory += kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem');
    const stat = statOf(read(`${root}/proc/${id}/stat`));
    if (!stat) continue;
    const name = `${id}@${stat.started}`;
    cpuMs += stat.cpuMs;
    cpuOfEach.set(name, stat.cpuMs);
    const written = /^write_bytes: (\d+)/m.exec(read(`${root}/proc/${id}/io`))?.[1];
    if (written !== undefined) writtenByEach.set(name, Number(written));
  }
  return { processes, memory, cpuMs, cpuOfEach, writtenByEach };
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

/** utime, stime and those of children already waited for, fields 14 to 17 of /proc/PID/stat, and the time of its start, field 22 (proc(5)). */
function statOf(stat: string): { cpuMs: number; started: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const started = fields[19];
  return started === undefined ? undefined : { cpuMs: TICK_MS * fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0), started };
}

function tmpfsUse(path: string): number {
  try {
    const { type, bsize, blocks, bfree } = statfsSync(path);
    return type === TMPFS ? bsize * (blocks - bfree) : 0;
  } catch {
    return 0;
  }
}

