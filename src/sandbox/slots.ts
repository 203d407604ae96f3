import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { CHANNEL_FD, FD, fileFd, groupFile, passwdFile } from './bwrap.ts';
import { type Control, pipeControl, socketControl } from './control.ts';
import { slotShell } from './devices.ts';
import type { ClaimedPipes, PipeEnds } from './kept-pipes.ts';
import { makeCgroup, type Cgroup } from './limits/cgroup.ts';
import { canLimitProcesses } from './limits/rlimits.ts';
import { type Gate, gateProgram, watchGate } from './network/gate.ts';
import type { Enforcement, SandboxPlan } from './plan.ts';
import { constant, MKFIFO_PATH, mkfifo, nameless, namePipes, type Pipes, removeFiles } from './scratch.ts';
import { openFilter } from './seccomp-file.ts';
import { unavailable } from './unavailable.ts';

/**
 * A shell that has joined its control group (which takes 8 to 25 ms in version 2) and waits for the one command it will become. It reads that
 * command from a pipe, so it ends when toka does, however toka ends.
 */
export interface Slot extends BareSlot {
  /** Settles when the shell waits for its command, or has failed. */
  readonly ready: Promise<void>;
}

/** One whose pipes are made by what it is told. */
export interface BareSlot {
  readonly shell: ChildProcess;
  readonly control: Control;
  /** File that bwrap will read its arguments from. */
  readonly args: number;
  /** Files that it will have as its own. */
  readonly files: readonly number[];
  /** The pipes of the command, which are there once it is ready. */
  readonly pipes: Pipes;
  /** Those that have names of their own. */
  readonly named: readonly string[];
  readonly cgroup: Cgroup | undefined;
  readonly enforcement: Enforcement;
  /** Present where it was made for a plan with network. */
  readonly gate?: Gate;
}

/** What of a plan a slot must know before it is made. */
export interface SlotNeeds {
  readonly network: boolean;
  /** At least so many files of its own. */
  readonly files: number;
}

const PLAIN: SlotNeeds = { network: false, files: 0 };

/** Exit codes of a slot that could not join its control group, and of one that could not make its pipes. */
export const NOT_JOINED = 111;
export const NO_PIPES = 112;

/** Up to this one, Node.js closes on its own what it inherited (libuv, `uv_disable_stdio_inheritance`). */
const CLOSED_BY_NODE = 15;

/** What bwrap is started with can be read inside (/proc/1/environ). Node.js hands this variable on to every environment that does not name it. */
const NO_VARIABLES = { NODE_V8_COVERAGE: undefined };

const idle: Slot[] = [];

/**
 * Prepares one sandbox before its plan is known. `launch` uses it if it is passed there; otherwise release it.
 *
 * @returns undefined where the platform has no slots
 * @throws TOKA_SANDBOX_UNAVAILABLE on an architecture without a system call filter
 */
export function prepareSlot(needs = PLAIN): Slot | undefined {
  return process.platform === 'linux' ? makeSlot(needs) : undefined;
}

/**
 * One for who makes the pipes of its command himself.
 *
 * @param pipes to speak with it, in a process of toka that has just begun
 */
export function prepareBareSlot(pipes?: ClaimedPipes): BareSlot {
  let own: PipeEnds | undefined;
  const open = (): PipeEnds | undefined => {
    const ends = pipes?.open();
    own = ends?.own;
    return ends?.shell;
  };
  const { beside, joins, ...started } = startShell({ files: 0, isFirst: pipes !== undefined, open });
  const control = own ? pipeControl(own) : socketControl(started.shell);
  control.tell(`${beside}${joins}wait\n`);
  const slot = { ...started, control, pipes: openIn(started.shell), named: [] };
  restSlot(slot);
  return slot;
}

/** A slot that may be wanted soon. */
export interface ExpectedSlot {
  /** Hands it over, once; undefined where there is none yet, so that `launch` sees to it itself. */
  take(): Slot | undefined;
  /** Releases it unless it was taken. */
  end(): void;
}

/** Makes a slot before it is known whether it will be used, unless one is ready anyway. */
export function expectSlot(needs = PLAIN): ExpectedSlot {
  let slot: Slot | undefined;
  try {
    slot = idle.length > 0 && isPlain(needs) ? undefined : prepareSlot(needs);
  } catch {
    // Whoever launches is told the reason.
  }
  const take = (): Slot | undefined => {
    const taken = slot;
    slot = undefined;
    return taken;
  };
  return { take, end: () => releaseSlot(take()) };
}

/** Makes one before it is known whether it will be used: the next launch that needs nothing special takes it, or it ends with this process. */
export function startSlot(): void {
  if (process.platform !== 'linux') return;
  try {
    idle.push(makeSlot(PLAIN, { isFirst: true }));
  } catch {
    // Whoever launches is told the reason.
  }
  process.once('exit', endIdle);
}

const END_TRIES = 20;

function endIdle(): void {
  for (const slot of idle) endNow(slot);
}

/** At the end of the process: nobody waits for what ends, so the group is tried until it is empty. */
export function endNow({ cgroup, shell }: BareSlot): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  killGroup(shell);
  for (let tries = 0; tries < END_TRIES && cgroup?.remove() === false; tries++) Atomics.wait(pause, 0, 0, 1);
}

/** A slot for a plan: the one that is offered, one that is ready, or a new one. */
export function takeSlot({ files, network }: Pick<SandboxPlan, 'files' | 'network'>, offered?: Slot): Slot {
  const needs = { network: network !== undefined, files: files?.length ?? 0 };
  if (offered && isAlive(offered) && (offered.gate !== undefined) === needs.network && offered.files.length >= needs.files) return offered;
  if (!isPlain(needs)) return makeSlot(needs);
  for (let slot = idle.shift(); slot; slot = idle.shift()) if (isAlive(slot)) return slot;
  return makeSlot(needs);
}

function isPlain({ files, network }: SlotNeeds): boolean {
  return files === 0 && !network;
}

export function isAlive({ shell }: BareSlot): boolean {
  return shell.pid !== undefined && shell.exitCode === null && shell.signalCode === null;
}

/** Ends a slot that was not used, with whatever its shell has just started. */
export function releaseSlot(slot: BareSlot | undefined): void {
  if (!slot) return;
  const { cgroup, named, shell } = slot;
  shell.once('exit', () => {
    removeFiles(named);
    cgroup?.remove();
  });
  killGroup(shell);
  dropSlot(slot);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

const REMOVE_AGAIN_MS = 20;
const REMOVE_TRIES = 50;

/** Removes the group of a slot whose processes have ended, or are about to. */
export function leave({ cgroup }: Pick<BareSlot, 'cgroup'>, tries = REMOVE_TRIES): void {
  if (!cgroup || cgroup.remove() || tries === 0) return;
  setTimeout(() => leave({ cgroup }, tries - 1), REMOVE_AGAIN_MS).unref();
}

/** Closes what toka holds of a slot. */
export function dropSlot({ args, control, files, gate, named }: BareSlot): void {
  gate?.close();
  removeFiles(named);
  control.close();
  for (const fd of [args, ...files]) closeSync(fd);
}

/** Keeps this process alive while a slot runs, which a waiting one does not. */
export function holdSlot({ control, shell }: BareSlot): void {
  shell.ref();
  shell.channel?.ref();
  control.hold();
}

/** Lets this process end although a slot is there. */
export function restSlot({ control, shell }: BareSlot): void {
  shell.unref();
  shell.channel?.unref();
  control.rest();
}

interface Making {
  /** Nothing but Node.js has opened a file in this process yet: what it inherited is all that it could hand on by mistake. */
  readonly isFirst?: boolean;
}

function makeSlot({ network, files }: SlotNeeds, { isFirst = false }: Making = {}): Slot {
  const { beside, joins, ...started } = startShell({ files, isFirst, gate: network ? constant('gate', requireGate) : undefined });
  const { shell } = started;
  const control = socketControl(shell);
  const named = namePipes();
  const ready = new Promise<void>((resolve) => {
    control.onSaid(resolve);
    shell.once('close', () => resolve());
  });
  // The pipes are made while the kernel lets the shell join. Opening a named one again (/dev/stdin) would wait for a writer that may have finished.
  const makes = `PATH=${MKFIFO_PATH} ${mkfifo(named).map(quote).join(' ')} & making=$!\n`;
  control.tell(`${makes}${beside}${joins}wait $making || exit ${NO_PIPES}\nwait\n${unnamedPipe(FD.stdin)}echo ready >&${FD.status}\n`);
  const slot = { ...started, control, pipes: named, named: Object.values<string>({ ...named }), ready };
  restSlot(slot);
  return network ? { ...slot, gate: watchGate(shell) } : slot;
}

interface Starting extends Making {
  /** Files of its own. */
  readonly files: number;
  /** Open for one more reader. */
  readonly gate?: number | undefined;
  /** Opens the shell's ends of the pipes that toka speaks with it by, where those of Node.js are not to be used. */
  readonly open?: () => PipeEnds | undefined;
}

interface StartedShell extends Pick<BareSlot, 'shell' | 'args' | 'files' | 'cgroup' | 'enforcement'> {
  /** What it has to do first. */
  readonly beside: string;
  readonly joins: string;
}

function startShell({ files: count, gate, isFirst, open }: Starting): StartedShell {
  // Before this opens files itself, which need not be looked at then.
  const leaks = leakingAbove(isFirst ? CLOSED_BY_NODE : FD.args);
  const ends = open?.();
  const cgroup = makeCgroup();
  const filter = openFilter(process.arch, { countableMemory: !cgroup });
  const passwd = constant('passwd', () => passwdFile(uid(), gid()));
  const group = constant('group', () => groupFile(gid()));
  const args = nameless();
  const files = Array.from({ length: count }, () => nameless());
  const own: Readonly<Record<number, number | 'pipe' | 'ipc'>> = {
    0: ends?.script ?? 'pipe',
    [FD.seccomp]: filter,
    [FD.status]: ends?.status ?? 'pipe',
    [FD.passwd]: passwd,
    [FD.group]: group,
    [FD.args]: args,
    ...Object.fromEntries(files.map((fd, at) => [fileFd(at), fd])),
    ...(gate === undefined ? {} : { [FD.channel]: 'ipc', [FD.gate]: gate }),
  };
  const nothing = leaks.length > 0 ? openSync('/dev/null', 'r') : -1;
  const stdio = Array.from({ length: Math.max(...Object.keys(own).map(Number), ...leaks) + 1 }, (_, fd) => own[fd] ?? (leaks.includes(fd) ? nothing : 'ignore'));
  const { argv: [program, ...words], beside } = slotShell();
  const shell = spawn(program, words, { cwd: '/', detached: true, env: NO_VARIABLES, stdio });
  for (const fd of [filter, passwd, group, gate ?? -1, nothing, ends?.script ?? -1, ends?.status ?? -1]) if (fd >= 0) closeSync(fd);
  shell.on('error', () => undefined);
  const joins = (cgroup?.joins ?? []).map((file) => `echo 0 > ${quote(file)} || { wait; exit ${NOT_JOINED}; }\n`).join('');
  return { shell, args, files, cgroup, enforcement: enforcementBy(cgroup), beside, joins };
}

/** What a shell says to have a pipe: a here-document is one. */
export function unnamedPipe(fd: number): string {
  return `exec ${fd}<<E\nE\n`;
}

/** What a process has open, by the names that the kernel gives it: to open one of a pipe is to open the pipe. */
function openIn({ pid }: ChildProcess): Pipes {
  const at = (fd: number): string => `/proc/${pid}/fd/${fd}`;
  return { stdin: at(0), stdout: at(1), stderr: at(2), lines: at(CHANNEL_FD.lines), replies: at(CHANNEL_FD.replies) };
}

function requireGate(): Buffer {
  const program = gateProgram(process.arch);
  if (program) return program;
  throw unavailable({ missing: ['network'], have: process.arch, why: 'no gate to the network', fix: 'use an x64 or arm64 machine' });
}

/** The pipe for standard input of a slot that is ready, or undefined where its shell makes here-documents of something else. */
export function stdinPipe({ shell }: Slot): string | undefined {
  const path = `/proc/${shell.pid}/fd/${FD.stdin}`;
  try {
    return readlinkSync(path).startsWith('pipe:') ? path : undefined;
  } catch {
    return undefined;
  }
}

const FLAGS = 'flags:';
const CLOSE_ON_EXEC = 0o2000000;
const facts = Buffer.allocUnsafe(256);

/** Files that this process inherited and would pass on, above those of which it is known that it does not. A slot gets /dev/null in their place. */
function leakingAbove(closed: number): number[] {
  const fds = readdirSync('/proc/self/fdinfo').map(Number).filter((fd) => fd > closed);
  return fds.filter((fd) => {
    try {
      const found = factsOf(fd);
      return (parseInt(found.slice(found.indexOf(FLAGS) + FLAGS.length), 8) & CLOSE_ON_EXEC) === 0;
    } catch {
      // The folder that was listed is closed by now.
      return false;
    }
  });
}

/** Read without what `readFileSync` does beyond: there are twenty of them in every start. */
function factsOf(fd: number): string {
  const file = openSync(`/proc/self/fdinfo/${fd}`, 'r');
  try {
    return facts.toString('latin1', 0, readSync(file, facts));
  } finally {
    closeSync(file);
  }
}

/** A word that the shell takes as it is. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function enforcementBy(cgroup: Cgroup | undefined): Enforcement {
  return {
    filesystem: 'namespaces',
    memory: cgroup?.controllers.memory ? 'cgroup' : 'watchdog',
    processes: cgroup?.controllers.processes ? 'cgroup' : canLimitProcesses() ? 'rlimit' : 'watchdog',
    cpu: cgroup?.controllers.cpu ? 'cgroup' : 'rlimit',
  };
}

function uid(): number {
  return process.getuid?.() ?? 0;
}

function gid(): number {
  return process.getgid?.() ?? 0;
}
