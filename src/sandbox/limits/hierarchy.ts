import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Limits } from '../plan.ts';

/** Which limits a kind of cgroup can hold. */
export interface Controllers {
  readonly memory: boolean;
  readonly processes: boolean;
  readonly cpu: boolean;
}

/** Where this process may make control groups, and how their files are called. */
export interface Hierarchy {
  readonly controllers: Controllers;
  /** Folders in which a group is made; one for v2, one for each controller for v1. */
  readonly parents: readonly string[];
  /** The file of a group into which a process with one thread writes `0` to join it. */
  readonly join: string;
  limit(folders: readonly string[], limits: Limits): void;
  read(folders: readonly string[]): CgroupState;
}

export interface CgroupState {
  /** Processes that the kernel killed for memory. */
  readonly memoryKills: number;
  /** Attempts to start a process beyond the limit. */
  readonly refusedProcesses: number;
  readonly peakMemory: number | undefined;
  readonly cpuMs: number | undefined;
}

/** Whether groups can be made in a parent, as far as its rights and its mount tell. Where one cannot be made all the same, `makeCgroup` gives them up. */
export function canMakeIn(parent: string): boolean {
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function write(file: string, value: string | number): void {
  writeFileSync(file, String(value));
}

/** The number after a name in a `name value` file, or the whole file as a number. */
export function figure(file: string, name?: string): number | undefined {
  // A throw takes ten times as long as a look, and which files there are differs by controller.
  if (!existsSync(file)) return undefined;
  try {
    const text = readFileSync(file, 'utf8');
    const value = name === undefined ? text : text.split('\n').find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
    return value === undefined ? undefined : Number(value);
  } catch {
    return undefined;
  }
}
