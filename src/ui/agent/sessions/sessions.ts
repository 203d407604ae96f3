import type { Session, Sessions } from '../../../agent/session/sessions.ts';
import { onOneLine } from '../../../manifest/plain.ts';
import { TokaError } from '../../../errors.ts';
import type { Toka } from '../../../toka.ts';
import { type Door, doorTo } from '../../door.ts';
import { when } from '../../runs-list.ts';
import { paint, plain, table, terminal } from '../../text.ts';
import { textOf, transcript } from './transcript.ts';

export interface SessionFlags {
  readonly json: boolean;
  readonly storage?: string | undefined;
}

/** Does something with the sessions that are recorded here. */
export async function withSessions<T>({ storage }: Pick<SessionFlags, 'storage'>, door: Door, work: (sessions: Sessions, toka: Toka) => Promise<T>, readOnly = false): Promise<T> {
  const toka = await doorTo(storage, door).open({ readOnly });
  try {
    return await work(await toka.sessions(), toka);
  } finally {
    await toka.close();
  }
}

/** `toka agent sessions list` */
export async function listSessions({ all, json, storage }: SessionFlags & { readonly all: boolean }, door: Door): Promise<number> {
  return withSessions({ storage }, door, async (sessions) => {
    const found = await sessions.list({ everywhere: all });
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/agent-session-list/v1', sessions: found.map(shown) })}\n`);
    else door.stdout.write(sessionTable(found, all, door));
    return 0;
  }, true);
}

/** What is told of a session; which process carries it at present is nobody's business. */
export function shown({ id, title, agent, root, head, created, updated, turns, from, busy }: Session): object {
  return { id, title, agent, root, ...(head === undefined ? {} : { head }), created, updated, turns, ...(from ? { from } : {}), ...(busy ? { run: busy.run } : {}) };
}

function sessionTable(sessions: readonly Session[], all: boolean, door: Door): string {
  const view = terminal(door.stdout, door.env);
  if (sessions.length === 0) return paint(view, 'dim', 'no sessions yet: toka agent run makes one\n');
  const rows = sessions.map(({ id, agent, turns, updated, title, root }) => [id, agent, String(turns), when(updated), ...(all ? [root] : []), title]);
  return table(['SESSION', 'AGENT', 'TURNS', 'LAST', ...(all ? ['FOLDER'] : []), 'TITLE'], rows, view);
}

/** `toka agent sessions show SESSION` */
export async function showSession(prefix: string, { json, storage }: SessionFlags, door: Door): Promise<number> {
  return withSessions({ storage }, door, async (sessions) => {
    const session = await sessions.find(prefix);
    const turns = await sessions.turns(session.id);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/agent-session/v1', session: shown(session), turns })}\n`);
    else door.stdout.write(transcript(session.title, turns));
    return 0;
  }, true);
}

/** `toka agent sessions fork SESSION` */
export async function forkSession(prefix: string, { at, json, storage }: SessionFlags & { readonly at?: string | undefined }, door: Door): Promise<number> {
  return withSessions({ storage }, door, async (sessions) => tell('fork', await sessions.fork((await sessions.find(prefix)).id, at), json, door));
}

/** `toka agent sessions rename SESSION TITLE` */
export async function renameSession(prefix: string, title: string, { json, storage }: SessionFlags, door: Door): Promise<number> {
  const plainTitle = onOneLine(plain(title)).trim();
  if (plainTitle === '') throw new TokaError('TOKA_USAGE', 'a title has at least one letter', { hint: 'toka agent sessions rename SESSION "what it is about"' });
  return withSessions({ storage }, door, async (sessions) => tell('rename', await sessions.rename((await sessions.find(prefix)).id, plainTitle), json, door));
}

/** `toka agent sessions remove SESSION` */
export async function removeSession(prefix: string, { json, storage }: SessionFlags, door: Door): Promise<number> {
  return withSessions({ storage }, door, async (sessions) => {
    const session = await sessions.find(prefix);
    await sessions.remove(session.id);
    return tell('remove', session, json, door);
  });
}

/** Prints which session it was, or is now. */
export function tell(what: 'fork' | 'import' | 'remove' | 'rename', session: Session, json: boolean, door: Door): number {
  door.stdout.write(json ? `${JSON.stringify({ schema: `toka/agent-session-${what}/v1`, session: shown(session) })}\n` : `${session.id}\n`);
  return 0;
}

/** Characters around what was found. */
const AROUND = 60;

/** `toka agent sessions search TEXT` */
export async function searchSessions(text: string, { all, json, storage }: SessionFlags & { readonly all: boolean }, door: Door): Promise<number> {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') throw new TokaError('TOKA_USAGE', 'there is nothing to look for', { hint: 'toka agent sessions search "retry"' });
  return withSessions({ storage }, door, async (sessions) => {
    const found: { readonly session: Session; readonly run: string; readonly passage: string }[] = [];
    for (const session of await sessions.list({ everywhere: all })) {
      const first = await firstIn(sessions, session.id, wanted);
      if (first) found.push({ session, ...first });
    }
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/agent-session-search/v1', query: text, found: found.map(({ session, ...rest }) => ({ session: shown(session), ...rest })) })}\n`);
    else if (found.length === 0) door.stderr.write('no session holds it\n');
    else door.stdout.write(table(['SESSION', 'TITLE', 'PASSAGE'], found.map(({ session, passage }) => [session.id, session.title, passage]), terminal(door.stdout, door.env)));
    return 0;
  }, true);
}

async function firstIn(sessions: Sessions, id: string, wanted: string): Promise<{ readonly run: string; readonly passage: string } | undefined> {
  for (const { run, messages } of await sessions.turns(id)) {
    for (const message of messages) {
      const text = onOneLine(plain(textOf(message)));
      const at = text.toLowerCase().indexOf(wanted);
      if (at !== -1) return { run, passage: text.slice(Math.max(0, at - AROUND), at + wanted.length + AROUND) };
    }
  }
  return undefined;
}
