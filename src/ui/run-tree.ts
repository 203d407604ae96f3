import type { Journal, RunSummary } from '../journal/contract.ts';
import type { Usage } from '../journal/events.ts';
import type { Door } from './door.ts';
import { duration, when } from './runs-list.ts';
import { paint, terminal } from './text.ts';
import { timeline } from './timeline.ts';

/** A run with what it used, as far as that was measured, and the runs that it started. */
export interface RunTree {
  readonly run: RunSummary;
  readonly usage?: Usage;
  readonly children: readonly RunTree[];
}

/** `toka runs tree RUN` */
export async function showTree(prefix: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const tree = await treeOf(journal, await journal.run(await journal.findRun(prefix)));
    const view = terminal(door.stdout, door.env);
    const { run } = tree;
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-tree/v1', run: run.id, tree })}\n`);
    else door.stdout.write(`${paint(view, 'bold', 'RUN')} ${run.id}  ${when(run.requestedAt)}  ${duration(run)}`.trimEnd() + `\n\n${timeline([tree], view, Date.now())}`);
    return 0;
  } finally {
    await toka.close();
  }
}

/** What a run started, and so on, oldest first. A run that a forged record makes its own ancestor is not followed. */
export async function treeOf(journal: Journal, run: RunSummary, above: readonly string[] = []): Promise<RunTree> {
  const path = [...above, run.id];
  const children = (await journal.children(run.id)).filter(({ id }) => !path.includes(id));
  const usage = await usageOf(journal, run);
  return {
    run,
    ...(usage === undefined ? {} : { usage }),
    children: await Promise.all(children.map(async (child) => treeOf(journal, child, path))),
  };
}

/** The outcome is the last event, but for those that say that the run was imported. */
async function usageOf(journal: Journal, { id, events, finishedAt }: RunSummary): Promise<Usage | undefined> {
  if (finishedAt === undefined) return undefined;
  for (let after = events - 1; after > 0; after--) {
    const [last] = await journal.read(id, after);
    if (last?.event.type === 'run.finished') return last.event.usage;
  }
  return undefined;
}
