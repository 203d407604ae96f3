import { TokaError } from '../../errors.ts';
import type { Journal } from '../../journal/contract.ts';
import { paramsAgain } from '../asked-again.ts';
import { valueOf } from '../answer.ts';
import { requestOf } from '../unknown.ts';
import type { AgentParams, Message } from './port.ts';

/** Turns that are walked back at most: a record that goes round in circles is damaged. */
const MOST_TURNS = 10_000;

/**
 * What was said up to the end of a run, and of those that it goes on from; up to the last summary, which stands for all before it.
 *
 * @throws TokaError TOKA_SESSION_UNKNOWN where there is no such run, or it is none of an agent; TOKA_RUN_PRUNED; TOKA_INTEGRITY
 */
export async function historyOf(last: string | undefined, journal: Journal): Promise<Message[]> {
  const turns: Message[][] = [];
  let run = last;
  for (let turn = 0; run !== undefined; turn += 1) {
    if (turn === MOST_TURNS) throw new TokaError('TOKA_INTEGRITY', `expected at most ${MOST_TURNS} turns in a conversation, found more`, { hint: 'toka audit verify tells what is damaged' });
    const { messages, after } = await turnOf(run, journal);
    const summary = messages.findLastIndex(({ role }) => role === 'summary');
    turns.unshift(summary === -1 ? messages : messages.slice(summary));
    run = summary === -1 ? after : undefined;
  }
  return turns.flat();
}

/** What one run added to its conversation, and the run that it goes on from. */
export async function turnOf(run: string, journal: Journal): Promise<{ readonly messages: Message[]; readonly after: string | undefined; readonly params: AgentParams }> {
  const stored = await journal.read(run);
  const requested = requestOf(stored);
  if (requested.model !== 'agent') throw new TokaError('TOKA_SESSION_UNKNOWN', `expected a run of an agent, found one of ${requested.tool ?? 'something else'}: ${run}`, { hint: 'toka agent sessions list shows what can be gone on with' });
  const params = (await paramsAgain(requested, journal)).params as unknown as AgentParams;
  const conversed = stored.flatMap(({ event }) => (event.type === 'agent.conversed' ? [event] : [])).at(-1);
  const messages = conversed ? ((await valueOf(conversed.messages, journal)) as unknown as Message[]) : [];
  const isImported = stored.some(({ event }) => event.type === 'run.imported');
  return { messages: isImported ? messages.map(foreign) : messages, after: params.after, params };
}

/** What comes from the journal of others is theirs, whatever it says of itself. */
function foreign(message: Message): Message {
  switch (message.role) {
    case 'assistant':
      return message;
    case 'tool':
      return { ...message, results: message.results.map((result) => ({ ...result, origins: ['file'] })) };
    default:
      return { ...message, origins: ['file'] };
  }
}
