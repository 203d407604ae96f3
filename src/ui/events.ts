import { EXIT_CODES, TokaError, toTokaError } from '../errors.ts';
import type { Journal } from '../journal/contract.ts';
import type { FeedBatch, PlacedEvent } from '../journal/feed.ts';
import { onOneLine } from '../manifest/plain.ts';
import type { Toka } from '../toka.ts';
import type { Door } from './door.ts';
import { detail } from './event-text.ts';
import { untilInterrupted } from './interrupt.ts';
import { lagReporter } from './lag.ts';
import { parseSince } from './since.ts';
import { paint, plain, terminal, type Terminal } from './text.ts';

export interface TailFlags {
  readonly follow: boolean;
  readonly json: boolean;
  readonly limit: string | undefined;
  readonly principal: string | undefined;
  readonly run: string | undefined;
  readonly since: string | undefined;
  readonly type: readonly string[];
}

/** `toka events tail` */
export async function tailEvents({ follow, json, ...flags }: TailFlags, door: Door): Promise<number> {
  const since = flags.since === undefined ? undefined : parseSince(flags.since, Date.now());
  const limit = limitOf(flags.limit);
  const toka = await openFor(door, follow);
  const interrupts = untilInterrupted();
  try {
    const journal = await toka.journal();
    const run = flags.run === undefined ? undefined : await journal.findRun(flags.run);
    const chosen = chooser({ ...flags, run, since }, journal);
    const end = await journal.feed.end();
    const start = await startOf({ since, limit, run, types: flags.type, end }, journal, chosen);
    const view = terminal(door.stdout, door.env);
    const lag = lagReporter(door.stderr, () => performance.now());
    const { signal } = interrupts;
    for await (const batch of follow ? journal.feed.follow(start, signal) : journal.feed.read(start, end)) {
      await print(batch, chosen, (event) => door.stdout.write(json ? eventJson(event) : eventLine(event, view)));
      if (follow) lag(batch.lag);
      if (signal.aborted) break;
    }
    return signal.aborted ? EXIT_CODES.TOKA_CANCELLED : 0;
  } finally {
    interrupts.end();
    await toka.close();
  }
}

/** Who waits for events waits at the journal that they will be in: it is made, or brought to the present format, where it can be written. */
async function openFor(door: Door, follow: boolean): Promise<Toka> {
  if (!follow) return door.open({ readOnly: true });
  const toka = await door.open();
  try {
    await toka.journal();
    return toka;
  } catch (error) {
    await toka.close();
    if (toTokaError(error).code !== 'TOKA_STATE_UNAVAILABLE') throw error;
    return door.open({ readOnly: true });
  }
}

type Chooser = (event: PlacedEvent) => Promise<boolean>;

/** Tells which events are asked for. Only the request of a run says whose it is, so that is kept for those that go on. */
function chooser({ type, run, principal, since = -Infinity }: { readonly type: readonly string[]; readonly run: string | undefined; readonly principal: string | undefined; readonly since: number | undefined }, journal: Journal): Chooser {
  const owners = new Map<string, string>();
  return async ({ run: id, time, event }) => {
    if (run !== undefined && id !== run) return false;
    if (time < since || (type.length > 0 && !type.includes(event.type))) return false;
    if (principal === undefined) return true;
    const owner = event.type === 'run.requested' ? event.principal : (owners.get(id) ?? (await journal.run(id)).principal);
    if (event.type === 'run.finished') owners.delete(id);
    else owners.set(id, owner);
    return owner === principal;
  };
}

interface Beginning {
  readonly since: number | undefined;
  readonly limit: number | undefined;
  readonly run: string | undefined;
  readonly types: readonly string[];
  readonly end: number;
}

/** After which position there is something to show: what was asked for since then, or the last few. */
async function startOf({ since, limit = since === undefined ? DEFAULT_LIMIT : Infinity, run, types, end }: Beginning, journal: Journal, chosen: Chooser): Promise<number> {
  const [type] = types.length === 1 ? types : [];
  const filter = { ...(type === undefined ? {} : { type }), ...(run === undefined ? {} : { run }), ...(since === undefined ? {} : { from: since }) };
  if (limit === Infinity) {
    for await (const { position } of journal.feed.find(filter, 'oldest')) return Math.min(position - 1, end);
    return end;
  }
  let [start, found] = [end, 0];
  for await (const event of journal.feed.find(filter, 'newest')) {
    if (event.position > end || !(await chosen(event))) continue;
    start = event.position - 1;
    found += 1;
    if (found === limit) break;
  }
  return start;
}

const DEFAULT_LIMIT = 20;

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TokaError('TOKA_USAGE', `--limit takes a whole number from 1 to 999999, found "${text}"`, { hint: 'toka events tail --help shows its flags' });
}

async function print({ events }: FeedBatch, chosen: Chooser, write: (event: PlacedEvent) => void): Promise<void> {
  for (const event of events) if (await chosen(event)) write(event);
}

function eventJson({ position, run, seq, time, hash, event }: PlacedEvent): string {
  return `${JSON.stringify({ schema: 'toka/event-tail/v1', position, run, seq, time: new Date(time).toISOString(), hash, event })}\n`;
}

function eventLine({ run, time, event }: PlacedEvent, view: Terminal): string {
  const at = new Date(time).toISOString().replace('T', ' ').slice(0, 23);
  const text = onOneLine(plain(detail(event)));
  const line = `${at}  ${run}  ${event.type.padEnd(16)}  ${text}`;
  const cut = view.isTty && line.length > view.columns ? `${line.slice(0, view.columns - 1)}…` : line;
  return `${paint(view, 'dim', cut.slice(0, at.length))}${cut.slice(at.length)}\n`;
}
