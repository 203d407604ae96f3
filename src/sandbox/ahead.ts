import { statSync } from 'node:fs';
import { bwrapArguments } from './bwrap.ts';
import { isRunning } from './jail.ts';
import { cpuUsed } from './limits/cpu-used.ts';
import { outerLimits } from './limits/rlimits.ts';
import { carry, checkPassable, makeFolder, prepare, type Prepared, removeFolder, requireHard, start, type Started } from './linux.ts';
import type { Layer } from './mounts.ts';
import type { LaunchOptions, Outcome, SandboxPlan } from './plan.ts';
import { holdSlot, leave, restSlot, type Slot, takeSlot } from './slots.ts';

/** A process that was started before anybody asked for it, and waits for the first line of its channel. */
export interface Ahead {
  /** Whether it is what this sandbox would be if it were made now. */
  fits(wanted: Wanted): boolean;
  isAlive(): boolean;
  /** Makes it the process of a run, once: the run's limits begin here. Like `launch`. */
  carry(plan: SandboxPlan, options: LaunchOptions): Promise<Outcome>;
  end(): void;
  /** Settles when nothing of it is left, whether it was used or not. */
  readonly gone: Promise<void>;
}

/** All that a sandbox would be made of at this moment. */
export interface Wanted {
  readonly plan: SandboxPlan;
  readonly print: string;
}

/**
 * Describes the sandbox that a plan would get now.
 *
 * @returns undefined for one that cannot be made ahead: its files must be copied, or made, for the run itself
 * @throws what `launch` would throw
 */
export function wantedFor(plan: SandboxPlan): Wanted | undefined {
  if (process.platform !== 'linux' || plan.channel !== true || plan.mounts.some(isMadeForRun)) return undefined;
  checkPassable(plan);
  return { plan, print: printOf(prepare(plan, { folder: undefined })) };
}

/** A write mount of a file is a copy, and one of what does not exist is made for the run. */
function isMadeForRun({ access, path }: SandboxPlan['mounts'][number]): boolean {
  return access === 'write' && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true;
}

/** What bwrap is told, and which files and folders stand behind the names: one that was replaced since is another. */
function printOf({ bwrap, command, layout, plan }: Prepared): string {
  const { memory, cpu, pids, maxDisk } = plan.limits;
  const sources = layout.layers.map(sourceOf).filter((path) => path !== undefined);
  return JSON.stringify([
    bwrap,
    command,
    bwrapArguments(plan, layout),
    plan.stdin,
    plan.network ?? null,
    plan.folder ?? null,
    plan.files ?? [],
    [memory, cpu, pids, maxDisk],
    [command[0]!, ...sources].map(identityOf),
  ]);
}

function sourceOf(layer: Layer): string | undefined {
  if (layer.kind === 'read' || layer.kind === 'write') return layer.source;
  return layer.kind === 'link' ? undefined : layer.path;
}

function identityOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  // Of a file the content counts, too; what a folder holds is seen inside as it is.
  return found ? `${found.dev}:${found.ino}${found.isFile() ? `:${found.mtimeNs}:${found.size}` : ''}` : '';
}

/**
 * Starts a process that waits for its run. It does not keep toka alive, and ends with it.
 *
 * @throws what `launch` would throw
 */
export async function startAhead({ plan, print }: Wanted): Promise<Ahead | undefined> {
  const folder = makeFolder(plan);
  const started = await startIn(plan, folder);
  if (!started) return undefined;
  const { jail, slot, streams } = started;
  for (const stream of allOf(streams)) stream.unref();
  let isUsed = false;
  let isGone = false;
  const leaveNothing = async (): Promise<void> => {
    await jail.empty;
    isGone = true;
    if (isUsed) return;
    streams.destroy();
    leave(slot);
    removeFolder(folder);
  };
  const gone = leaveNothing();
  const run = async (runPlan: SandboxPlan, options: LaunchOptions): Promise<Outcome> => {
    isUsed = true;
    holdSlot(slot);
    for (const stream of allOf(streams)) stream.ref();
    try {
      const outcome = await carry(started, runPlan, options, cpuUsed(slot.cgroup, jail.init()));
      if (folder !== undefined) options.collect?.(folder, outcome);
      return outcome;
    } finally {
      removeFolder(folder);
    }
  };
  return {
    fits: (wanted) => wanted.print === print && cpuLimits(wanted.plan, started) === cpuLimits(plan, started),
    // What has just ended may not have been reported yet.
    isAlive: () => !isGone && jail.exitCode() === undefined && [slot.shell.pid, jail.init()].every((pid) => pid === undefined || isRunning(pid)),
    carry: async (runPlan, options) => {
      requireHard(slot, options.require);
      return run(runPlan, options);
    },
    end: () => {
      if (isUsed || isGone) return;
      // Whoever ends it may wait for that.
      holdSlot(slot);
      jail.kill();
    },
    gone,
  };
}

async function startIn(plan: SandboxPlan, folder: string | undefined): Promise<Started | undefined> {
  let started: Started | undefined;
  try {
    const prepared = prepare(plan, { folder });
    const begin = async (slot: Slot): Promise<Started | undefined> => {
      // A process with nothing else to wait for would end in the middle.
      holdSlot(slot);
      return start(prepared, slot, {});
    };
    // As in `launch`: a slot that could not join its control group has run nothing.
    started = (await begin(takeSlot(plan))) ?? (await begin(takeSlot(plan)));
    if (started) restSlot(started.slot);
    return started;
  } finally {
    if (!started) removeFolder(folder);
  }
}

function allOf({ channel, stderr, stdin, stdout }: Started['streams']): NonNullable<Started['streams']['stdin']>[] {
  return [stdin, stdout, stderr, channel?.lines, channel?.replies].filter((stream) => stream !== undefined);
}

/** Limits that the kernel was told when the process was started. */
function cpuLimits({ limits }: SandboxPlan, { slot }: Started): string {
  return outerLimits(limits, slot.enforcement);
}
