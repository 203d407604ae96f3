import { TokaError } from '../../errors.ts';
import type { Journal } from '../../journal/contract.ts';
import type { Clock } from '../../journal/ids.ts';
import { historyOf, turnOf } from '../../pipeline/agent/history.ts';
import type { Message } from '../../pipeline/agent/port.ts';
import { allSessions, readSession, removeSession, type Session, writeSession } from '../../pipeline/agent/session.ts';

export type { Session } from '../../pipeline/agent/session.ts';

/** One thing that was said, and what came of it. */
export interface Turn {
  readonly run: string;
  readonly messages: readonly Message[];
}

/** The conversations with agents. Every method may reject with TOKA_SESSION_UNKNOWN where there is none of that id. */
export interface Sessions {
  /** Of this project, or of all; that which was gone on with last first. */
  list(options?: { readonly everywhere?: boolean }): Promise<readonly Session[]>;
  get(id: string): Promise<Session>;
  /** The only session whose id starts so. */
  find(prefix: string): Promise<Session>;
  create(agent: string, title?: string): Promise<Session>;
  /** A session of its own that goes on from the head of another, or from an earlier run of it. */
  fork(id: string, run?: string): Promise<Session>;
  /** Goes back to an earlier run, or with `undefined` to the beginning. TOKA_SESSION_CONFLICT where somebody goes on with it meanwhile. */
  rewind(id: string, run: string | undefined): Promise<Session>;
  rename(id: string, title: string): Promise<Session>;
  /** Forgets the session; its runs stay on record. */
  remove(id: string): Promise<void>;
  /** Its runs, the oldest first, with what each has added. */
  turns(id: string): Promise<readonly Turn[]>;
  /** What a model would be given of it. */
  history(id: string): Promise<readonly Message[]>;
}

interface Options {
  readonly journal: Journal;
  /** Absolute: to which project, or folder, new ones belong. */
  readonly root: string;
  readonly clock: Clock;
  nextId(): string;
}

export function openSessions({ journal, root, clock, nextId }: Options): Sessions {
  const read = async (id: string): Promise<Session> => readSession(journal.ledger, id);
  const list = async (everywhere = false): Promise<Session[]> => (await allSessions(journal.ledger)).filter((session) => everywhere || session.root === root);
  const change = async (id: string, how: (session: Session) => Session): Promise<Session> =>
    journal.commit(async ({ ledger }) => {
      const changed = how(await readSession(ledger, id));
      await writeSession(ledger, changed);
      return changed;
    });
  const make = async (fields: Pick<Session, 'agent' | 'title' | 'turns'> & Partial<Session>): Promise<Session> => {
    const now = Math.trunc(clock.now());
    const session: Session = { root, ...fields, v: 1, id: nextId(), created: now, updated: now };
    await journal.commit(async ({ ledger }) => writeSession(ledger, session));
    return session;
  };
  const runsOf = async (id: string): Promise<string[]> => {
    const runs: string[] = [];
    for (let run = (await read(id)).head; run !== undefined; ({ after: run } = await turnOf(run, journal))) runs.unshift(run);
    return runs;
  };
  return {
    list: async ({ everywhere = false } = {}) => list(everywhere),
    get: read,
    async find(prefix) {
      const found = (await list(true)).filter(({ id }) => id.startsWith(prefix));
      const [only] = found;
      if (only && found.length === 1) return only;
      throw new TokaError('TOKA_SESSION_UNKNOWN', found.length === 0 ? `there is no session ${prefix}` : `${found.length} sessions begin with ${prefix}`, { hint: 'toka agent sessions list shows them' });
    },
    create: async (agent, title = '') => make({ agent, title, turns: 0 }),
    async fork(id, run) {
      const { busy: _, ...session } = await read(id);
      const runs = await runsOf(id);
      const head = run ?? session.head;
      if (head !== undefined && !runs.includes(head)) throw notIn(id, head);
      return make({ ...session, ...(head === undefined ? {} : { head, from: { session: id, run: head } }), title: session.title, turns: head === undefined ? 0 : runs.indexOf(head) + 1 });
    },
    async rewind(id, run) {
      const runs = await runsOf(id);
      if (run !== undefined && !runs.includes(run)) throw notIn(id, run);
      return change(id, (session) => {
        if (session.head !== runs.at(-1)) throw new TokaError('TOKA_SESSION_CONFLICT', `session ${id} has gone on since`, { hint: 'look at it again' });
        const { head: _, ...rest } = session;
        return { ...rest, ...(run === undefined ? {} : { head: run }), turns: run === undefined ? 0 : runs.indexOf(run) + 1, updated: Math.trunc(clock.now()) };
      });
    },
    rename: async (id, title) => change(id, (session) => ({ ...session, title: title.slice(0, 200) })),
    remove: async (id) =>
      journal.commit(async ({ ledger }) => {
        await readSession(ledger, id);
        await removeSession(ledger, id);
      }),
    async turns(id) {
      const turns: Turn[] = [];
      for (const run of await runsOf(id)) turns.push({ run, messages: (await turnOf(run, journal)).messages });
      return turns;
    },
    history: async (id) => historyOf((await read(id)).head, journal),
  };
}

function notIn(id: string, run: string): TokaError {
  return new TokaError('TOKA_SESSION_UNKNOWN', `run ${run} is no part of session ${id}`, { hint: `toka agent sessions show ${id} lists its runs` });
}
