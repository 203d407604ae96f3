import { statSync } from 'node:fs';
import { bwrapArguments } from './bwrap.ts';
import { startLaidOut } from './ahead-laid-out.ts';
import { isWaiting } from './jail.ts';
import { orderFor } from './laid-out.ts';
import { cpuUsed } from './limits/cpu-used.ts';
import { outerLimits } from './limits/rlimits.ts';
import { carry, checkPassable, makeFolder, prepare, type Prepared, removeFolder, requireHard, start, type Started } from './linux.ts';
import { lateMounts, mountsOf } from './mount-table.ts';
import type { Layer } from './mounts.ts';
import { patternOf } from './pattern.ts';
import type { LaunchOptions, Outcome, SandboxPlan } from './plan.ts';
import { holdSlot, leave, restSlot, type Slot, takeSlot } from './slots.ts';
import type { Ahead, Wanted } from './waiting.ts';

/**
 * Describes the sandbox that a plan would get now.
 *
 * @returns undefined for one that cannot be made ahead: its files must be copied, or made, for the run itself, or it shows the whole machine
 * @throws what `launch` would throw
 */
export function wantedFor(plan: SandboxPlan): Wanted | undefined {
  if (process.platform !== 'linux' || plan.mounts.some(isMadeForRun)) return undefined;
  checkPassable(plan);
  const prepared = prepare(plan, { folder: undefined });
  // Whatever is mounted anywhere later would come in.
  if (prepared.layout.root) return undefined;
  if (plan.channel) return { prepared, print: printOf(prepared), pattern: undefined };
  const pattern = orderFor(prepared) === undefined ? undefined : patternOf(prepared);
  return pattern && { prepared, print: JSON.stringify({ ...pattern, limits: toldAhead(pattern.limits) }), pattern };
}

/** A write mount of a file is a copy, and one of what does not exist is made for the run. */
function isMadeForRun({ access, path }: SandboxPlan['mounts'][number]): boolean {
  return access === 'write' && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true;
}

/** The limits that are put on a sandbox, and not looked after by toka itself. */
function toldAhead({ cpu, maxDisk, memory, pids }: SandboxPlan['limits']): readonly number[] {
  return [memory, cpu, pids, maxDisk];
}

/** What bwrap is told, and which files and folders stand behind the names: one that was replaced since is another. */
function printOf({ bwrap, command, layout, plan }: Prepared): string {
  const sources = layout.layers.map(sourceOf).filter((path) => path !== undefined);
  return JSON.stringify([
    bwrap,
    command,
    bwrapArguments(plan, layout),
    plan.stdin,
    plan.network ?? null,
    plan.folder ?? null,
    plan.files ?? [],
    toldAhead(plan.limits),
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
export async function startAhead({ pattern, prepared, print }: Wanted): Promise<Ahead | undefined> {
  return pattern ? startLaidOut(pattern) : startProcess(prepared.plan, print);
}

/** One that waits for the first line of its channel. */
async function startProcess(plan: SandboxPlan, print: string): Promise<Ahead | undefined> {
  const folder = makeFolder(plan);
  const started = await startIn(plan, folder);
  if (!started) return undefined;
  const { jail, slot, streams } = started;
  streams.rest();
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
    streams.hold();
    try {
      const outcome = await carry(started, runPlan, options, cpuUsed(slot.cgroup, jail.init()));
      if (folder !== undefined) options.collect?.(folder, outcome);
      return outcome;
    } finally {
      removeFolder(folder);
    }
  };
  return {
    fits: (wanted) => wanted.print === print && cpuLimits(wanted.prepared.plan, started) === cpuLimits(plan, started) && !hasLateMounts(started),
    isAlive: () => !isGone && isWaiting(started),
    carry: async (wanted, options) => {
      requireHard(slot, options.require);
      return run(wanted.prepared.plan, options);
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

function hasLateMounts({ jail, prepared: { layout } }: Started): boolean {
  const init = jail.init();
  try {
    return init === undefined || lateMounts(mountsOf(init), layout.layers).length > 0;
  } catch {
    // It has ended.
    return true;
  }
}

/** Limits that the kernel was told when the process was started. */
function cpuLimits({ limits }: SandboxPlan, { slot }: Started): string {
  return outerLimits(limits, slot.enforcement);
}
