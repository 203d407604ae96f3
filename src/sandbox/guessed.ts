import { existsSync } from 'node:fs';
import { claimPipes, type ClaimedPipes, leavePipes } from './kept-pipes.ts';
import { type LaidOut, layOut, orderFor, type Taken, take, type Taking } from './laid-out.ts';
import { type Found, isSame, type Pattern, patternOf } from './pattern.ts';
import type { Enforcement } from './plan.ts';
import type { Pipes } from './scratch.ts';
import { endNow, expectSlot, type ExpectedSlot, prepareBareSlot, type SlotNeeds, startSlot } from './slots.ts';
import { type Ends, openEnds, openFiles } from './streams.ts';

/** What is kept between runs of a tool, by whoever starts toka. */
export interface Kept {
  readonly text: string | undefined;
  keep(text: string): void;
}

/** Kept as JSON; anything that cannot be read is as good as nothing. */
interface Note extends Pattern {
  readonly format: 1;
  /** Runs that asked for another sandbox, less those that asked for the same. */
  readonly changes: number;
}

export interface Claim {
  /** Absent where nothing waits, or something else than the plan asks for: nothing of the plan was run then. */
  readonly taken: Taken | undefined;
  /** Leaves what it does not need of the pipes of a fresh slot to the next run of its tool. */
  leave(pipes: Pipes): void;
  /** Keeps what the program ran in, once it has started, for the next run of its tool. */
  keep(enforcement: Enforcement): void;
}

interface Guessed extends LaidOut {
  readonly note: Note;
  readonly pipes: ClaimedPipes;
}

/** With so many a tool's sandbox is taken to differ from run to run. */
const MOST_CHANGES = 3;

let last: Kept | undefined;
let guessed: Guessed | undefined;

/**
 * Makes a sandbox before it is known whether it will be used: laid out as the tool's last one, where that is known. The first launch of this process
 * takes it if its plan asks for the same; otherwise it ends with the process.
 *
 * @returns whether it is laid out
 */
export function startSandbox(kept: Kept): boolean {
  if (process.platform !== 'linux') return false;
  last = kept;
  const note = readNote(kept.text);
  const isKnown = note !== undefined && note.changes < MOST_CHANGES && note.paths.every((path) => existsSync(path));
  const pipes = isKnown ? claimPipes() : undefined;
  if (!isKnown || !pipes) {
    startSlot();
    return false;
  }
  try {
    guessed = { ...layOut(note, prepareBareSlot(pipes)), note, pipes };
    endWithProcess(guessed);
  } catch {
    // Whoever launches is told the reason.
  }
  return true;
}

/** At its end a process waits for threads that read: what they read has to end first. */
function endWithProcess({ jail, slot }: LaidOut): void {
  const end = (): void => endNow(slot);
  process.once('exit', end);
  void jail.empty.then(() => process.off('exit', end));
}

/** Like `expectSlot`, where nothing waits already. */
export function expectSandbox(needs: SlotNeeds): ExpectedSlot {
  return guessed && !needs.network && needs.files === 0 ? { take: () => undefined, end: () => undefined } : expectSlot(needs);
}

/**
 * Hands the first launch of this process what waits, if it is what its plan asks for.
 *
 * @throws what `limit` throws
 */
export async function claimSandbox(found: Found, limit: Taking['limit']): Promise<Claim> {
  const [kept, ready] = [last, guessed];
  last = undefined;
  guessed = undefined;
  const open = (pipes: Pipes): Ends => (hasThreads() ? openFiles(pipes) : openEnds(pipes, found.plan));
  const taken = ready && (await take(ready, found, { limit, open }));
  if (ready && !taken) void ready.jail.empty.then(ready.pipes.giveBack);
  return {
    taken,
    leave: ({ lines, replies }) => {
      if (kept && !taken && patternOf(found)) leavePipes(lines, replies);
    },
    keep: (enforcement) => {
      if (taken) ready.pipes.giveBack();
      if (kept) keepNote(kept, { found, enforcement, taken: taken && ready.note, isInVain: ready !== undefined });
    },
  };
}

/** Whether two threads that wait leave others: Node.js has four for files, unless this variable says otherwise. */
function hasThreads(): boolean {
  const size = process.env['UV_THREADPOOL_SIZE'];
  return size === undefined || Number(size) >= 4;
}

interface Use {
  readonly found: Found;
  readonly enforcement: Enforcement;
  /** Of a sandbox that was taken, it is known what was asked for. */
  readonly taken: Note | undefined;
  readonly isInVain: boolean;
}

function keepNote(kept: Kept, { enforcement, found, isInVain, taken }: Use): void {
  const pattern = taken ?? patternOf(found);
  if (!pattern) return;
  const before = taken ?? readNote(kept.text);
  const isSteady = taken !== undefined || (before !== undefined && !isInVain && isSame(pattern, before, enforcement) && orderFor(found) !== undefined);
  const changes = before ? Math.min(MOST_CHANGES, Math.max(0, before.changes + (isSteady ? -1 : 1))) : 0;
  if (!isSteady || changes !== before?.changes) kept.keep(JSON.stringify({ ...pattern, format: 1, changes } satisfies Note));
}

function readNote(text: string | undefined): Note | undefined {
  try {
    const read: unknown = text === undefined ? undefined : JSON.parse(text);
    return isNote(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isNote(read: unknown): read is Note {
  if (typeof read !== 'object' || read === null) return false;
  const { args, bwrap, changes, format, limits, paths, program } = read as Partial<Record<keyof Note, unknown>>;
  const areWords = (list: unknown): boolean => Array.isArray(list) && list.every((word) => typeof word === 'string' && !word.includes('\0'));
  const areFigures = typeof limits === 'object' && limits !== null && Object.values(limits).every((figure) => typeof figure === 'number');
  return format === 1 && typeof bwrap === 'string' && bwrap.startsWith('/') && areWords(args) && areWords(paths) && areFigures && typeof program === 'string' && typeof changes === 'number';
}
