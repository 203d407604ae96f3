import { realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { bwrapArguments } from './bwrap.ts';
import { outerLimits } from './limits/rlimits.ts';
import type { Layout } from './mounts.ts';
import type { Enforcement, Limits, SandboxPlan } from './plan.ts';
import { emptyFilePath } from './scratch.ts';

/** All that a sandbox is made of but its variables, its arguments and the group that limits it. Plain data. */
export interface Pattern {
  readonly bwrap: string;
  /** For bwrap; an empty one stands for the empty file that covers others. */
  readonly args: readonly string[];
  readonly limits: Limits;
  /** What has to exist: bwrap would make what is missing. */
  readonly paths: readonly string[];
  /** The program that was started last, with what tells whether it is still the same. */
  readonly program: string;
}

/** What a plan came to on this machine. */
export interface Found {
  readonly plan: SandboxPlan;
  readonly command: readonly string[];
  readonly bwrap: string;
  readonly layout: Layout;
}

/** Shells that hand on what they were given, and set no variable but OLDPWD. */
const PLAIN_SHELLS = ['dash', 'busybox'];
export const SHELL = '/bin/sh';

/** undefined for a sandbox that is made for its run: with copies, files or folders of its own, a network or an input, or in which the whole machine stands. */
export function patternOf({ bwrap, command, layout, plan }: Found): Pattern | undefined {
  const isMadeForRun = plan.network ?? plan.channel ?? plan.folder ?? plan.files?.[0];
  if (isMadeForRun !== undefined || plan.stdin !== 'none' || layout.root || !isPlainShell()) return undefined;
  const { layers } = layout;
  if (layers.some((layer) => (layer.kind === 'read' || layer.kind === 'write') && layer.source !== layer.path)) return undefined;
  const args = bwrapArguments({ ...plan, env: {} }, layout);
  const covers = layers.some(({ kind }) => kind === 'hide-file');
  return {
    bwrap,
    args: covers ? args.map((argument) => (argument === emptyFilePath() ? '' : argument)) : args,
    limits: plan.limits,
    paths: layers.filter(({ kind }) => kind !== 'link').map(({ path }) => path),
    program: programId(command[0]!),
  };
}

/** Of the limits those count that the kernel is told before a run. */
export function isSame(one: Pattern, other: Pattern, enforcement: Enforcement): boolean {
  const [left, right] = [one, other].map(({ args, bwrap, limits, paths, program }) =>
    JSON.stringify([args, bwrap, paths, program, outerLimits(limits, enforcement), enforcement.processes === 'rlimit' ? limits.pids : 0]),
  );
  return left === right;
}

function programId(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${path} ${found.dev}:${found.ino}:${found.mtimeNs}:${found.size}` : path;
}

function isPlainShell(): boolean {
  try {
    return PLAIN_SHELLS.includes(basename(realpathSync.native(SHELL)));
  } catch {
    return false;
  }
}
