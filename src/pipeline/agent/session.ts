import { TokaError } from '../../errors.ts';
import type { Journal, Ledger } from '../../journal/contract.ts';
import type { ProcessIdentity } from '../../journal/events.ts';
import { isGone } from '../../journal/process.ts';

/** A conversation that can be gone on with: its head is the run that ended it so far. */
export interface Session {
  readonly v: 1;
  readonly id: string;
  readonly title: string;
  readonly agent: string;
  /** Absolute: the project, or the folder, that it belongs to. */
  readonly root: string;
  readonly head?: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  readonly turns: number;
  /** The session and the run that it was forked from. */
  readonly from?: { readonly session: string; readonly run: string };
  /** The run that goes on with it at present, and the process that carries it. */
  readonly busy?: { readonly run: string; readonly process: ProcessIdentity };
}

const PREFIX = 'session/';

/** @throws TokaError TOKA_SESSION_UNKNOWN, TOKA_INTEGRITY */
export async function readSession(ledger: Pick<Ledger, 'get'>, id: string): Promise<Session> {
  const stored = await ledger.get(PREFIX + id);
  if (stored === undefined) throw unknown(id);
  return parsed(stored, id);
}

export async function writeSession(ledger: Ledger, session: Session): Promise<void> {
  await ledger.put(PREFIX + session.id, JSON.stringify(session));
}

export async function removeSession(ledger: Ledger, id: string): Promise<void> {
  await ledger.remove(PREFIX + id);
}

/** Every session, that which was gone on with last first; what is no session is passed over. */
export async function allSessions(ledger: Pick<Ledger, 'list'>): Promise<Session[]> {
  const found = (await ledger.list(PREFIX)).flatMap(({ key, value }) => {
    try {
      return [parsed(value, key.slice(PREFIX.length))];
    } catch {
      return [];
    }
  });
  return found.toSorted((a, b) => b.updated - a.updated);
}

interface Turn {
  readonly run: string;
  readonly session: string;
  readonly after: string | undefined;
  readonly process: ProcessIdentity;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Begins a turn: nobody else goes on with the session until it has ended, or its process is gone.
 *
 * @throws TokaError TOKA_SESSION_CONFLICT where somebody does, or has since.
 */
export async function beginTurn(journal: Journal, { run, session: id, after, process, now }: Turn): Promise<Session> {
  return journal.commit(async ({ ledger }) => {
    const session = await readSession(ledger, id);
    const { busy, head } = session;
    if (busy && busy.run !== run && !isGone(busy.process)) throw conflict(id, `run ${busy.run} goes on with it at present`);
    if (head !== after) throw conflict(id, `it has gone on since: its last run is ${head ?? 'none'}, not ${after ?? 'none'}`);
    // One that its process was killed in is still the last that was gone on with.
    const begun = { ...session, busy: { run, process }, updated: now };
    await writeSession(ledger, begun);
    return begun;
  });
}

/** Ends a turn in the commit of its outcome: the run is the head from now on, where it said anything. */
export async function endTurn(ledger: Ledger, { run, session: id, hasSaid, title, now }: { readonly run: string; readonly session: string; readonly hasSaid: boolean; readonly title: string; readonly now: number }): Promise<void> {
  const session = await readSession(ledger, id).catch(() => undefined);
  if (session?.busy?.run !== run) return;
  const { busy: _, ...rest } = session;
  await writeSession(ledger, hasSaid ? { ...rest, title: rest.title || title, head: run, updated: now, turns: rest.turns + 1 } : rest);
}

function parsed(stored: string, id: string): Session {
  try {
    const value = JSON.parse(stored) as Session;
    if (value.v === 1 && value.id === id && typeof value.agent === 'string' && typeof value.root === 'string' && typeof value.turns === 'number') return value;
  } catch {
    // Said below.
  }
  throw new TokaError('TOKA_INTEGRITY', `expected the session ${id}, found something else`, { hint: 'toka audit verify tells what is damaged' });
}

function unknown(id: string): TokaError {
  return new TokaError('TOKA_SESSION_UNKNOWN', `there is no session ${id}`, { hint: 'toka agent sessions list shows them', data: { session: id } });
}

function conflict(id: string, why: string): TokaError {
  return new TokaError('TOKA_SESSION_CONFLICT', `session ${id} cannot be gone on with: ${why}`, { hint: `toka agent sessions fork ${id} makes one of your own`, data: { session: id } });
}
