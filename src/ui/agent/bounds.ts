import { parseBudget } from '../../capability/budget-text.ts';
import { TokaError } from '../../errors.ts';
import { parseDuration } from '../../manifest/units.ts';
import type { Toka } from '../../toka.ts';

export interface BoundFlags {
  readonly allow?: readonly string[] | undefined;
  readonly budget?: string | undefined;
  readonly deny?: readonly string[] | undefined;
  readonly record: boolean;
  readonly timeout?: string | undefined;
}

export interface SessionFlags {
  readonly continue: boolean;
  readonly ephemeral: boolean;
  readonly session?: string | undefined;
}

/** What a run of an agent may have and use. */
export type Bounds = Pick<Parameters<Toka['run']>[0], 'allow' | 'budget' | 'deny' | 'record' | 'timeoutMs'>;

/** As many as the record of a run holds. */
const MOST_DENIED = 1000;

export function bounds({ allow = [], budget, deny = [], record, timeout }: BoundFlags): Bounds {
  if (deny.length > MOST_DENIED) throw new TokaError('TOKA_USAGE', `--deny is taken ${MOST_DENIED} times at most, found ${deny.length}`, { hint: 'deny wider scopes: fs:write:docs/** for all that lies there' });
  return { allow, deny, ...(record ? { record } : {}), ...(budget === undefined ? {} : { budget: parseBudget(budget) }), ...(timeout === undefined ? {} : { timeoutMs: timeoutOf(timeout) }) };
}

function timeoutOf(text: string): number {
  const timeoutMs = parseDuration(text);
  if (timeoutMs !== undefined && timeoutMs > 0) return timeoutMs;
  throw new TokaError('TOKA_USAGE', `--timeout takes a duration, found "${text}"`, { hint: 'write for instance --timeout 5m' });
}

type Session = Awaited<ReturnType<Awaited<ReturnType<Toka['sessions']>>['get']>>;

/** The conversation that is gone on with: a new one unless one is named. */
export async function sessionFor(name: string | undefined, flags: SessionFlags, toka: Toka): Promise<Session | undefined> {
  if (flags.ephemeral) return undefined;
  const sessions = await toka.sessions();
  const known = flags.continue ? (await sessions.list())[0] : flags.session === undefined || flags.session === 'new' ? undefined : await sessions.find(flags.session);
  if (flags.continue && !known) throw new TokaError('TOKA_SESSION_UNKNOWN', 'there is no session here to go on with', { hint: 'leave --continue out to begin one' });
  if (!known) return sessions.create(name ?? 'assistant');
  if (name !== undefined && name !== known.agent) throw new TokaError('TOKA_USAGE', `session ${known.id} is one with ${known.agent}, not with ${name}`, { hint: `leave ${name} out, or begin another session` });
  return known;
}
