import { join } from 'node:path';
import { createKeeper } from '../../src/journal/blobs.ts';
import type { RunEvent, RunFinished, RunRequested, RunStarted } from '../../src/journal/events.ts';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { thisProcess } from '../../src/journal/process.ts';
import { FINISHED, OUTPUT, REQUESTED, STARTED } from '../journal/events.ts';
import type { Place } from './cli.ts';

const nextId = createIds(systemClock, systemRandom);

/** What a test says of a run that it has recorded; what it leaves out is as always. */
export interface Recording {
  readonly parent?: string;
  readonly requested?: Partial<RunRequested>;
  readonly started?: Partial<RunStarted>;
  /** What it wrote; large texts are kept as blobs. */
  readonly output?: string;
  /** Null: it has not ended. */
  readonly finished?: Partial<RunFinished> | null;
  /** When it was requested, started, wrote and finished, milliseconds since 1970. */
  readonly times?: readonly number[];
}

/** Records a run in a project's journal without carrying one out. Returns its id. */
export async function record({ project }: Pick<Place, 'project'>, { parent, requested, started, output = 'done\n', finished, times }: Recording = {}): Promise<string> {
  const journal = await openJournal(join(project, '.toka/state/journal.db'), { clock: systemClock, root: project });
  try {
    const run = nextId();
    const keeper = createKeeper();
    const events: RunEvent[] = [
      { ...REQUESTED, ...(parent === undefined ? {} : { parent }), process: thisProcess(), ...requested },
      { ...STARTED, ...started },
      { ...OUTPUT, kept: keeper.output(Buffer.from(output)), bytes: Buffer.byteLength(output) },
      ...(finished === null ? [] : [{ ...FINISHED, ...finished }]),
    ];
    await journal.append(run, events, 0, keeper.blobs, times ?? []);
    return run;
  } finally {
    await journal.close();
  }
}
