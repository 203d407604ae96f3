import { mkdirSync, rmSync } from 'node:fs';
import { TokaError } from '../errors.ts';
import type { Traffic } from '../journal/events.ts';
import { bwrapArguments, CHANNEL_FD, FD, findBwrap } from './bwrap.ts';
import { printSize } from '../manifest/units.ts';
import { startJail, type Jail } from './jail.ts';
import { claimSandbox } from './guessed.ts';
import { type Cgroup, giveUpCgroups } from './limits/cgroup.ts';
import { innerLimit, outerLimits } from './limits/rlimits.ts';
import { exceededIn, startWatchdog } from './limits/watchdog.ts';
import { contains, isVisible, layOut, type Layout } from './mounts.ts';
import { type Gate, GATE_PATH } from './network/gate.ts';
import type { Proxy } from './network/proxy.ts';
import type { LaunchOptions, Limits, NetworkRules, Outcome, SandboxPlan } from './plan.ts';
import { lacksInterpreter, requireProgram } from './program.ts';
import { reasonFor } from './reasons.ts';
import { fill, scratchPath } from './scratch.ts';
import { type BareSlot, holdSlot, isAlive, leave, NO_PIPES, NOT_JOINED, quote, releaseSlot, stdinPipe, takeSlot, type Slot } from './slots.ts';
import { stage, type Staging } from './staged.ts';
import { type Ends, openEnds, type Streams } from './streams.ts';
import { supervise } from './supervise.ts';
import { unavailable } from './unavailable.ts';

/** What the gate ends with that could not start the program. */
const GATE_FAILED = 126;

/** execve(2): MAX_ARG_STRLEN without the final zero. */
const LONGEST_ARGUMENT = 131_071;

type Options = LaunchOptions & { readonly slot?: Slot | undefined };

/** A plan whose parts were found on this machine. */
export interface Prepared {
  readonly plan: SandboxPlan;
  readonly command: readonly string[];
  readonly bwrap: string;
  readonly layout: Layout;
  /** The folder of this machine that is `plan.folder`. */
  readonly folder: string | undefined;
}

/** A process that runs, and that nobody looks after yet. */
export interface Started {
  readonly prepared: Prepared;
  readonly slot: BareSlot;
  readonly streams: Streams;
  readonly jail: Jail;
}

/** `launch` on Linux: bubblewrap, a seccomp filter, control groups or rlimits, and a supervisor. */
export async function launchInNamespaces(plan: SandboxPlan, options: Options): Promise<Outcome> {
  let staging: Staging | undefined;
  let keep = false;
  let unused = options.slot;
  const folder = makeFolder(plan);
  try {
    if (options.signal?.aborted) throw new TokaError('TOKA_CANCELLED', 'the run was cancelled before it started');
    checkPassable(plan);
    staging = stage(plan.mounts);
    const prepared = prepare(plan, { staging, folder });
    const claim = await claimSandbox(prepared, (slot) => isFit(slot, plan, options.require));
    const slot = (): Slot => {
      const taken = takeSlot(plan, unused);
      if (taken === unused) unused = undefined;
      return taken;
    };
    const started = claim.taken ? { prepared, ...claim.taken } : await startFresh(prepared, slot(), options);
    claim.leave(started.slot.pipes);
    const outcome = await carry(started, plan, options, claim.taken?.cpuBefore);
    claim.keep(started.slot.enforcement);
    keep = outcome.stopped === undefined;
    if (folder !== undefined) options.collect?.(folder, outcome);
    return outcome;
  } finally {
    releaseSlot(unused);
    staging?.finish({ keep });
    removeFolder(folder);
  }
}

async function startFresh(prepared: Prepared, first: Slot, options: Options): Promise<Started> {
  // From here on toka waits for it: a process with nothing to wait for would end in the middle.
  const begin = async (slot: Slot): Promise<Started | undefined> => {
    holdSlot(slot);
    return start(prepared, slot, options);
  };
  const started = (await begin(first)) ?? (await begin(takeSlot(prepared.plan)));
  if (!started) throw noShell();
  return started;
}

/** Whether a slot holds the limits of a plan. */
export function isFit(slot: BareSlot, { limits }: SandboxPlan, require: LaunchOptions['require']): boolean {
  requireHard(slot, require);
  if (!slot.cgroup || canLimit(slot.cgroup, limits)) return true;
  giveUpCgroups();
  return false;
}

/** Makes what is shown as a plan's own folder. */
export function makeFolder(plan: SandboxPlan): string | undefined {
  if (plan.folder === undefined) return undefined;
  const folder = scratchPath('folder');
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

export function removeFolder(folder: string | undefined): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/** @throws what keeps a plan from being started at all */
export function prepare(plan: SandboxPlan, { staging, folder }: { readonly staging?: Staging; readonly folder: string | undefined }): Prepared {
  const [name, ...rest] = plan.argv;
  if (!existsInside(plan)) throw hiddenFolder(plan.cwd);
  const program = requireProgram(name, plan.env['PATH'] ?? '', plan.mounts, plan.cwd);
  const bwrap = findBwrap(plan);
  return { plan, command: [program, ...rest], bwrap, layout: layOut(plan, staging?.at), folder };
}

/** A folder above a mount exists inside too, with nothing in it but the way down. */
function existsInside({ cwd, mounts }: SandboxPlan): boolean {
  return cwd === '/tmp' || isVisible(cwd, mounts) || mounts.some(({ path }) => contains(cwd, path));
}

/** Starts the command in a slot; undefined if the slot could not join its control group or limit it, so that nothing was run. */
export async function start(prepared: Prepared, slot: Slot, { require }: Pick<LaunchOptions, 'require'>): Promise<Started | undefined> {
  const { plan, layout, folder } = prepared;
  const { pipes } = slot;
  let ends: Ends | undefined;
  let stdin: string | undefined;
  try {
    if (!isFit(slot, plan, require)) {
      releaseSlot(slot);
      return undefined;
    }
    fill(slot.args, bwrapArguments(plan, layout, folder).map((argument) => `${argument}\0`).join(''));
    plan.files?.forEach(({ content }, at) => fill(slot.files[at]!, content));
    await slot.ready;
    if (isAlive(slot)) {
      stdin = plan.stdin === 'pipe' ? stdinPipe(slot) : undefined;
      ends = openEnds(stdin === undefined ? pipes : { ...pipes, stdin }, plan);
    }
  } catch (error) {
    releaseSlot(slot);
    throw error;
  }
  if (!ends) return giveUp(slot);
  const jail = startJail(slot, script(prepared, slot, stdin !== undefined), () => streams.started());
  const streams = ends.streams();
  return { prepared, slot, streams, jail };
}

/**
 * Whether a group takes its limits: a kernel can refuse a share above that of the group around it. What already runs in one of version 1 may hold
 * more than the limit, which no other way would help.
 */
function canLimit(cgroup: Cgroup, limits: Limits): boolean {
  try {
    cgroup.limit(limits);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EBUSY') return false;
    throw new TokaError('TOKA_MEMORY_LIMIT', `no process can be started within ${printSize(limits.memory)} of memory`, { cause, hint: 'give it more memory' });
  }
}

/**
 * Looks after a process until nothing of it is left.
 *
 * @param plan whose limits hold: of one that was started ahead, they are those of the run that it is for
 */
export async function carry({ prepared, slot, streams, jail }: Started, plan: SandboxPlan, options: Options, cpuBefore = 0): Promise<Outcome> {
  const { cgroup, enforcement } = slot;
  const { layout, folder } = prepared;
  const proxy = slot.gate && (await connectGate(slot.gate, options));
  const writable = folder === undefined ? layout.writable : [...layout.writable, folder];
  const watch = { limits: plan.limits, enforcement, cgroup, writable, init: jail.init, cpuBefore };
  let traffic: Traffic | undefined;
  const report = await supervise({
    plan,
    jail,
    streams,
    options,
    watch: (onExceeded) => startWatchdog({ ...watch, onExceeded }),
  }).finally(() => (traffic = proxy?.close()));
  const passed = await slot.gate?.done;
  const { delivery, shellCode, stopped, wallMs, peak } = report;
  const use = cgroup?.read();
  const byKernel = use && exceededIn(use);
  leave(slot);
  if (jail.exitCode() === undefined && !jail.killed() && !byKernel) throw failedToStart(delivery.held(), prepared.command[0]!, shellCode);
  if (stopped === undefined && !byKernel && passed !== undefined && passed !== 'opened') throw failedAtGate(passed, prepared.command[0]!);
  // On Node.js 24 the last word of a gate that ends at once can be lost with its channel.
  if (passed === 'opened' && jail.exitCode() === GATE_FAILED && lacksInterpreter(prepared.command[0]!)) throw notStartable(prepared.command[0]!);
  await delivery.release();
  const cpuMs = use?.cpuMs ?? peak?.cpuMs;
  const maxRssBytes = use?.peakMemory ?? peak?.memory;
  const source = use ? 'cgroup' : 'sampled';
  return {
    ...endOf(jail, stopped ?? byKernel ?? byRlimit(jail.exitCode(), slot)),
    truncated: delivery.truncated(),
    outputBytes: delivery.bytes(),
    wallMs,
    ...(cpuMs === undefined ? {} : { cpuMs: { value: Math.max(0, cpuMs - cpuBefore), source } }),
    ...(maxRssBytes === undefined ? {} : { maxRssBytes: { value: maxRssBytes, source } }),
    ...(traffic ? { traffic } : {}),
    enforcement,
  };
}

/** A slot that ended before it was ready has run nothing; where it was for its control group, the next one does without. */
function giveUp(slot: Slot): undefined {
  const { exitCode } = slot.shell;
  releaseSlot(slot);
  leave(slot);
  if (exitCode === NO_PIPES) throw noPipes();
  if (exitCode === NOT_JOINED) giveUpCgroups();
  return undefined;
}

const NOWHERE: NetworkRules = { reach: { allows: () => false, names: () => false }, onRefused: () => undefined };

async function connectGate(gate: Gate, { network = NOWHERE }: Options): Promise<Proxy> {
  const { openProxy } = await import('./network/proxy.ts');
  const proxy = openProxy(network);
  gate.onConnection(proxy.accept);
  return proxy;
}

function script({ plan, command, bwrap }: Prepared, slot: BareSlot, hasPipe: boolean): string {
  const { pipes } = slot;
  const inner = slot.enforcement.processes === 'rlimit' ? innerLimit(plan.limits.pids) : [];
  const gate = plan.network ? [GATE_PATH] : [];
  const words = [bwrap, '--args', String(FD.args), '--', ...inner, ...gate, ...command].map(quote).join(' ');
  // Node.js announces the channel in the environment, which for bwrap is to be empty.
  const clean = plan.network ? 'unset NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE\n' : '';
  const stdin = plan.stdin === 'none' ? '/dev/null' : hasPipe ? `&${FD.stdin}` : quote(pipes.stdin);
  const { lines, replies } = CHANNEL_FD;
  const channel = plan.channel ? `${lines}<${quote(pipes.lines)} ${replies}>${quote(pipes.replies)}` : `${lines}<&- ${replies}<&-`;
  const redirections = `2>${quote(pipes.stderr)} >${quote(pipes.stdout)} <${stdin} ${FD.stdin}<&- ${channel}`;
  return `${clean}${outerLimits(plan.limits, slot.enforcement)}exec ${words} ${redirections}\n`;
}

function endOf(jail: Jail, stopped: Outcome['stopped']): Pick<Outcome, 'exitCode' | 'signal' | 'stopped'> {
  if (stopped === undefined) return { exitCode: jail.exitCode() ?? null, signal: null };
  if (stopped === 'cancelled' && !jail.killed()) return { exitCode: jail.exitCode() ?? null, signal: 'SIGTERM', stopped };
  return { exitCode: null, signal: 'SIGKILL', stopped };
}

const SIGXCPU = 128 + 24;
const SIGXFSZ = 128 + 25;

/** The signals that a process gets at a limit of its own. */
function byRlimit(exitCode: number | undefined, { enforcement }: BareSlot): Outcome['stopped'] {
  if (exitCode === SIGXFSZ) return 'disk';
  return exitCode === SIGXCPU && enforcement.cpu === 'rlimit' ? 'cpu' : undefined;
}

/** Zero bytes end an argument for the kernel and for bwrap, which would take what follows for an option. */
export function checkPassable({ argv, env, mounts, hidden, cwd }: SandboxPlan): void {
  const words = [...argv, ...mounts.map(({ path }) => path), ...hidden, cwd];
  // The value of a variable may be a secret: its name alone is shown.
  const variables = Object.entries(env).map(([name, value]) => ({ text: `${name}=${value}`, shown: `the variable ${name}` }));
  const broken = [...words.map((text) => ({ text, shown: `${text.slice(0, 40)}…` })), ...variables].find(
    ({ text }) => text.includes('\0') || Buffer.byteLength(text) > LONGEST_ARGUMENT,
  );
  if (broken === undefined) return;
  const why = broken.text.includes('\0') ? 'it contains a zero byte' : `it is longer than ${LONGEST_ARGUMENT} bytes`;
  throw new TokaError('TOKA_PARAM_INVALID', `an argument cannot be passed to a process: ${why}: ${broken.shown}`, {
    hint: 'pass large or binary values through standard input or a file',
  });
}

export function requireHard({ enforcement }: Pick<BareSlot, 'enforcement'>, require: LaunchOptions['require']): void {
  if (require !== 'hard') return;
  const missing = (['memory', 'processes', 'cpu'] as const).filter((name) => enforcement[name] !== 'cgroup');
  if (missing.length === 0) return;
  throw unavailable({
    missing,
    have: missing.map((name) => `${name} by ${enforcement[name]}`).join(', '),
    why: 'no control group can be made here',
    fix: 'run as root or in a systemd user session, or set sandbox.require: watchdog in your own configuration',
  });
}

function hiddenFolder(cwd: string): TokaError {
  return new TokaError('TOKA_CAPABILITY_DENIED', `the working folder ${cwd} does not exist inside the sandbox: no grant covers it`, {
    hint: `grant it: --allow 'fs:read:${cwd}/**'`,
    data: { missing: [`fs:read:${cwd}/**`] },
  });
}

/** bwrap reports an exit code only for a program that it could start. */
function failedToStart(message: string, program: string, code: number | null): TokaError {
  const reason = /^bwrap: execvp .*?: ([^:\n]+)$/m.exec(message)?.[1];
  if (reason !== undefined) return notStartable(program, `: ${reason}`);
  const have = `bwrap, which ended with ${code ?? 'a signal'}`;
  return unavailable({ missing: ['sandbox'], have, ...reasonFor(message.replace(/^bwrap: /, '')) });
}

function notStartable(program: string, reason = ''): TokaError {
  return new TokaError('TOKA_RUNTIME_UNAVAILABLE', `the program ${program} cannot be started${reason}`, {
    hint: 'check that it is executable, made for this machine, and that the interpreter on its first line exists',
    data: { program },
  });
}

/** The program was not run: the gate comes before it. */
function failedAtGate(how: 'not opened' | 'not startable', program: string): TokaError {
  if (how === 'not startable') return notStartable(program);
  return unavailable({
    missing: ['network'],
    have: 'a sandbox whose gate to the network did not open',
    why: 'its first program could not listen on the loopback of the sandbox',
    fix: 'run toka doctor --sandbox, or run it without the network capability',
  });
}

function noShell(): TokaError {
  return unavailable({ missing: ['sandbox'], have: 'no shell', why: '/bin/sh could not be started', fix: 'run toka doctor' });
}

function noPipes(): TokaError {
  return unavailable({ missing: ['sandbox'], have: 'no pipes', why: 'mkfifo failed in the folder for what toka needs while it runs', fix: 'check the free space of $XDG_RUNTIME_DIR, or install coreutils' });
}
