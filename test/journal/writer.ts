import { writeSync } from 'node:fs';
import { findStorage } from '../../src/journal/backends.ts';
import { createKeeper } from '../../src/journal/blobs.ts';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { thisProcess } from '../../src/journal/process.ts';
import { FINISHED, OUTPUT, REQUESTED, STARTED } from './events.ts';

// A process of its own that writes runs, each in three commits, and reports every commit on stdout only after append has returned.
const [location = '', count = '0', backend = 'sqlite', ...plugins] = process.argv.slice(2);
const journal = await openJournal(location, { clock: systemClock, storage: findStorage(backend, plugins) });
const nextId = createIds(systemClock, systemRandom);
const identity = thisProcess();
for (let written = 0; written < Number(count); written++) {
  const run = nextId();
  const keeper = createKeeper();
  const output = { ...OUTPUT, kept: keeper.output(Buffer.alloc(20_000, written % 256)) };
  await journal.append(run, [{ ...REQUESTED, process: identity }, STARTED], 0);
  writeSync(1, `${run} 2\n`);
  await journal.append(run, [output, output], 2, keeper.blobs);
  writeSync(1, `${run} 4\n`);
  await journal.append(run, [FINISHED], 4);
  writeSync(1, `${run} 5\n`);
}
await journal.close();
