import type { SearchTerm } from '@toka/sdk';
import { TokaError, toTokaError } from '../errors.ts';
import type { FoundRun, Passage, SearchFilter, Searched } from '../journal/contract.ts';
import { parseQuery } from '../journal/search/query.ts';
import type { Toka } from '../toka.ts';
import type { Door } from './door.ts';
import { checkRunFilter, duration, type RunListFlags, when } from './runs-list.ts';
import { parseSince } from './since.ts';
import { installed } from './storage-site.ts';
import { withProgress } from './storage-progress.ts';
import { amount, paint, plain, terminal, type Terminal } from './text.ts';

export interface RunSearchFlags extends RunListFlags {
  readonly rebuild: boolean;
  readonly since?: string | undefined;
}

/** From so many events on it takes long enough for people to wonder. */
const MANY = 1000;

/** `toka runs search TEXT` */
export async function searchRuns(text: string, { json, rebuild, since, ...flags }: RunSearchFlags, door: Door): Promise<number> {
  const terms = parseQuery(text);
  const filter = { ...checkRunFilter(flags, 'toka runs search'), ...(since === undefined ? {} : { since: parseSince(since, Date.now()) }) };
  const { runs, pending } = await search(terms, filter, rebuild, door);
  if (pending > 0) door.stderr.write(`not searched: the last ${amount(pending, 'event')}, because the journal cannot be written\n`);
  if (json === true) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-search/v1', query: text, runs: runs.map(({ run, passages }) => ({ ...run, passages })), pending })}\n`);
  else door.stdout.write(describe(runs, terminal(door.stdout, door.env)));
  return 0;
}

/** Looks first, which changes nothing; only where something new was recorded the journal is opened to take that up. */
async function search(terms: readonly SearchTerm[], filter: SearchFilter, rebuild: boolean, door: Door): Promise<Searched> {
  const found = rebuild ? undefined : await withToka(true, door, async (toka) => find(toka, terms, filter, door));
  if (found?.pending === 0) return found;
  try {
    return await withToka(false, door, async (toka) => {
      await catchUp(toka, found?.pending ?? Infinity, rebuild, door);
      return { ...(await find(toka, terms, filter, door)), pending: 0 };
    });
  } catch (error) {
    if (found && toTokaError(error).code === 'TOKA_STATE_UNAVAILABLE') return found;
    throw error;
  }
}

async function withToka<T>(readOnly: boolean, door: Door, work: (toka: Toka) => Promise<T>): Promise<T> {
  const toka = await door.open({ readOnly });
  try {
    return await work(toka);
  } finally {
    await toka.close();
  }
}

async function find(toka: Toka, terms: readonly SearchTerm[], filter: SearchFilter, { env }: Door): Promise<Searched> {
  try {
    const journal = await toka.journal();
    return await (await journal.search()).find(terms, filter);
  } catch (thrown) {
    const error = toTokaError(thrown);
    if (error.code !== 'TOKA_STORAGE_UNSUPPORTED') throw error;
    const able = installed(env).flatMap(({ id, supports }) => (supports.search === true && supports.durable ? [id] : []));
    throw new TokaError(error.code, error.message, { cause: error, hint: `these can: ${able.join(', ')}; toka storage copy takes a journal to one of them` });
  }
}

async function catchUp(toka: Toka, pending: number, rebuild: boolean, door: Door): Promise<void> {
  const index = await (await toka.journal()).search();
  if (rebuild) await index.clear();
  const takeUp = async (report: (text: string) => void): Promise<number> => (await index.catchUp((done, all) => report(`${done} of ${all} events`))).unreadable;
  const unreadable = pending < MANY ? await takeUp(() => undefined) : await withProgress('taking up what was recorded', door, takeUp);
  if (unreadable > 0) door.stderr.write(`left out: ${amount(unreadable, 'run')} that cannot be read; toka audit verify says why\n`);
}

function describe(runs: readonly FoundRun[], view: Terminal): string {
  if (runs.length === 0) return `${paint(view, 'dim', 'nothing found')}\n`;
  return runs
    .map(({ run, passages: [best] }) => {
      const head = [run.id, run.status, plain(run.tool ?? run.model), when(run.requestedAt), duration(run)].filter((part) => part !== '').join('  ');
      return `${paint(view, 'bold', head)}\n${best ? passageLine(best, view) : ''}`;
    })
    .join('');
}

function passageLine({ field, text, marks }: Passage, view: Terminal): string {
  const parts = marks.map(([start, end], at) => text.slice(marks[at - 1]?.[1] ?? 0, start) + paint(view, 'yellow', text.slice(start, end)));
  return `  ${paint(view, 'dim', `${field}:`)} ${parts.join('')}${text.slice(marks.at(-1)?.[1] ?? 0)}\n`;
}
