import { ofModels, type Spent } from '../capability/budgets.ts';
import type { Journal } from '../journal/contract.ts';
import type { StoredEvent, Usage } from '../journal/events.ts';
import { requestOf } from './unknown.ts';

/** What a run and those below it have used before its process was killed. What has no end on record is done again, and counts then. */
export async function spentBefore(run: string, journal: Journal): Promise<Spent> {
  const own = await journal.read(run);
  const below = await eventsBelow(run, journal);
  const ended = below.flatMap((events) => usageOf(events));
  const sum = (amount: (use: Ended) => number): number => ended.reduce((total, use) => total + amount(use), 0);
  return {
    calls: ended.length,
    wall: workedMs(own, below.flat()),
    use: { cpu: sum(({ usage }) => usage.cpuMs?.value ?? 0), bytes: sum(({ usage }) => usage.outputBytes), ...ofModels((name) => sum((use) => (use.isPrompt ? ofModel(use.usage)[name] : 0))) },
  };
}

interface Ended {
  readonly usage: Usage;
  readonly isPrompt: boolean;
}

async function eventsBelow(run: string, journal: Journal): Promise<(readonly StoredEvent[])[]> {
  const children = await journal.children(run);
  const found = await Promise.all(children.map(async ({ id }) => [await journal.read(id), ...(await eventsBelow(id, journal))]));
  return found.flat();
}

function usageOf(events: readonly StoredEvent[]): Ended[] {
  const isPrompt = requestOf(events).model === 'prompt';
  return events.flatMap(({ event }) => (event.type === 'run.finished' ? [{ usage: event.usage, isPrompt }] : []));
}

function ofModel({ model: { inputTokens = 0, outputTokens = 0, microdollars = 0 } = {} }: Usage): { readonly tokens: number; readonly money: number } {
  return { tokens: inputTokens + outputTokens, money: microdollars };
}

/** From where it began, or went on, to what is on record last before it was killed; while nobody worked at it, no time passed. */
function workedMs(own: readonly StoredEvent[], below: readonly StoredEvent[]): number {
  const starts = own.filter(({ event }, at) => at === 0 || event.type === 'run.resumed').map(({ time }) => time);
  const times = [...own, ...below].map(({ time }) => time);
  return starts.reduce((total, start, at) => total + Math.max(0, ...times.filter((time) => time >= start && time < (starts[at + 1] ?? Infinity)).map((time) => time - start)), 0);
}
