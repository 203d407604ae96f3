import { writeSync } from 'node:fs';
import { systemClock } from '../../src/journal/ids.ts';
import { openJournal } from '../../src/journal/journal.ts';

// A process of its own that prunes runs one after the other, and reports each on stdout only after that has returned.
const [file = '', ...runs] = process.argv.slice(2);
const journal = await openJournal(file, { clock: systemClock });
writeSync(1, 'open\n');
for (let from = 0; from < runs.length; from += 3) {
  const { runs: pruned } = await journal.prune(runs.slice(from, from + 3), { rule: '--keep 0', by: 'user', toka: '0.1.0' });
  for (const run of pruned) writeSync(1, `${run}\n`);
}
await journal.close();
