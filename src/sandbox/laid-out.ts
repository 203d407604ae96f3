import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHANNEL_FD, FD } from './bwrap.ts';
import { type Jail, watchJail } from './jail.ts';
import { cpuUsed } from './limits/cpu-used.ts';
import { innerLimit, outerLimits } from './limits/rlimits.ts';
import { lateMounts, mountsOf, type MountTable } from './mount-table.ts';
import type { Layer, Layout } from './mounts.ts';
import { type Found, isSame, type Pattern, patternOf, SHELL } from './pattern.ts';
import type { Limits } from './plan.ts';
import { emptyFilePath, fill, type Pipes } from './scratch.ts';
import { type BareSlot, holdSlot, isAlive, leave, quote, releaseSlot, unnamedPipe } from './slots.ts';
import type { Ends, Streams } from './streams.ts';

/** A sandbox that was laid out before its run was known, with a shell in it that waits for the program. It ends with this process. */
export interface LaidOut {
  readonly pattern: Pattern;
  readonly slot: BareSlot;
  readonly jail: Jail;
}

/** One that now belongs to a run. */
export interface Taken {
  readonly slot: BareSlot;
  readonly streams: Streams;
  readonly jail: Jail;
  /** Milliseconds of CPU time that it used before. */
  readonly cpuBefore: number;
}

export interface Taking {
  /** Puts a slot under the limits of the plan, before anything of it runs; false where that is not possible. */
  limit(slot: BareSlot): boolean;
  /** Opens its output. */
  open(pipes: Pipes): Ends;
}

/** Bytes of an order: a shell reads each of them by itself. */
const LONGEST_ORDER = 4096;
const LOOKS = 50;

/** Reads how many lines there are, and then those; where toka ends before it has written all of them, there is no order. */
export const WAIT = `o= && IFS= read -r n <&${CHANNEL_FD.lines} && while [ "$n" -gt 0 ]; do IFS= read -r l <&${CHANNEL_FD.lines} || exit; o="$o$l\n"; n=$((n-1)); done && eval "$o"`;
const NAME = /^[A-Za-z_]\w*$/;

export function layOut(pattern: Pattern, slot: BareSlot): LaidOut {
  const { args, bwrap, limits } = pattern;
  try {
    fill(slot.args, args.map((argument) => `${argument === '' ? emptyFilePath() : argument}\0`).join(''));
    slot.control.tell(script(slot, bwrap, limits));
  } catch (error) {
    releaseSlot(slot);
    throw error;
  }
  return { pattern, slot, jail: watchJail(slot, () => undefined) };
}

/** Its output goes to pipes that the shell makes, which saves it a process that makes them in a folder. */
function script({ enforcement }: BareSlot, bwrap: string, limits: Limits): string {
  const inner = enforcement.processes === 'rlimit' ? innerLimit(limits.pids) : [];
  const words = [bwrap, '--args', String(FD.args), '--', ...inner, SHELL, '-c', WAIT].map(quote).join(' ');
  const { lines, replies } = CHANNEL_FD;
  const out = `>/proc/self/fd/${lines} 2>/proc/self/fd/${replies}`;
  return `${unnamedPipe(lines)}${unnamedPipe(replies)}${outerLimits(limits, enforcement)}exec ${words} ${out} ${lines}<&0 </dev/null ${replies}<&-\n`;
}

/**
 * Hands one over to a run whose plan asks for the same; it is used up whatever happens.
 *
 * @returns undefined where it asks for something else, or what stands behind a name is another by now: nothing of the plan was run then
 * @throws what `limit` throws
 */
export async function take({ jail, pattern, slot }: LaidOut, found: Found, { limit, open }: Taking): Promise<Taken | undefined> {
  let isTaken = false;
  // A process with nothing else to wait for would end in the middle.
  holdSlot(slot);
  try {
    const order = orderFor(found);
    const wanted = patternOf(found);
    if (order === undefined || !wanted || !isSame(wanted, pattern, slot.enforcement)) return undefined;
    if (!(await hasBegun(slot, jail)) || !(await shows(jail, found.layout)) || !limit(slot)) return undefined;
    const ends = openOutput(slot, open);
    const cpuBefore = cpuUsed(slot.cgroup, jail.init());
    isTaken = ends !== undefined && slot.control.tell(order);
    const streams = ends?.streams();
    if (isTaken && streams) {
      streams.started();
      return { slot, streams, jail, cpuBefore };
    }
    streams?.destroy();
    return undefined;
  } finally {
    if (!isTaken) drop({ jail, slot });
  }
}

/** Ends one that is not wanted. */
export function drop({ jail, slot }: Pick<LaidOut, 'jail' | 'slot'>): void {
  holdSlot(slot);
  jail.kill();
  void jail.empty.then(() => leave(slot));
}

/** undefined where bwrap has just ended, and its pipes with it. */
function openOutput({ pipes }: BareSlot, open: Taking['open']): Ends | undefined {
  try {
    return open(pipes);
  } catch {
    return undefined;
  }
}

/** Waits until bwrap has started; false where it has ended. */
async function hasBegun(slot: BareSlot, jail: Jail): Promise<boolean> {
  while (jail.init() === undefined) {
    if (!isAlive(slot)) return false;
    await sleep(1);
  }
  return true;
}

/** Waits until bwrap has laid everything out, and tells whether it shows what stands behind the names on this machine now. */
async function shows(jail: Jail, layout: Layout): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    const init = jail.init();
    if (init === undefined || jail.exitCode() !== undefined) return false;
    if (isLaidOut(init, layout)) return true;
    await sleep(1);
  }
  return false;
}

function isLaidOut(init: number, { layers }: Layout): boolean {
  const root = `/proc/${init}/root`;
  try {
    const mounts = mountsOf(init);
    return isOther(root, '/') && layers.every((layer) => isShown(layer, root, mounts)) && lateMounts(mounts, layers).length === 0;
  } catch {
    // It has ended, or may not be looked at.
    return false;
  }
}

/** Where the file or folder under a mount is replaced, the kernel takes the mount away. */
function isShown(layer: Layer, root: string, mounts: MountTable): boolean {
  if (layer.kind === 'link') return true;
  if (mounts.get(layer.path)?.includes(layer.kind === 'write' ? 'rw' : 'ro') !== true) return false;
  return !('source' in layer) || !isOther(root + layer.path, layer.source);
}

function isOther(one: string, other: string): boolean {
  const [left, right] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return !left || !right || left.ino !== right.ino || left.dev !== right.dev;
}

/** What the waiting shell reads; undefined for what it could not pass on as it is. */
export function orderFor({ command, plan }: Found): string | undefined {
  // dash takes a number alone for OPTIND.
  if (!Object.keys(plan.env).every((name) => NAME.test(name) && name !== 'OPTIND')) return undefined;
  // bwrap sets PWD last.
  const variables = Object.entries({ ...plan.env, PWD: plan.cwd }).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  const order = `unset OLDPWD\n${variables.join('')}exec ${command.map(quote).join(' ')} ${CHANNEL_FD.lines}<&-\n`;
  const lines = order.split('\n').length - 1;
  return Buffer.byteLength(order) <= LONGEST_ORDER ? `${lines}\n${order}` : undefined;
}
