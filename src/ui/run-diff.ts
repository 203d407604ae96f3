import type { JsonValue } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import type { Journal, RunSummary } from '../journal/contract.ts';
import type { Kept, RunEvent } from '../journal/events.ts';
import { compareRuns, type RunComparison, type RunDifference, type RunFacts } from '../journal/run-diff.ts';
import { onOneLine } from '../manifest/plain.ts';
import type { Door } from './door.ts';
import { outputOf } from './runs.ts';
import { when } from './runs-list.ts';
import { paint, plain, terminal, type Terminal } from './text.ts';

/** What is compared line by line. */
const TEXTS: readonly string[] = ['stdout', 'stderr', 'content'];

/** The exit code where something differs, as `diff` has it. */
const DIFFERENT = 1;

/** `toka runs diff A B` */
export async function diffRuns(a: string, b: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const [one, other] = [await ended(journal, a), await ended(journal, b)];
    const comparison = compareRuns(await factsOf(journal, one), await factsOf(journal, other));
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-diff/v1', a: one.id, b: other.id, ...comparison })}\n`);
    else door.stdout.write(describe(one, other, comparison, terminal(door.stdout, door.env)));
    return comparison.same ? 0 : DIFFERENT;
  } finally {
    await toka.close();
  }
}

async function ended(journal: Journal, prefix: string): Promise<RunSummary> {
  const run = await journal.run(await journal.findRun(prefix));
  if (run.status !== 'running') return run;
  throw new TokaError('TOKA_RUN_ACTIVE', `expected runs that have ended, found that ${run.id} still goes on`, { hint: 'wait until it is done: toka runs list --status running' });
}

async function factsOf(journal: Journal, { id, status }: RunSummary): Promise<RunFacts> {
  const events = (await journal.read(id)).map(({ event }) => event);
  const of = <T extends RunEvent['type']>(type: T): Extract<RunEvent, { type: T }> | undefined => events.find((event): event is Extract<RunEvent, { type: T }> => event.type === type);
  const requested = of('run.requested');
  if (!requested) throw new TokaError('TOKA_INTEGRITY', `expected a request as the first event of run ${id}, found another`, { hint: 'toka audit verify says what is wrong' });
  const { data, ...finished } = of('run.finished') ?? {};
  const value = data === undefined ? undefined : await valueOf(journal, data);
  return {
    requested: { ...requested, params: await valueOf(journal, requested.params) },
    started: of('run.started'),
    finished: 'status' in finished ? { ...finished, ...(value === undefined ? {} : { data: value }) } : undefined,
    status,
    stdout: await outputOf(events, 'stdout', journal),
    stderr: await outputOf(events, 'stderr', journal),
  };
}

async function valueOf(journal: Journal, kept: Kept): Promise<JsonValue> {
  return 'inline' in kept ? kept.inline : (JSON.parse(Buffer.from(await journal.blob(kept.blob)).toString('utf8')) as JsonValue);
}

function describe(a: RunSummary, b: RunSummary, { same, differences, usage }: RunComparison, view: Terminal): string {
  const lines = [
    ...[a, b].map((run, at) => `${paint(view, 'bold', 'AB'.charAt(at))} ${run.id}  ${when(run.requestedAt)}  ${plain(run.tool ?? run.model)}  ${run.status}`),
    '',
    ...(same ? [paint(view, 'green', 'the same')] : differences.flatMap((difference) => differenceLines(difference, view))),
    ...(usage.length === 0 ? [] : ['', paint(view, 'dim', 'what they used, which does not count')]),
    ...usage.map((difference) => paint(view, 'dim', changeText(difference))),
  ];
  return `${lines.join('\n')}\n`;
}

/** Where two runs differ, for people. */
export function differenceLines(difference: RunDifference, view: Terminal): string[] {
  const { field, a, b, patch } = difference;
  if (!TEXTS.includes(field)) return [paint(view, a === undefined ? 'green' : b === undefined ? 'red' : 'yellow', changeText(difference))];
  const title = paint(view, 'yellow', `~ ${field}: ${shown(a)} → ${shown(b)} bytes`);
  return [title, ...(patch ?? '').split('\n').slice(0, -1).map((line) => `    ${paintLine(plain(line), view)}`)];
}

function paintLine(line: string, view: Terminal): string {
  if (line.startsWith('@@')) return paint(view, 'cyan', line);
  return line.startsWith('+') ? paint(view, 'green', line) : line.startsWith('-') ? paint(view, 'red', line) : line;
}

function changeText({ field, a, b }: RunDifference): string {
  const name = onOneLine(plain(field));
  if (a === undefined) return `+ ${name}: ${shown(b)}`;
  return b === undefined ? `- ${name}: ${shown(a)}` : `~ ${name}: ${shown(a)} → ${shown(b)}`;
}

function shown(value: JsonValue | undefined): string {
  const text = plain(JSON.stringify(value));
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
