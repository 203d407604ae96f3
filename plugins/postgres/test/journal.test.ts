import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createIds, systemClock, systemRandom } from '../../../src/journal/ids.ts';
import { type Journal, openJournal } from '../../../src/journal/journal.ts';
import { inThread } from '../../../src/journal/thread/storage.ts';
import { WHOLE_RUN } from '../../../test/journal/events.ts';
import postgres from '../src/postgres.ts';
import { Cluster, programs } from './support/cluster.ts';
import { codeOf } from './support/failure.ts';

const nextId = createIds(systemClock, systemRandom);

describe.skipIf(programs === undefined)('the journal in PostgreSQL', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.make();
  });
  afterAll(async () => {
    await cluster.remove();
  });

  async function journalIn(schema: string, storage = postgres): Promise<Journal> {
    const journal = await openJournal(cluster.location({ schema }), { clock: systemClock, storage });
    onTestFinished(async () => journal.close());
    return journal;
  }

  test('keeps runs that verify, also when it is opened again', async () => {
    const journal = await journalIn('kept');
    const runs = [nextId(), nextId()];
    for (const run of runs) await journal.append(run, WHOLE_RUN, 0);
    await journal.close();
    const again = await journalIn('kept');
    expect(await again.verify()).toMatchObject({ ok: true, events: 2 * WHOLE_RUN.length });
    expect((await again.runs({ limit: 9 })).map(({ id }) => id).toSorted()).toEqual(runs.toSorted());
  });

  test('forgets a run but for its hashes', async () => {
    const journal = await journalIn('pruned');
    const runs = [nextId(), nextId()];
    for (const run of runs) await journal.append(run, WHOLE_RUN, 0);
    expect(await journal.prune(runs.slice(0, 1), { rule: '--keep 1', by: 'user', toka: '0.1.0' })).toMatchObject({ runs: [runs[0]], events: WHOLE_RUN.length });
    expect(await journal.verify()).toMatchObject({ ok: true, pruned: WHOLE_RUN.length });
    expect(await codeOf(journal.read(runs[0] ?? ''))).toBe('TOKA_RUN_PRUNED');
    expect(await journal.read(runs[1] ?? '')).toHaveLength(WHOLE_RUN.length);
  });

  test('is written by a thread of its own as well', async () => {
    const files = { thread: join(import.meta.dirname, '../../../dist/journal-thread.js'), plugins: [join(import.meta.dirname, '../package.json')] };
    const journal = await journalIn('thread', inThread(postgres, files));
    await journal.append(nextId(), WHOLE_RUN, 0);
    await cluster.restart('SIGQUIT');
    await journal.append(nextId(), WHOLE_RUN, 0);
    expect(await journal.verify()).toMatchObject({ ok: true, events: 2 * WHOLE_RUN.length });
  });

  test.each([
    ['taken out', 'DELETE FROM $.events WHERE position = 3', { why: 'missing', position: 3 }],
    ['changed', `UPDATE $.events SET body = replace(body, 'type', 'tyqe') WHERE position = 3`, { position: 3 }],
    ['without its nodes', 'UPDATE $.events SET nodes = NULL WHERE position = 3', { position: 3 }],
  ])('tells which event was %s behind its back', async (what, statement, finding) => {
    const schema = what.replaceAll(' ', '_');
    const journal = await journalIn(schema);
    for (let run = 0; run < 2; run++) await journal.append(nextId(), WHOLE_RUN, 0);
    cluster.sql(statement.replaceAll('$.', `${schema}.`));
    const { ok, findings } = await journal.verify();
    expect(ok).toBe(false);
    expect(findings).toContainEqual(expect.objectContaining(finding));
  });

  test('finds runs by their words, several that take up at once, and goes on to be checked and compacted', async () => {
    const [journal, other] = [await journalIn('searched'), await journalIn('searched')];
    const runs = Array.from({ length: 200 }, () => nextId());
    for (const run of runs) await journal.append(run, WHOLE_RUN, 0);
    const searches = await Promise.all([journal, other].map(async (each) => each.search()));
    await Promise.all(searches.map(async (search) => search.catchUp(() => {})));
    for (const search of searches) {
      const { runs: found, pending } = await search.find([{ text: 'readme', prefix: true }, { text: 'file-reader' }], { limit: 1000 });
      expect([found.map(({ run }) => run.id).toSorted(), pending]).toEqual([runs.toSorted(), 0]);
    }
    const storage = await postgres.open({ location: cluster.location({ schema: 'searched' }) });
    onTestFinished(async () => storage.close());
    const { bytes = 0 } = await storage.describe();
    await storage.compact();
    expect([await storage.check(), bytes > 0]).toEqual([undefined, true]);
    cluster.sql('ALTER TABLE searched.documents ADD COLUMN more text');
    expect(await storage.check()).toContain('more');
  });

  test('is out of reach, and not damaged, while PostgreSQL is away', async () => {
    const journal = await journalIn('away');
    await cluster.stop();
    expect(await codeOf(journal.append(nextId(), WHOLE_RUN, 0))).toBe('TOKA_STATE_UNAVAILABLE');
    await cluster.start();
    await journal.append(nextId(), WHOLE_RUN, 0);
    expect(await journal.verify()).toMatchObject({ ok: true, events: WHOLE_RUN.length });
  });
});
