import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync, sign, verify as verifySignature } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createKeeper } from '../../src/journal/blobs.ts';
import type { NoteKey, NoteSigner, SignedCheckpoint } from '../../src/journal/checkpoint.ts';
import type { Audit, Finding } from '../../src/journal/findings.ts';
import { codeOf, FINISHED, makeJournal, nextId, openFor, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';
import { change, rechain, relog, swap, tamper } from './tamper.ts';

interface Recorded {
  readonly file: string;
  readonly runs: readonly [string, string, string];
}

/** Three finished runs of four events, at the positions 1-4, 5-8 and 9-12; the second has a blob. */
function record(): Recorded {
  const { journal, file } = makeJournal();
  const runs = [nextId(), nextId(), nextId()] as const;
  const keeper = createKeeper();
  journal.append(runs[0], WHOLE_RUN, 0);
  journal.append(runs[1], [REQUESTED, STARTED, { ...OUTPUT, kept: keeper.output(Buffer.alloc(20_000, 1)) }, FINISHED], 0, keeper.blobs);
  journal.append(runs[2], WHOLE_RUN, 0);
  journal.close();
  return { file, runs };
}

function verify(file: string, witnesses?: { keys: NoteKey[]; kept: SignedCheckpoint[] }): Audit {
  const journal = openFor(file, { readOnly: true });
  try {
    return journal.verify(witnesses);
  } finally {
    journal.close();
  }
}

function newKey(): NoteKey & NoteSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    sign: (bytes) => sign(null, bytes, privateKey),
    verify: (bytes, signature) => verifySignature(null, bytes, publicKey, signature),
  };
}

function checkpoint(file: string, key: NoteSigner): SignedCheckpoint {
  const journal = openFor(file);
  try {
    return journal.checkpoint(key);
  } finally {
    journal.close();
  }
}

/** One finding in a line: what, at which position, which event of which of the three runs, and what else is known. */
function line({ why, position, run, seq, field, from, size }: Finding, runs: readonly string[]): string {
  const place = [position === undefined ? '' : `@${position}`, run === undefined ? '' : `${'ABC'[runs.indexOf(run)] ?? '?'}${seq}`];
  return [why, ...place, field ?? '', from === undefined ? '' : `from ${from}`, size === undefined ? '' : `size ${size}`].filter((part) => part !== '').join(' ');
}

test('what nobody touched is in order', () => {
  const { file } = record();
  expect(verify(file)).toMatchObject({ ok: true, events: 12, findings: [], signed: 0 });
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
        change(db, 'DELETE FROM runs WHERE id = ?', run);
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
    ['the outcome in the summary', (db, [run]) => change(db, "UPDATE runs SET state = replace(state, 'succeeded', 'failed') WHERE id = ?", run), ['summary @4 A4']],
    ['the head in the summary', (db, [run]) => change(db, "UPDATE runs SET hash = x'00' WHERE id = ?", run), ['summary @4 A4']],
    ['the summary taken out', (db, [run]) => change(db, 'DELETE FROM runs WHERE id = ?', run), ['summary @4 A4']],
    ['a blob', (db) => change(db, 'UPDATE blobs SET bytes = zeroblob(20000)'), ['blob-changed @7 B3']],
    ['a blob taken out', (db) => change(db, 'DELETE FROM blobs'), ['blob-missing @7 B3']],
  ];
  test.each(TABLE)('%s', (_, edit, expected) => {
    const { file, runs } = record();
    tamper(file, (db) => edit(db, runs));
    const { ok, findings } = verify(file);
    expect([ok, ...findings.map((finding) => line(finding, runs))]).toEqual([false, ...expected]);
  });
});

/** Cuts the record off as if it had never been longer: events, log and summaries in step. */
function truncate(db: DatabaseSync, after: number, runs: readonly string[]): void {
  change(db, 'DELETE FROM events WHERE position > ?', after);
  change(db, 'DELETE FROM log WHERE position > ?', after);
  for (const run of runs) change(db, 'DELETE FROM runs WHERE id = ?', run);
}

describe('against a checkpoint', () => {
  test('what was signed is told', () => {
    const { file } = record();
    const key = newKey();
    const kept = checkpoint(file, key);
    const { signed, ok } = verify(file, { keys: [key], kept: [kept] });
    expect([ok, signed]).toEqual([true, 12]);
  });

  test.each([true, false])('a tail that was cut off without a trace is named (the stored checkpoint cut off with it: %s)', (alsoStored) => {
    const { file, runs } = record();
    const key = newKey();
    const kept = checkpoint(file, key);
    tamper(file, (db) => {
      truncate(db, 8, [runs[2]]);
      if (alsoStored) db.exec('DELETE FROM checkpoints');
    });
    expect(verify(file).findings.filter(({ why }) => why !== 'checkpoint')).toEqual([]);
    const { findings } = verify(file, { keys: [key], kept: alsoStored ? [kept] : [] });
    expect(findings.map((finding) => line(finding, runs))).toEqual(['truncated @9 size 12']);
  });

  test('everything cut off is named', () => {
    const { file, runs } = record();
    const key = newKey();
    const kept = checkpoint(file, key);
    tamper(file, (db) => {
      truncate(db, 0, runs);
      db.exec('DELETE FROM checkpoints; DELETE FROM blobs');
    });
    expect(verify(file, { keys: [key], kept: [kept] }).findings.map((finding) => line(finding, runs))).toEqual(['truncated @1 size 12']);
  });

  test('a database put back to an older copy is named, and so is one that went on from there', () => {
    const { file, runs } = record();
    const key = newKey();
    openFor(file).close();
    copyFileSync(file, `${file}.old`);
    const later = openFor(file);
    later.append(nextId(), WHOLE_RUN, 0);
    later.close();
    const kept = checkpoint(file, key);
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    copyFileSync(`${file}.old`, file);
    const found = (): string[] => verify(file, { keys: [key], kept: [kept] }).findings.map((finding) => line(finding, runs));
    expect(found()).toEqual(['truncated @13 size 16']);
    const again = openFor(file);
    again.append(nextId(), WHOLE_RUN, 0);
    again.close();
    expect(found()).toEqual(['rewritten @1 from 0 size 16']);
  });

  test('a history that was written anew from end to end is named, with the last part that is still good', () => {
    const { file, runs } = record();
    const key = newKey();
    const first = checkpoint(file, key);
    const journal = openFor(file);
    const last = nextId();
    journal.append(last, WHOLE_RUN, 0);
    const second = journal.checkpoint(key);
    journal.close();
    tamper(file, (db) => {
      change(db, "UPDATE events SET body = replace(body, 'README', 'SECRET') WHERE run = ? AND seq = 1", last);
      rechain(db, last);
      relog(db);
    });
    expect(verify(file).findings.filter(({ why }) => why !== 'checkpoint')).toEqual([]);
    const { findings, signed } = verify(file, { keys: [key], kept: [first, second] });
    expect(findings.map((finding) => line(finding, runs))).toEqual(['rewritten @13 from 12 size 16', 'rewritten @13 from 12 size 16']);
    expect(signed).toBe(12);
  });

  test.each<[string, (note: string) => string, string]>([
    ['the size', (note) => note.replace('\n12\n', '\n11\n'), 'signature'],
    ['the root', (note) => note.replace(/\n[A-Za-z0-9+/=]{44}\n/, `\n${Buffer.alloc(32).toString('base64')}\n`), 'signature'],
    ['the signature', (note) => note.replace(/(.)(.)(==?\n)$/, (_, a: string, b: string, end: string) => `${b === 'A' ? 'B' : 'A'}${a}${end}`), 'signature'],
    ['all of it', () => 'nothing', 'note'],
  ])('a stored checkpoint of which %s was changed is found', (_, edit, field) => {
    const { file, runs } = record();
    const key = newKey();
    const { note } = checkpoint(file, key);
    tamper(file, (db) => change(db, 'UPDATE checkpoints SET note = ?', edit(note)));
    expect(verify(file, { keys: [key], kept: [] }).findings.map((finding) => line(finding, runs))).toEqual([`checkpoint ${field} size 12`]);
  });

  test('a checkpoint moved to another size, of an unknown key, or of another journal does not count', () => {
    const { file, runs } = record();
    const [key, other] = [newKey(), newKey()];
    const kept = checkpoint(file, key);
    const found = (witnesses: { keys: NoteKey[]; kept: SignedCheckpoint[] }): string[] =>
      verify(file, witnesses).findings.map((finding) => line(finding, runs));
    expect(found({ keys: [other], kept: [] })).toEqual(['checkpoint signature size 12']);
    tamper(file, (db) => change(db, 'UPDATE checkpoints SET size = 8'));
    expect(found({ keys: [key], kept: [] })).toEqual(['checkpoint size size 8']);
    const elsewhere = record();
    expect(verify(elsewhere.file, { keys: [key], kept: [kept] }).findings).toEqual([{ why: 'checkpoint', field: 'origin', size: 12 }]);
  });
});

test('what is recorded without the log is refused by the next append', () => {
  const { file, runs } = record();
  tamper(file, (db) => {
    change(db, "INSERT INTO events (run, seq, time, body, hash) SELECT run, 5, time, body, x'00' FROM events WHERE position = 11");
    rechain(db, runs[2]);
  });
  expect(codeOf(() => openFor(file).append(nextId(), WHOLE_RUN, 0))).toBe('TOKA_INTEGRITY');
});

test('a body that is no event is refused by readers, with the file', () => {
  const { file, runs } = record();
  tamper(file, (db) => change(db, "UPDATE events SET body = '{' WHERE run = ? AND seq = 2", runs[0]));
  expect(codeOf(() => openFor(file).read(runs[0]))).toBe('TOKA_INTEGRITY');
});

test('a number beyond all measure gives a coded error', () => {
  const { file, runs } = record();
  tamper(file, (db) => change(db, 'UPDATE events SET time = 9223372036854775807 WHERE run = ?', runs[0]));
  expect(codeOf(() => openFor(file).read(runs[0]))).toBe('TOKA_INTEGRITY');
  expect(codeOf(() => verify(file))).toBe('TOKA_INTEGRITY');
});

test('a damaged index, by which events or runs could be overlooked, is found', () => {
  const { journal, file } = makeJournal();
  const parent = nextId();
  journal.append(parent, WHOLE_RUN, 0);
  journal.append(nextId(), [{ ...REQUESTED, parent }], 0);
  journal.close();
  const db = new DatabaseSync(file);
  const { page } = db.prepare("SELECT rootpage AS page FROM sqlite_schema WHERE name = 'runs_parent'").get() as { page: number };
  db.close();
  const bytes = readFileSync(file);
  const at = bytes.indexOf(parent, (page - 1) * 4096);
  bytes.write('f', at);
  writeFileSync(file, bytes);
  expect(codeOf(() => verify(file))).toBe('TOKA_INTEGRITY');
});

test('a byte changed anywhere in the file is found, or changes nothing that can be read', () => {
  const { file, runs } = record();
  const key = newKey();
  checkpoint(file, key);
  const original = readFileSync(file);
  const readAll = (): unknown => {
    const journal = openFor(file, { readOnly: true });
    try {
      const proofs = journal.consult((log) => [log.checkpoints(), log.tree(12), log.entry(7), log.inclusion(7, 12)]);
      return { events: runs.map((run) => journal.read(run)), list: journal.runs({ limit: 10 }), proofs };
    } finally {
      journal.close();
    }
  };
  const expected = readAll();
  fc.assert(
    fc.property(fc.nat({ max: original.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const bytes = Buffer.from(original);
      bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
      writeFileSync(file, bytes);
      let found: Audit | undefined;
      const code = codeOf(() => (found = verify(file, { keys: [key], kept: [] })));
      if (code !== undefined) expect(['TOKA_INTEGRITY', 'TOKA_STATE_UNAVAILABLE']).toContain(code);
      else if (found?.ok) expect(readAll()).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});
