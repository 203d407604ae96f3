import type { Journal, RunSummary } from './contract.ts';
import type { Usage } from './events.ts';

/** A run with what it used, as far as that was measured, and the runs that it started. */
export interface RunTree {
  readonly run: RunSummary;
  readonly usage?: Usage;
  readonly children: readonly RunTree[];
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
async function usageOf(journal: Journal, { id, events, finishedAt, prunedAt }: RunSummary): Promise<Usage | undefined> {
  if (finishedAt === undefined || prunedAt !== undefined) return undefined;
  for (let after = events - 1; after > 0; after--) {
    const [last] = await journal.read(id, after);
    if (last?.event.type === 'run.finished') return last.event.usage;
  }
  return undefined;
}
