import type { RunEvent, RunOutput, StoredEvent } from '../journal/events.ts';
import type { Journal, RunSummary } from '../journal/contract.ts';
import { type RunTree, treeOf } from '../journal/run-tree.ts';
import type { Door } from './door.ts';
import { detail } from './event-text.ts';
import { when } from './runs-list.ts';
import { paint, plain, terminal, type Terminal } from './text.ts';
import { timeline } from './timeline.ts';

/** `toka runs show RUN` */
export async function showRun(prefix: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const id = await journal.findRun(prefix);
    const summary = await journal.run(id);
    // Of a pruned run its last event is left, which says so.
    const events = await journal.read(id, summary.prunedAt === undefined ? 0 : summary.events - 1);
    const { children: tree } = await treeOf(journal, summary);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-show/v1', run: id, summary, events, tree })}\n`);
    else door.stdout.write(describe(summary, events, tree, terminal(door.stdout, door.env)) + (summary.status === 'interrupted' ? nextStep(summary.parent ?? id, events, terminal(door.stdout, door.env)) : ''));
    return 0;
  } finally {
    await toka.close();
  }
}

/** `toka runs logs RUN` */
export async function logsRun(prefix: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const id = await journal.findRun(prefix);
    const pieces = (await journal.read(id)).flatMap(({ event }) => (event.type === 'run.output' ? [event] : []));
    if (json) {
      const output = await Promise.all(pieces.map(async (piece) => ({ stream: piece.stream, text: Buffer.from(await bytesOf(piece, journal)).toString('utf8'), truncated: piece.truncated })));
      door.stdout.write(`${JSON.stringify({ schema: 'toka/run-logs/v1', run: id, output })}\n`);
    } else {
      for (const piece of pieces) (piece.stream === 'stdout' ? door.stdout : door.stderr).write(await bytesOf(piece, journal));
    }
    return 0;
  } finally {
    await toka.close();
  }
}

/** All that a run wrote to a stream. */
export async function outputOf(events: readonly RunEvent[], stream: RunOutput['stream'], journal: Journal): Promise<Uint8Array> {
  const pieces = events.filter((event): event is RunOutput => event.type === 'run.output' && event.stream === stream);
  return Buffer.concat(await Promise.all(pieces.map(async (piece) => bytesOf(piece, journal))));
}

async function bytesOf({ kept }: RunOutput, journal: Journal): Promise<Uint8Array> {
  return 'inline' in kept ? Buffer.from(typeof kept.inline === 'string' ? kept.inline : JSON.stringify(kept.inline)) : journal.blob(kept.blob);
}

function describe(summary: RunSummary, events: readonly StoredEvent[], tree: readonly RunTree[], view: Terminal): string {
  const title = (text: string): string => paint(view, 'bold', text);
  const start = events[0]?.time ?? 0;
  const { id, requestedAt } = summary;
  const lines = events.map(({ event, time }) => {
    const at = paint(view, 'dim', `+${String(time - start).padStart(6)} ms`);
    return `  ${at}  ${event.type.padEnd(18)} ${plain(detail(event))}`;
  });
  const nested = tree.length === 0 ? '' : `\n${title('STARTED BY IT')}\n${timeline(tree, view, Date.now())}`;
  return `${[`${title('RUN')} ${id}  ${when(requestedAt)}`, ...left(summary), '', title('EVENTS'), ...lines].join('\n')}\n${nested}`;
}

/** What is known of a run that was pruned. */
function left({ prunedAt, tool, model, status, errorCode, principal, cwd }: RunSummary): string[] {
  if (prunedAt === undefined) return [];
  return [plain(`${tool ?? model} by ${principal} in ${cwd}: ${status}${errorCode === undefined ? '' : ` ${errorCode}`}; what it was asked, granted and wrote was pruned`)];
}

/** How a run goes on whose process is gone; what was granted to it alone has to be granted once more. */
function nextStep(id: string, events: readonly StoredEvent[], view: Terminal): string {
  const { effective = [], sources = [] } = events.map(({ event }) => event).find((event) => event.type === 'run.started') ?? {};
  const flags = effective.filter((_, at) => sources[at] === 'flag' || sources[at] === 'asked').map((capability) => ` --allow '${plain(capability)}'`);
  return `\n${paint(view, 'bold', 'NEXT')}\n  its process is gone, and no outcome is recorded: toka runs resume ${id}${flags.join('')}\n`;
}
