import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';
import { type Journal, openJournal } from '../../src/journal/journal.ts';
import { WHOLE_RUN } from './events.ts';

// Runs in a mount namespace of its own, on a small file system that it fills and makes read-only; prints what it saw as JSON.
const [folder = ''] = process.argv.slice(2);
const file = join(folder, 'state', 'journal.db');
const ballast = join(folder, 'ballast');
const nextId = createIds(systemClock, systemRandom);
const seen: Record<string, unknown> = {};

const open = (readOnly = false): Journal => openJournal(file, { clock: systemClock, readOnly });

function codeOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

function holds(record: Journal, count: number): boolean {
  const { ok, events } = record.verify();
  return ok && events === count;
}

function fill(leave: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
}

fill(0);
seen['making it on a full disk'] = codeOf(open);
seen['left behind'] = readdirSync(folder).includes('state') ? readdirSync(dirname(file)) : [];
rmSync(ballast);

const journal = open();
fill(400 * 1024);
let acknowledged = 0;
seen['appending to a full disk'] = codeOf(() => {
  for (;;) {
    journal.append(nextId(), WHOLE_RUN, 0);
    acknowledged += WHOLE_RUN.length;
  }
});
seen['appending again'] = codeOf(() => journal.append(nextId(), WHOLE_RUN, 0));
seen['acknowledged some'] = acknowledged > 0;
seen['nothing lost'] = holds(journal, acknowledged);
rmSync(ballast);
journal.append(nextId(), WHOLE_RUN, 0);
journal.close();

execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
seen['writing to read-only media'] = codeOf(() => open().append(nextId(), WHOLE_RUN, 0));
const reader = open(true);
seen['reading from read-only media'] = holds(reader, acknowledged + WHOLE_RUN.length);
reader.close();
execFileSync('mount', ['-o', 'remount,bind,rw', folder]);
open().append(nextId(), WHOLE_RUN, 0);
process.stdout.write(JSON.stringify(seen));
