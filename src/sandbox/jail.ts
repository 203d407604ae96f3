import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type BareSlot, dropSlot } from './slots.ts';

/** After this long, a sandbox whose first process was killed is killed from outside. */
const KILL_AGAIN_MS = 500;
const EMPTY_WITHIN_MS = 5000;
/** Mostly it is a matter of microseconds: so often it is looked at before toka waits for longer. */
const QUICK_LOOKS = 50;

/** A running sandbox, as its owner sees it. */
export interface Jail {
  /** Id of the first process of its namespace, once bwrap has told it. */
  readonly init: () => number | undefined;
  /** Of the program, if it was started and has ended. */
  readonly exitCode: () => number | undefined;
  /** Whether toka killed it. */
  readonly killed: () => boolean;
  /** Settles with the exit code of bwrap once every process of the sandbox has ended. */
  readonly empty: Promise<number | null>;
  /** Kills every process. */
  kill(): void;
  /** Asks the program and the processes of its group to end; false if it is too early for that. */
  terminate(): boolean;
}

/**
 * Hands a waiting slot its command.
 *
 * @param onStarted called once the program's ends of its pipes are open
 */
export function startJail(slot: BareSlot, script: string, onStarted: () => void): Jail {
  const jail = watchJail(slot, onStarted);
  slot.control.tell(script);
  return jail;
}

/** Looks after a slot that is handed its command by the caller. */
export function watchJail(slot: BareSlot, onStarted: () => void): Jail {
  const { control, shell } = slot;
  let init: number | undefined;
  let killed = false;
  const look = (): number | undefined => {
    if (init !== undefined) return init;
    init = figure(control.said(), 'child-pid');
    if (init === undefined) return undefined;
    onStarted();
    if (killed) signal(init, 'SIGKILL');
    return init;
  };
  const kill = (): void => {
    if (killed) return;
    // When the first process of a namespace is killed, the kernel kills all others and waits for them.
    signal(look() ?? -shell.pid!, 'SIGKILL');
    killed = true;
    setTimeout(() => signal(-shell.pid!, 'SIGKILL'), KILL_AGAIN_MS).unref();
  };
  control.onSaid(look);
  const closed = new Promise<number | null>((resolve) => void shell.once('close', resolve));
  const empty = closed.then(async (code) => {
    const started = look();
    onStarted();
    if (started !== undefined) await gone(started);
    dropSlot(slot);
    return code;
  });
  return {
    init: look,
    exitCode: () => figure(control.said(), 'exit-code'),
    killed: () => killed,
    empty,
    kill,
    // The first process takes no signal but SIGKILL; it leads the program's group.
    terminate: () => signalGroup(look()),
  };
}

function signalGroup(init: number | undefined): boolean {
  return init !== undefined && signal(-init, 'SIGTERM');
}

/** bwrap ends with the program; what that left behind is killed with the namespace, a moment later. */
async function gone(init: number): Promise<void> {
  const end = Date.now() + EMPTY_WITHIN_MS;
  for (let looks = 1; isRunning(init) && Date.now() < end; looks += 1) {
    signal(init, 'SIGKILL');
    await (looks < QUICK_LOOKS ? nextTurn() : sleep(1));
  }
}

/** Whether a slot and what was started in it are still there. What has just ended may not have been reported yet. */
export function isWaiting({ jail, slot }: { readonly jail: Jail; readonly slot: BareSlot }): boolean {
  return jail.exitCode() === undefined && [slot.shell.pid, jail.init()].every((pid) => pid === undefined || isRunning(pid));
}

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    // It has ended.
    return false;
  }
}

/** A number in one of the JSON objects that bwrap writes to its status file. */
function figure(status: string, name: string): number | undefined {
  const key = `"${name}": `;
  const at = status.indexOf(key);
  const found = at === -1 ? NaN : parseInt(status.slice(at + key.length), 10);
  return Number.isNaN(found) ? undefined : found;
}
