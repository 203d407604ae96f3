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

const open = async (readOnly = false): Promise<Journal> => openJournal(file, { clock: systemClock, readOnly });

async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

async function holds(record: Journal, count: number): Promise<boolean> {
  const { ok, events } = await record.verify();
  return ok && events === count;
}

function fill(leave: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
}

fill(0);
seen['making it on a full disk'] = await codeOf(() => open());
seen['left behind'] = readdirSync(folder).includes('state') ? readdirSync(dirname(file)) : [];
rmSync(ballast);

const journal = await open();
fill(400 * 1024);
let acknowledged = 0;
seen['appending to a full disk'] = await codeOf(async () => {
  for (;;) {
    await journal.append(nextId(), WHOLE_RUN, 0);
    acknowledged += WHOLE_RUN.length;
  }
});
seen['appending again'] = await codeOf(() => journal.append(nextId(), WHOLE_RUN, 0));
seen['acknowledged some'] = acknowledged > 0;
seen['nothing lost'] = await holds(journal, acknowledged);
rmSync(ballast);
await journal.append(nextId(), WHOLE_RUN, 0);
await journal.close();

execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
seen['writing to read-only media'] = await codeOf(async () => (await open()).append(nextId(), WHOLE_RUN, 0));
const reader = await open(true);
seen['reading from read-only media'] = await holds(reader, acknowledged + WHOLE_RUN.length);
await reader.close();
execFileSync('mount', ['-o', 'remount,bind,rw', folder]);
await (await open()).append(nextId(), WHOLE_RUN, 0);
process.stdout.write(JSON.stringify(seen));
