import { mkdirSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { ownerIsGone, ownerName } from '../owner.ts';
import type { Limits } from '../plan.ts';
import { findV1 } from './cgroup-v1.ts';
import { findV2 } from './cgroup-v2.ts';
import type { CgroupState, Controllers, Hierarchy } from './hierarchy.ts';

/** A control group of one sandboxed run. */
export interface Cgroup {
  readonly controllers: Controllers;
  /** Files into which a process with one thread writes `0` to join. */
  readonly joins: readonly string[];
  limit(limits: Limits): void;
  read(): CgroupState;
  members(): number[];
  /** Removes the group; false while a process is still in it. */
  remove(): boolean;
}

/** Room for what belongs to the sandbox itself: bwrap outside, its init inside, and a shell that sets limits. */
const OWN_PROCESSES = 3;

let found: Hierarchy | null | undefined;
let made = 0;

/** Makes an empty group, or returns undefined where this machine does not let toka make one. */
export function makeCgroup(): Cgroup | undefined {
  if (found === undefined) found = findHierarchy();
  if (!found) return undefined;
  try {
    return makeIn(found, `${ownerName()}-${made++}`);
  } catch {
    found = null;
    return undefined;
  }
}

/** Stops using control groups in this process, for instance when joining one failed. */
export function giveUpCgroups(): void {
  found = null;
}

export function findHierarchy(mount = '/sys/fs/cgroup', self = '/proc/self/cgroup'): Hierarchy | null {
  let membership: string;
  try {
    membership = readFileSync(self, 'utf8');
  } catch {
    return null;
  }
  const hierarchy = findV2(mount, membership) ?? findV1(mount, membership) ?? null;
  // One turn later than what a run waits for.
  if (hierarchy) setImmediate(() => void setImmediate(() => hierarchy.parents.forEach(sweep)).unref()).unref();
  return hierarchy;
}

export function makeIn({ controllers, join, parents, limit, read }: Hierarchy, name: string): Cgroup {
  const folders: string[] = [];
  const remove = (): boolean => {
    try {
      while (folders.length > 0) {
        rmdirSync(folders.at(-1)!);
        folders.pop();
      }
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
      folders.pop();
      return remove();
    }
  };
  try {
    for (const parent of parents) {
      makeAnew(`${parent}/${name}`);
      folders.push(`${parent}/${name}`);
    }
  } catch (error) {
    remove();
    throw error;
  }
  const all = [...folders];
  return {
    controllers,
    joins: all.map((folder) => `${folder}/${join}`),
    limit: (limits) => limit(all, { ...limits, pids: limits.pids + OWN_PROCESSES }),
    read: () => read(all),
    members: () => membersOf(all[0]!),
    remove,
  };
}

function membersOf(folder: string): number[] {
  return readFileSync(`${folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
}

/** What has the name of this process already was left by one that had its id before. */
function makeAnew(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    rmdirSync(folder);
    mkdirSync(folder);
  }
}

/** Removes the groups of toka processes that were killed before they could. */
export function sweep(parent: string): void {
  try {
    for (const name of readdirSync(parent)) if (ownerIsGone(name)) removeQuietly(`${parent}/${name}`);
  } catch {
    // A folder that cannot be listed cannot be swept.
  }
}

function removeQuietly(folder: string): void {
  killMembers(folder);
  try {
    rmdirSync(folder);
  } catch {
    // What was killed is still ending, or another process of toka was faster: the next one removes it.
  }
}

/** Where bwrap was killed before it had arranged to end with toka, it still waits there. */
function killMembers(folder: string): void {
  try {
    // One that this namespace does not know is listed as 0, which for a signal means this very group.
    for (const id of membersOf(folder).filter((each) => each > 1)) process.kill(id, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
