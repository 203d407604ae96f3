import type { JsonValue } from '@toka/sdk';
import { createKeeper, type Keeper } from '../../journal/blobs.ts';
import type { Journal } from '../../journal/contract.ts';
import type { RunEvent } from '../../journal/events.ts';
import { valueOf } from '../answer.ts';
import type { House } from '../house.ts';
import { maskOf } from '../mask.ts';
import type { Inbox } from '../request.ts';
import type { Run } from '../run.ts';
import type { AgentContext, AgentRecord } from './port.ts';

/** Writes down what happens in an agent's run while it goes on; one that is resumed, or told again, writes nothing twice. */
export interface Recorder {
  began(route: string, context: AgentContext): Promise<void>;
  record(event: AgentRecord): Promise<void>;
  kept(path: string, before: Uint8Array | undefined): Promise<void>;
  /** What the person said before that step: from the record, or now. */
  steered(step: number, inbox: Inbox | undefined): Promise<readonly string[]>;
  /** How many events of the run are recorded. */
  recorded(): Promise<number>;
}

/** Which events the loop asks for, in order; what was steered in comes by its step. */
const IN_ORDER: readonly RunEvent['type'][] = ['agent.began', 'agent.tasks', 'agent.kept', 'agent.compacted'];

export function recorderOf(run: Run, house: House): Recorder {
  const { resumes, replays, session, after } = { ...run.request, ...(run.request.params as { session?: string; after?: string }) };
  const before = (replays?.agentEvents ?? resumes?.events ?? []).map(({ event }) => event);
  let past = before.filter(({ type }) => IN_ORDER.includes(type)).length;
  let recorded = Promise.resolve(run.recorded);
  const write = async (make: (keeper: Keeper) => RunEvent): Promise<void> => {
    if (replays) return;
    recorded = recorded.then(async (count) => {
      const keeper = createKeeper();
      await (await house.journal()).append(run.id, [make(keeper)], count, keeper.blobs);
      return count + 1;
    });
    await recorded;
  };
  const next = async (make: (keeper: Keeper) => RunEvent): Promise<void> => {
    if (past > 0) past -= 1;
    else await write(make);
  };
  return {
    began: async (route, context) => next((keeper) => ({ v: 1, type: 'agent.began', spec: run.agent?.hash ?? '', route, ...(isEmpty(context) ? {} : { context: keeper.json(maskOf(run).json(context as unknown as JsonValue)) }), ...(session === undefined ? {} : { session }), ...(after === undefined ? {} : { after }) })),
    kept: async (path, content) => next((keeper) => ({ v: 1, type: 'agent.kept', path, before: content ? keeper.file(content) : null })),
    record: async (event) => {
      if (event.type === 'agent.steered') return;
      await next((keeper) => (event.type === 'agent.tasks' ? { v: 1, type: event.type, tasks: keeper.json(maskOf(run).json(event.tasks as unknown as JsonValue)) } : { v: 1, ...event }));
    },
    steered: async (step, inbox) => {
      const known = await said(before, step, house);
      if (known.length > 0 || replays) return known;
      const texts = inbox?.take() ?? [];
      for (const text of texts) await write((keeper) => ({ v: 1, type: 'agent.steered', step, text: keeper.output(Buffer.from(maskOf(run).text(text))) }));
      return texts;
    },
    recorded: async () => recorded.catch(() => run.recorded),
  };
}

async function said(events: readonly RunEvent[], step: number, house: House): Promise<string[]> {
  const found = events.flatMap((event) => (event.type === 'agent.steered' && event.step === step ? [event.text] : []));
  if (found.length === 0) return [];
  const journal: Journal = await house.journal();
  return Promise.all(found.map(async (text) => ('inline' in text ? (text.inline as string) : Buffer.from(await journal.blob(text.blob)).toString('utf8'))));
}

function isEmpty({ memory, problems, skills }: AgentContext): boolean {
  return memory.length + problems.length + skills.length === 0;
}

/** What stood there for it when it began, where that is on record. */
export async function contextOf(events: readonly { readonly event: RunEvent }[], journal: () => Promise<Journal>): Promise<AgentContext | undefined> {
  const began = events.flatMap(({ event }) => (event.type === 'agent.began' ? [event] : []))[0];
  if (!began) return undefined;
  return began.context ? ((await valueOf(began.context, await journal())) as unknown as AgentContext) : { memory: [], skills: [], problems: [] };
}

/** Which model it asked when it began, where that is on record. */
export function routeOf(events: readonly { readonly event: RunEvent }[]): string | undefined {
  return events.flatMap(({ event }) => (event.type === 'agent.began' ? [event.route] : []))[0];
}
