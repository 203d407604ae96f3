import type { Door } from './door.ts';
import { paint, plain, terminal } from './text.ts';

export interface Task {
  readonly title: string;
  run(report: (text: string) => void): Promise<{ readonly ok: boolean; readonly text: string }>;
}

/** At most so many at once: a check is mostly parsing, so more than there are cores only wait for one another. */
const CONCURRENCY = 4;

/** Carries tasks out side by side: a live list on a terminal, elsewhere a line as each ends. All of it goes to stderr. */
export async function runTasks(tasks: readonly Task[], door: Door): Promise<void> {
  const view = terminal(door.stderr, door.env);
  if (view.isTty && (door.env['CI'] ?? '') === '') return liveList(tasks);
  const pending = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = pending.shift(); task; task = pending.shift()) {
      const { ok, text } = await task.run(() => undefined);
      door.stderr.write(`${ok ? paint(view, 'green', 'ok') : paint(view, 'red', 'not ok')} ${task.title}: ${plain(text).split('\n')[0] ?? ''}\n`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

async function liveList(tasks: readonly Task[]): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const logger = new ListrLogger<never>({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  const list = new Listr(
    tasks.map(({ title, run }) => ({
      title,
      task: async (_context: unknown, task: { title: string; output: string }) => {
        const { ok, text } = await run((progress) => {
          task.output = plain(progress);
        });
        task.title = `${title}: ${plain(text).split('\n')[0] ?? ''}`;
        if (!ok) throw new Error(task.title);
      },
    })),
    // The list goes to stderr, so that stdout holds nothing but the result.
    { concurrent: CONCURRENCY, exitOnError: false, rendererOptions: { collapseErrors: false, logger } },
  );
  await list.run();
}
