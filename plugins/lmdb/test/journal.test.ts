import { open as openLmdb } from 'lmdb';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createIds, systemClock, systemRandom } from '../../../src/journal/ids.ts';
import { type Journal, openJournal } from '../../../src/journal/journal.ts';
import { WHOLE_RUN } from '../../../test/journal/events.ts';
import lmdb from '../src/lmdb.ts';
import { codeOf, makeFolder } from './fixtures.ts';

const nextId = createIds(systemClock, systemRandom);

async function journalIn(location: string): Promise<Journal> {
  const journal = await openJournal(location, { clock: systemClock, storage: lmdb });
  onTestFinished(() => journal.close());
  return journal;
}

test('the journal keeps runs in it that verify, also when it is opened again', async () => {
  const location = join(makeFolder(), 'journal.lmdb');
  const journal = await journalIn(location);
  const runs = [nextId(), nextId()];
  for (const run of runs) await journal.append(run, WHOLE_RUN, 0);
  await journal.close();
  const again = await journalIn(location);
  expect(await again.verify()).toMatchObject({ ok: true, events: 2 * WHOLE_RUN.length });
  expect((await again.runs({ limit: 9 })).map(({ id }) => id).toSorted()).toEqual(runs.toSorted());
  expect(await again.read(runs[0] as string)).toHaveLength(WHOLE_RUN.length);
});

test('what was taken out of it behind its back is found by the audit', async () => {
  const location = makeFolder();
  const journal = await journalIn(location);
  await journal.append(nextId(), WHOLE_RUN, 0);
  await journal.append(nextId(), WHOLE_RUN, 0);
  await journal.close();
  const database = openLmdb<Buffer, Buffer>({ path: location, noSubdir: false, overlappingSync: false, encoding: 'binary', keyEncoding: 'binary' });
  database.removeSync(Buffer.from('650000000000000003', 'hex'));
  await database.close();
  const found = await (await journalIn(location)).verify();
  expect(found.ok).toBe(false);
  expect(found.findings).toContainEqual(expect.objectContaining({ why: 'missing', position: 3 }));
});

test('what is something else is a damaged journal', async () => {
  const location = makeFolder();
  const database = openLmdb({ path: location, noSubdir: false, overlappingSync: false });
  await database.put('theirs', 1);
  await database.close();
  expect(await codeOf(() => journalIn(location))).toBe('TOKA_INTEGRITY');
});
