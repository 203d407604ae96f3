import { treeOf } from '../journal/run-tree.ts';
import type { Door } from './door.ts';
import { duration, when } from './runs-list.ts';
import { paint, terminal } from './text.ts';
import { timeline } from './timeline.ts';

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
