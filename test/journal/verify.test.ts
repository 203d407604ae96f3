import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Audit } from '../../src/journal/findings.ts';
import { codeOf, FINISHED, makeJournal, nextId, openFor, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';
import { change, checkpoint, editEntry, line, newKey, rechain, record, type Recorded, relog, removeEntries, swap, tamper, verify } from './tamper.ts';

test('what nobody touched is in order', async () => {
  const { file } = await record();
  expect(await verify(file)).toMatchObject({ ok: true, events: 12, findings: [], signed: 0 });
});

describe('each kind of edit is found, and the record is located', () => {
  type Edit = (db: DatabaseSync, runs: Recorded['runs']) => void;
  const set =
    (assignment: string, position: number): Edit =>
    (db) =>
      change(db, `UPDATE events SET ${assignment} WHERE position = ?`, position);
  const TABLE: [string, Edit, string[]][] = [
    ['a parameter', set("body = replace(body, 'README', 'SECRET')", 1), ['changed @1 A1']],
    ['the tool', set("body = replace(body, 'file-reader', 'file-writer')", 1), ['changed @1 A1 tool']],
    ['the principal', set(`body = replace(body, '"principal":"user"', '"principal":"root"')`, 9), ['changed @9 C1 principal']],
    ['the outcome', set("body = replace(body, 'succeeded', 'failed')", 4), ['changed @4 A4 status']],
    ['the time', set('time = time - 60000', 2), ['changed @2 A2 time']],
    ['the hash', set("hash = x'00'", 3), ['changed @3 A3 hash']],
    ['the seq', set('seq = 7', 3), ['changed @3 A3 seq']],
    ['the run', set('run = (SELECT run FROM events WHERE position = 9), seq = 9', 3), ['changed @3 A3 run']],
    ['text that is no JSON', set("body = '{'", 2), ['changed @2 A2']],
    ['an event taken out', (db) => change(db, 'DELETE FROM events WHERE position = 2'), ['missing @2 A2']],
    ['the first event of a run taken out', (db) => change(db, 'DELETE FROM events WHERE position = 5'), ['missing @5 B1']],
    ['the last event of a run taken out', (db) => change(db, 'DELETE FROM events WHERE position = 8'), ['missing @8 B4']],
    ['the last event of all taken out', (db) => change(db, 'DELETE FROM events WHERE position = 12'), ['missing @12 C4']],
    ['two events taken out', (db) => change(db, 'DELETE FROM events WHERE position IN (2, 3)'), ['missing @2 A2', 'missing @3 A3']],
    [
      'events of two runs taken out',
      (db) => change(db, 'DELETE FROM events WHERE position IN (3, 4, 5, 6)'),
      ['missing @3 A3', 'missing @4 A4', 'missing @5 B1', 'missing @6 B2'],
    ],
    [
      'a whole run taken out',
      (db, [, run]) => {
        change(db, 'DELETE FROM events WHERE run = ?', run);
        removeEntries(db, `run/${run}`);
      },
      ['missing @5', 'missing @6', 'missing @7', 'missing @8'],
    ],
    [
      'all events of a run taken out, its summary left',
      (db, [, run]) => change(db, 'DELETE FROM events WHERE run = ?', run),
      ['missing @5 B1', 'missing @6 B2', 'missing @7 B3', 'missing @8 B4'],
    ],
    ['two events swapped', (db) => swap(db, ['run', 'seq', 'time', 'body', 'hash'], 2, 3), ['moved @2 A2 from 3', 'moved @3 A3 from 2']],
    ['events of two runs swapped', (db) => swap(db, ['run', 'seq', 'time', 'body', 'hash'], 4, 12), ['moved @4 A4 from 12', 'moved @12 C4 from 4']],
    ['the contents of two events swapped', (db) => swap(db, ['time', 'body'], 2, 3), ['moved @2 A2 from 3', 'moved @3 A3 from 2']],
    [
      'an event inserted, with a chain and a summary that fit',
      (db, [, , run]) => {
        change(db, "INSERT INTO events (run, seq, time, body, hash) SELECT run, 5, time, body, x'00' FROM events WHERE position = 11");
        rechain(db, run);
      },
      ['inserted @13 C5'],
    ],
    [
      'a run inserted',
      (db) => {
        change(db, "INSERT INTO events (run, seq, time, body, hash) SELECT replace(run, '-', '+'), seq, time, body, hash FROM events WHERE position = 9");
      },
      ['inserted @13 ?1'],
    ],
    [
      'an event put in the place of one that was taken out',
      (db) => {
        change(db, 'DELETE FROM events WHERE position = 7');
        change(db, "INSERT INTO events (position, run, seq, time, body, hash) SELECT 7, run, 3, time, replace(body, 'done', 'gone'), hash FROM events WHERE position = 3 AND seq = 3 AND 0 UNION ALL SELECT 7, run, 3, time + 1, body, hash FROM events WHERE position = 6");
      },
      ['changed @7 B3'],
    ],
    [
      'an event changed and the chain of its run computed anew',
      (db, [run]) => {
        change(db, "UPDATE events SET body = replace(body, 'fs:read:**', 'fs:write:**') WHERE position = 2");
        rechain(db, run);
      },
      ['changed @2 A2', 'changed @3 A3 hash'],
    ],
    [
      'an event changed, chain and leaf computed anew',
      (db, [run]) => {
        change(db, "UPDATE events SET body = replace(body, 'fs:read:**', 'fs:write:**') WHERE position = 2");
        rechain(db, run);
        const row = db.prepare('SELECT position, nodes FROM log WHERE position = 2').get() as { nodes: Uint8Array };
        const aside = new DatabaseSync(':memory:');
        aside.exec('CREATE TABLE log (position INTEGER PRIMARY KEY, nodes BLOB); CREATE TABLE events (position INTEGER PRIMARY KEY, run, seq, time, body)');
        for (const event of db.prepare('SELECT position, run, seq, time, body FROM events').all() as Record<string, string | number>[]) {
          aside.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)').run(...Object.values(event));
        }
        relog(aside);
        const leaf = (aside.prepare('SELECT nodes FROM log WHERE position = 2').get() as { nodes: Uint8Array }).nodes.subarray(0, 32);
        change(db, 'UPDATE log SET nodes = ? WHERE position = 2', Buffer.concat([leaf, row.nodes.subarray(32)]));
      },
      ['log @2 nodes[1]'],
    ],
    ['a leaf of the log', (db) => change(db, "UPDATE log SET nodes = zeroblob(32) WHERE position = 5"), ['log @5 B1 nodes[0]']],
    ['a leaf of the log that has nodes above it', (db) => change(db, 'UPDATE log SET nodes = CAST(zeroblob(32) || substr(nodes, 33) AS BLOB) WHERE position = 6'), ['log @6 B2 nodes[0]']],
    ['a node of the log', (db) => change(db, 'UPDATE log SET nodes = CAST(substr(nodes, 1, 64) || zeroblob(32) AS BLOB) WHERE position = 4'), ['log @4 nodes[2]']],
    ['the length of a row of the log', (db) => change(db, 'UPDATE log SET nodes = zeroblob(31) WHERE position = 7'), ['log @7 B3 nodes']],
    ['a row of the log taken out', (db) => change(db, 'DELETE FROM log WHERE position = 6'), ['log @6 B2 nodes']],
    [
      'rows of the log swapped',
      (db) => {
        db.exec('CREATE TEMP TABLE before AS SELECT * FROM log');
        change(db, 'UPDATE log SET nodes = (SELECT nodes FROM before WHERE before.position = 16 - log.position) WHERE position IN (7, 9)');
      },
      ['log @7 B3 nodes[0]', 'log @9 C1 nodes[0]'],
    ],
    ['the outcome in the summary', (db, [run]) => editEntry(db, `run/${run}`, (text) => text.replace('succeeded', 'failed')), ['summary @4 A4']],
    ['the head in the summary', (db, [run]) => editEntry(db, `run/${run}`, (text) => text.replace(/"hash":"[0-9a-f]*"/, '"hash":"00"')), ['summary @4 A4']],
    ['the summary taken out', (db, [run]) => removeEntries(db, `run/${run}`), ['summary @4 A4']],
    ['a blob', (db) => change(db, "UPDATE entries SET value = zeroblob(20000) WHERE key LIKE 'blob/%'"), ['blob-changed @7 B3']],
    ['a blob taken out', (db) => removeEntries(db, 'blob/'), ['blob-missing @7 B3']],
  ];
  test.each(TABLE)('%s', async (_, edit, expected) => {
    const { file, runs } = await record();
    tamper(file, (db) => edit(db, runs));
    const { ok, findings } = await verify(file);
    expect([ok, ...findings.map((finding) => line(finding, runs))]).toEqual([false, ...expected]);
  });
});

describe('each kind of edit of what is left of pruned runs is found, and the record is located', () => {
  type Edit = (db: DatabaseSync, runs: Recorded['runs']) => void;
  const set =
    (assignment: string, where: string): Edit =>
    (db) =>
      change(db, `UPDATE events SET ${assignment} WHERE position ${where}`);
  const restored = (position: number): Edit => (db) => change(db, 'UPDATE events SET body = ? WHERE position = ?', JSON.stringify(WHOLE_RUN[position - 1]), position);
  /** The first two of three runs are pruned: their events 5 are the positions 13 and 14. */
  const TABLE: [string, Edit, string[]][] = [
    ['a body put back', restored(2), ['restored @2 A2']],
    ['all bodies put back', (db, runs) => [1, 2, 3, 4].forEach((position) => restored(position)(db, runs)), ['restored @1 A1', 'restored @2 A2', 'restored @3 A3', 'restored @4 A4']],
    ['another body', set(`body = '{"v":1,"type":"run.acted"}'`, '= 2'), ['changed @2 A2']],
    ['the body of an event that was not pruned emptied', set("body = '{}'", '= 10'), ['changed @10 C2']],
    ['a run emptied that was not pruned', set("body = '{}'", 'IN (9, 10, 11, 12)'), ['changed @9 C1', 'changed @10 C2', 'changed @11 C3', 'changed @12 C4']],
    [
      'a run emptied that was not pruned, while its summary says that it was',
      (db, [, , run]) => {
        change(db, "UPDATE events SET body = '{}' WHERE run = ?", run);
        editEntry(db, `run/${run}`, (text) => text.replace('}}', ',"prunedAt":1}}'));
      },
      ['changed @9 C1', 'changed @10 C2', 'changed @11 C3', 'changed @12 C4'],
    ],
    [
      'a run emptied, with an event that it was pruned that was never recorded',
      (db, [, , run]) => {
        const said = { v: 1, type: 'run.pruned', events: 4, stateHash: '0'.repeat(64), timesHash: '0'.repeat(64), rule: 'x', by: 'user', toka: '0' };
        change(db, "UPDATE events SET body = '{}' WHERE run = ?", run);
        change(db, "INSERT INTO events (run, seq, time, body, hash) VALUES (?, 5, 1, ?, x'00')", run, JSON.stringify(said));
        editEntry(db, `run/${run}`, (text) => text.replace('"head":4', '"head":5'));
      },
      ['changed @9 C1', 'changed @10 C2', 'changed @11 C3', 'changed @12 C4', 'inserted @15 C5', 'summary @15 C5'],
    ],
    ['the time', set('time = time - 60000', '= 2'), ['changed A time']],
    ['the hash', set("hash = x'00'", '= 3'), ['changed @3 A3 hash']],
    ['the seq', set('seq = 7', '= 3'), ['changed @3 A3 seq']],
    ['the run', set('run = (SELECT run FROM events WHERE position = 5), seq = 9', '= 3'), ['changed @3 A3 run']],
    ['a pruned event taken out', (db) => change(db, 'DELETE FROM events WHERE position = 2'), ['missing @2 A2']],
    ['two pruned events swapped', (db) => swap(db, ['run', 'seq', 'time', 'body', 'hash'], 2, 3), ['changed @3 A2 hash', 'missing A2', 'missing A3']],
    ['the event that says so taken out', (db) => change(db, 'DELETE FROM events WHERE position = 13'), ['missing @13 A5']],
    ['the last event of all, which says so, taken out', (db) => change(db, 'DELETE FROM events WHERE position = 14'), ['missing @14 B5']],
    ['who pruned it', set(`body = replace(body, '"by":"user"', '"by":"root"')`, '= 13'), ['changed @13 A5']],
    ['by which rule', set("body = replace(body, 'keep', 'kept')", '= 14'), ['changed @14 B5']],
    ['a leaf of the log', (db) => change(db, 'UPDATE log SET nodes = zeroblob(32) WHERE position = 5'), ['changed @5 B1 hash', 'log @6 nodes[1]']],
    ['a row of the log taken out', (db) => change(db, 'DELETE FROM log WHERE position = 6'), ['log @6 B2 nodes']],
    ['the outcome in the summary', (db, [run]) => editEntry(db, `run/${run}`, (text) => text.replace('succeeded', 'failed')), ['summary @13 A5']],
    ['in the summary when it was pruned', (db, [run]) => editEntry(db, `run/${run}`, (text) => text.replace(/"prunedAt":\d+/, '"prunedAt":1')), ['summary @13 A5']],
    ['that it was pruned, in the summary', (db, [run]) => editEntry(db, `run/${run}`, (text) => text.replace(/,"prunedAt":\d+/, '')), ['summary @13 A5']],
    ['the summary taken out', (db, [, run]) => removeEntries(db, `run/${run}`), ['summary @14 B5']],
  ];
  test.each(TABLE)('%s', async (_, edit, expected) => {
    const { file, runs } = await record();
    const journal = await openFor(file);
    await journal.prune(runs.slice(0, 2), { rule: '--keep 1', by: 'user', toka: '0.1.0' });
    await journal.close();
    expect(await verify(file)).toMatchObject({ ok: true, events: 14, pruned: 8 });
    tamper(file, (db) => edit(db, runs));
    const { ok, findings } = await verify(file);
    expect([ok, ...findings.map((finding) => line(finding, runs))]).toEqual([false, ...expected]);
  });
});

test('an event that says of a run that it was pruned, and of how many events, but not of all of them, is told', async () => {
  const { file, runs } = await record();
  const journal = await openFor(file);
  await journal.append(runs[0], [{ v: 1, type: 'run.pruned', events: 3, stateHash: '0'.repeat(64), timesHash: '0'.repeat(64), rule: 'x', by: 'user', toka: '0.1.0' }], 4);
  await journal.close();
  expect((await verify(file)).findings).toContainEqual(expect.objectContaining({ why: 'illegal', position: 13, run: runs[0], seq: 5 }));
});

test('a run that does not stand below the one that asked for it is told', async () => {
  const { journal, file } = await makeJournal();
  const [parent, child] = [nextId(), nextId()];
  await journal.append(parent, WHOLE_RUN, 0);
  await journal.append(child, [{ ...REQUESTED, parent }, STARTED, FINISHED], 0);
  await journal.close();
  tamper(file, (db) => removeEntries(db, 'child/'));
  expect((await verify(file)).findings).toEqual([{ why: 'summary', run: child, seq: 3, position: 7 }]);
});

test('what stands under a key that no journal has is told', async () => {
  const { file } = await record();
  tamper(file, (db) => change(db, "INSERT INTO entries (key, value) VALUES ('chackpoint/0000000000000012', x'00')"));
  expect((await verify(file)).findings).toEqual([{ why: 'foreign', field: 'chackpoint/0000000000000012' }]);
  tamper(file, (db) => change(db, "INSERT INTO entries (key, value) VALUES ('ledger/' || char(1114111) || 'x', x'00'), ('zzz', x'00')"));
  expect((await verify(file)).findings).toMatchObject([{ why: 'foreign' }, { why: 'foreign', field: 'zzz' }]);
});

test('of very many edits the first thousand are told', async () => {
  const { journal, file } = await makeJournal();
  for (let count = 0; count < 300; count++) await journal.append(nextId(), WHOLE_RUN, 0);
  await journal.close();
  tamper(file, (db) => change(db, 'UPDATE events SET time = time + 1'));
  const { ok, findings } = await verify(file);
  expect([ok, findings.length, findings.at(-1)?.position]).toEqual([false, 1000, 1000]);
});

test('what is recorded without the log is refused by the next append', async () => {
  const { file, runs } = await record();
  tamper(file, (db) => {
    change(db, "INSERT INTO events (run, seq, time, body, hash) SELECT run, 5, time, body, x'00' FROM events WHERE position = 11");
    rechain(db, runs[2]);
  });
  expect(await codeOf(async () => (await openFor(file)).append(nextId(), WHOLE_RUN, 0))).toBe('TOKA_INTEGRITY');
});

test('a body that is no event is refused by readers, with the file', async () => {
  const { file, runs } = await record();
  tamper(file, (db) => change(db, "UPDATE events SET body = '{' WHERE run = ? AND seq = 2", runs[0]));
  expect(await codeOf(async () => (await openFor(file)).read(runs[0]))).toBe('TOKA_INTEGRITY');
});

test('a number beyond all measure gives a coded error', async () => {
  const { file, runs } = await record();
  tamper(file, (db) => change(db, 'UPDATE events SET time = 9223372036854775807 WHERE run = ?', runs[0]));
  expect(await codeOf(async () => (await openFor(file)).read(runs[0]))).toBe('TOKA_INTEGRITY');
  expect(await codeOf(() => verify(file))).toBe('TOKA_INTEGRITY');
});

test('a damaged index, by which events could be overlooked, is found', async () => {
  const { journal, file } = await makeJournal();
  const run = nextId();
  await journal.append(run, WHOLE_RUN, 0);
  await journal.close();
  const db = new DatabaseSync(file);
  const { page } = db.prepare("SELECT rootpage AS page FROM sqlite_schema WHERE name = 'sqlite_autoindex_events_1'").get() as { page: number };
  db.close();
  const bytes = readFileSync(file);
  bytes.write('f', bytes.indexOf(run, (page - 1) * 4096));
  writeFileSync(file, bytes);
  expect(await codeOf(() => verify(file))).toBe('TOKA_INTEGRITY');
});

test('a byte changed anywhere in the file is found, or changes nothing that can be read', async () => {
  const { file, runs } = await record();
  const key = newKey();
  await checkpoint(file, key);
  const original = readFileSync(file);
  const readAll = async (): Promise<unknown> => {
    const journal = await openFor(file, { readOnly: true });
    try {
      const proofs = await journal.consult(async (log) => [await log.checkpoints(), await log.tree(12), await log.entry(7), await log.inclusion(7, 12)]);
      return { events: await Promise.all(runs.map((run) => journal.read(run))), list: await journal.runs({ limit: 10 }), proofs };
    } finally {
      await journal.close();
    }
  };
  const expected = await readAll();
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: original.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const bytes = Buffer.from(original);
      bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
      writeFileSync(file, bytes);
      let found: Audit | undefined;
      const code = await codeOf(async () => (found = await verify(file, { keys: [key], kept: [] })));
      if (code !== undefined) expect(['TOKA_INTEGRITY', 'TOKA_STATE_UNAVAILABLE']).toContain(code);
      else if (found?.ok) expect(await readAll()).toEqual(expected);
    }),
    // There a summary is read as the row of another table.
    { numRuns: 400, examples: [[16_394, 4]] },
  );
});
