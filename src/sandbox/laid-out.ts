import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bwrapArguments, CHANNEL_FD, FD } from './bwrap.ts';
import { type Jail, watchJail } from './jail.ts';
import { cpuUsed } from './limits/cpu-used.ts';
import { innerLimit, outerLimits } from './limits/rlimits.ts';
import type { Layer, Layout } from './mounts.ts';
import type { Enforcement, Limits, SandboxPlan } from './plan.ts';
import { emptyFilePath, fill } from './scratch.ts';
import { endNow, expectSlot, type ExpectedSlot, holdSlot, leave, prepareBareSlot, quote, restSlot, type Slot, type SlotNeeds, startSlot, unnamedPipe } from './slots.ts';
import { openStreams, type Streams } from './streams.ts';

/** What is kept between runs of a tool, by whoever starts toka. */
export interface Kept {
  readonly text: string | undefined;
  keep(text: string): void;
}

/**
 * All that a sandbox is made of but its variables, its arguments and the group that limits it. Kept as JSON; anything that cannot be read is as good
 * as nothing.
 */
interface Pattern {
  readonly format: 1;
  readonly bwrap: string;
  /** For bwrap; an empty one stands for the empty file that covers others. */
  readonly args: readonly string[];
  readonly limits: Limits;
  /** What has to exist: bwrap would make what is missing. */
  readonly paths: readonly string[];
  /** The program that was started last, with what tells whether it is still the same. */
  readonly program: string;
  /** Runs that asked for another sandbox, less those that asked for the same. */
  readonly changes: number;
}

/** What a plan came to on this machine. */
export interface Found {
  readonly plan: SandboxPlan;
  readonly command: readonly string[];
  readonly bwrap: string;
  readonly layout: Layout;
}

/** A sandbox that was laid out before its run was known, and now belongs to it. */
export interface Taken {
  readonly slot: Slot;
  readonly streams: Streams;
  readonly jail: Jail;
  /** Milliseconds of CPU time that it used before. */
  readonly cpuBefore: number;
}

export interface Claim {
  /** Absent where nothing waits, or something else than the plan asks for: nothing of the plan was run then. */
  readonly taken: Taken | undefined;
  /** Keeps what the program ran in, once it has started, for the next run of its tool. */
  keep(enforcement: Enforcement): void;
}

/** With so many a tool's sandbox is taken to differ from run to run. */
const MOST_CHANGES = 3;
/** Bytes of an order: a shell reads each of them by itself. */
const LONGEST_ORDER = 4096;
const LOOKS = 50;

/** Shells that hand on what they were given, and set no variable but OLDPWD. */
const PLAIN_SHELLS = ['dash', 'busybox'];
const SHELL = '/bin/sh';
/** Reads how many lines there are, and then those; where toka ends before it has written all of them, there is no order. */
export const WAIT = `o= && IFS= read -r n <&${CHANNEL_FD.lines} && while [ "$n" -gt 0 ]; do IFS= read -r l <&${CHANNEL_FD.lines} || exit; o="$o$l\n"; n=$((n-1)); done && eval "$o"`;
const NAME = /^[A-Za-z_]\w*$/;

interface Waiting extends Pick<Taken, 'slot' | 'jail'> {
  readonly pattern: Pattern;
  /** Settles when bwrap has started, or has ended. */
  readonly begun: Promise<void>;
}

let last: Kept | undefined;
let waiting: Waiting | undefined;

/**
 * Makes a sandbox before it is known whether it will be used: laid out as the tool's last one, where that is known, with a shell in it that waits for
 * the program. The first launch takes it if its plan asks for the same; otherwise it ends with this process.
 */
export function startSandbox(kept: Kept): void {
  if (process.platform !== 'linux') return;
  last = kept;
  const pattern = readPattern(kept.text);
  if (!pattern || pattern.changes >= MOST_CHANGES || !pattern.paths.every((path) => existsSync(path))) return startSlot();
  try {
    waiting = layOut(pattern);
  } catch {
    // Whoever launches is told the reason.
  }
  process.once('exit', endWaiting);
}

function endWaiting(): void {
  if (waiting) endNow(waiting.slot);
}

/** Like `expectSlot`, where nothing waits already. */
export function expectSandbox(needs: SlotNeeds): ExpectedSlot {
  return waiting && !needs.network && needs.files === 0 ? { take: () => undefined, end: () => undefined } : expectSlot(needs);
}

function layOut(pattern: Pattern): Waiting {
  const slot = prepareBareSlot();
  const { args, bwrap, limits } = pattern;
  fill(slot.args, args.map((argument) => `${argument === '' ? emptyFilePath() : argument}\0`).join(''));
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const jail = watchJail(slot, begin);
  slot.script.write(script(slot, bwrap, limits));
  restSlot(slot);
  return { pattern, slot, jail, begun };
}

/** Its output goes to pipes that the shell makes, which saves it a process that makes them in a folder. */
function script({ enforcement }: Slot, bwrap: string, limits: Limits): string {
  const inner = enforcement.processes === 'rlimit' ? innerLimit(limits.pids) : [];
  const words = [bwrap, '--args', String(FD.args), '--', ...inner, SHELL, '-c', WAIT].map(quote).join(' ');
  const { lines, replies } = CHANNEL_FD;
  const out = `>/proc/self/fd/${lines} 2>/proc/self/fd/${replies}`;
  return `${unnamedPipe(lines)}${unnamedPipe(replies)}${outerLimits(limits, enforcement)}exec ${words} ${out} ${lines}<&0 </dev/null ${replies}<&-\n`;
}

/**
 * Hands the first launch of this process what waits, if it is what its plan asks for.
 *
 * @param limit puts a slot under the limits of the plan, before anything of it runs; false where that is not possible
 * @throws what `limit` throws
 */
export async function claimSandbox(found: Found, limit: (slot: Slot) => boolean): Promise<Claim> {
  const [kept, ready] = [last, waiting];
  last = undefined;
  waiting = undefined;
  const taken = ready && (await take(ready, found, limit));
  return { taken, keep: (enforcement) => (taken ? keepSteady(kept, ready.pattern) : keepPattern(kept, found, { enforcement, isInVain: ready !== undefined })) };
}

async function take(ready: Waiting, found: Found, limit: (slot: Slot) => boolean): Promise<Taken | undefined> {
  const { begun, jail, pattern, slot } = ready;
  let isTaken = false;
  // A process with nothing else to wait for would end in the middle.
  holdSlot(slot);
  try {
    const order = orderFor(found);
    const wanted = patternOf(found);
    if (order === undefined || !wanted || !isSame(wanted, pattern, slot.enforcement)) return undefined;
    await begun;
    if (!(await shows(jail, found.layout)) || !limit(slot)) return undefined;
    const streams = openStreamsOf(slot, found.plan);
    if (!streams) return undefined;
    streams.started();
    const cpuBefore = cpuUsed(slot.cgroup, jail.init());
    slot.script.write(order);
    isTaken = true;
    return { slot, streams, jail, cpuBefore };
  } finally {
    if (!isTaken) {
      jail.kill();
      void jail.empty.then(() => leave(slot));
    }
  }
}

/** undefined where bwrap has just ended, and its pipes with it. */
function openStreamsOf({ pipes }: Slot, plan: SandboxPlan): Streams | undefined {
  try {
    return openStreams(pipes, plan);
  } catch {
    return undefined;
  }
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
    return isOther(root, '/') && layers.every((layer) => isShown(layer, root, mounts));
  } catch {
    // It has ended, or may not be looked at.
    return false;
  }
}

/** Where the file or folder under a mount is replaced, the kernel takes the mount away. */
function isShown(layer: Layer, root: string, mounts: ReadonlyMap<string, string>): boolean {
  if (layer.kind === 'link') return true;
  if (mounts.get(layer.path) !== (layer.kind === 'write' ? 'rw' : 'ro')) return false;
  return !('source' in layer) || !isOther(root + layer.path, layer.source);
}

/** The mount points of a process, each with `ro` or `rw` (proc_pid_mountinfo(5)). */
function mountsOf(pid: number): ReadonlyMap<string, string> {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
  return new Map(lines.map((line) => line.split(' ')).map(([, , , , point = '', options = '']) => [unescape(point), options.slice(0, 2)]));
}

function unescape(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCodePoint(parseInt(code, 8)));
}

function isOther(one: string, other: string): boolean {
  const [left, right] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return !left || !right || left.ino !== right.ino || left.dev !== right.dev;
}

/** What the waiting shell reads; undefined for what it could not pass on as it is. */
function orderFor({ command, plan }: Found): string | undefined {
  if (!Object.keys(plan.env).every((name) => NAME.test(name))) return undefined;
  // bwrap sets PWD last.
  const variables = Object.entries({ ...plan.env, PWD: plan.cwd }).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  const order = `unset OLDPWD\n${variables.join('')}exec ${command.map(quote).join(' ')} ${CHANNEL_FD.lines}<&-\n`;
  const lines = order.split('\n').length - 1;
  return Buffer.byteLength(order) <= LONGEST_ORDER ? `${lines}\n${order}` : undefined;
}

/** Of a sandbox that was taken, it is known what was asked for. */
function keepSteady(kept: Kept | undefined, pattern: Pattern): void {
  if (pattern.changes > 0) kept?.keep(JSON.stringify({ ...pattern, changes: pattern.changes - 1 }));
}

function keepPattern(kept: Kept | undefined, found: Found, { enforcement, isInVain }: { readonly enforcement: Enforcement; readonly isInVain: boolean }): void {
  const pattern = kept && patternOf(found);
  if (!pattern) return;
  const before = readPattern(kept.text);
  const isSteady = before !== undefined && !isInVain && isSame(pattern, before, enforcement) && orderFor(found) !== undefined;
  const changes = before ? Math.min(MOST_CHANGES, Math.max(0, before.changes + (isSteady ? -1 : 1))) : 0;
  if (!isSteady || changes !== before.changes) kept.keep(JSON.stringify({ ...pattern, changes }));
}

/** undefined for a sandbox that is made for its run: with copies, files or folders of its own, a network or an input, or in which the whole machine stands. */
function patternOf({ bwrap, command, layout, plan }: Found): Pattern | undefined {
  const isMadeForRun = plan.network ?? plan.channel ?? plan.folder ?? plan.files?.[0];
  if (isMadeForRun !== undefined || plan.stdin !== 'none' || layout.root || !isPlainShell()) return undefined;
  const { layers } = layout;
  if (layers.some((layer) => (layer.kind === 'read' || layer.kind === 'write') && layer.source !== layer.path)) return undefined;
  const args = bwrapArguments({ ...plan, env: {} }, layout);
  const covers = layers.some(({ kind }) => kind === 'hide-file');
  return {
    format: 1,
    bwrap,
    args: covers ? args.map((argument) => (argument === emptyFilePath() ? '' : argument)) : args,
    limits: plan.limits,
    paths: layers.filter(({ kind }) => kind !== 'link').map(({ path }) => path),
    program: programId(command[0]!),
    changes: 0,
  };
}

/** Of the limits those count that the kernel is told before a run. */
function isSame(one: Pattern, other: Pattern, enforcement: Enforcement): boolean {
  const [left, right] = [one, other].map((pattern) => {
    const { limits } = pattern;
    return JSON.stringify({ ...pattern, changes: 0, limits: [outerLimits(limits, enforcement), enforcement.processes === 'rlimit' ? limits.pids : 0] });
  });
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

function readPattern(text: string | undefined): Pattern | undefined {
  try {
    const read: unknown = text === undefined ? undefined : JSON.parse(text);
    return isPattern(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isPattern(read: unknown): read is Pattern {
  if (typeof read !== 'object' || read === null) return false;
  const { args, bwrap, changes, format, limits, paths, program } = read as Partial<Record<keyof Pattern, unknown>>;
  const areWords = (list: unknown): boolean => Array.isArray(list) && list.every((word) => typeof word === 'string' && !word.includes('\0'));
  const areFigures = typeof limits === 'object' && limits !== null && Object.values(limits).every((figure) => typeof figure === 'number');
  return format === 1 && typeof bwrap === 'string' && bwrap.startsWith('/') && areWords(args) && areWords(paths) && areFigures && typeof program === 'string' && typeof changes === 'number';
}
