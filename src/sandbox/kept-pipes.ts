import { closeSync, constants, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ownerName } from './owner.ts';
import { scratchBase, scratchPath } from './scratch.ts';

/** A pipe for what a shell reads, and one for what it becomes has to say. */
export interface ClaimedPipes {
  /** @throws Error where something else lies in their place */
  open(): { readonly own: PipeEnds; readonly shell: PipeEnds };
  /** Once nothing of what had the shell's ends is left: the next process of toka takes them. */
  giveBack(): void;
}

export interface PipeEnds {
  readonly script: number;
  readonly status: number;
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** Folders of that name beside the scratch folders hold a pair of pipes that nobody uses. */
const FREE = 'pipes-';

/**
 * Takes a pair of pipes that an earlier process of toka left. Node.js makes none (its own are sockets), and a program that makes one takes longer
 * than all that they save.
 *
 * @returns undefined where none is there
 */
export function claimPipes(): ClaimedPipes | undefined {
  const base = scratchBase();
  const own = join(base, `${ownerName()}-pipes`);
  for (const name of freeIn(base)) {
    const free = join(base, name);
    if (!isMoved(free, own)) continue;
    const remove = (): void => rmSync(own, { recursive: true, force: true });
    process.once('exit', remove);
    const giveBack = (): void => {
      process.off('exit', remove);
      if (!isMoved(own, free)) remove();
    };
    return { open: () => openPair(own), giveBack };
  }
  return undefined;
}

/** Leaves a pair that this process does not use for the next one, where that has none. */
export function leavePipes(script: string, status: string): void {
  const base = scratchBase();
  try {
    if (freeIn(base).length > 0) return;
    const folder = scratchPath('pipes');
    mkdirSync(folder, { mode: 0o700 });
    renameSync(script, join(folder, 'script'));
    renameSync(status, join(folder, 'status'));
    renameSync(folder, join(base, FREE + ownerName()));
  } catch {
    // There is none then, which only costs time.
  }
}

function freeIn(base: string): string[] {
  return readdirSync(base).filter((name) => name.startsWith(FREE));
}

function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    // Another process was quicker, or has left a pair of that name.
    return false;
  }
}

function openPair(folder: string): ReturnType<ClaimedPipes['open']> {
  const opened: number[] = [];
  const open = (name: string, flags: number): number => {
    const fd = openSync(join(folder, name), flags | O_NOFOLLOW);
    opened.push(fd);
    if (!fstatSync(fd).isFIFO()) throw new Error(`${name} is no pipe`);
    return fd;
  };
  try {
    // With both ends open, no other waits for one.
    const guard = open('script', O_RDWR | O_NONBLOCK);
    const script = { own: open('script', O_WRONLY), shell: open('script', O_RDONLY) };
    const status = { own: open('status', O_RDONLY | O_NONBLOCK), shell: open('status', O_WRONLY) };
    closeSync(guard);
    return { own: { script: script.own, status: status.own }, shell: { script: script.shell, status: status.shell } };
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    throw error;
  }
}
