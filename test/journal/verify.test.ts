import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createKeeper } from '../../src/journal/blobs.ts';
import type { Verdict } from '../../src/journal/journal.ts';
import { codeOf, FINISHED, makeJournal, nextId, openFor, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';

interface Recorded {
  readonly file: string;
  readonly runs: readonly [string, string, string];
}

/** Three finished runs of four events, the second with a blob. */
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

function tamper(file: string, sql: string, ...values: (string | number | Uint8Array)[]): void {
  const db = new DatabaseSync(file);
  expect(db.prepare(sql).run(...values).changes).not.toBe(0);
  db.close();
}

const verify = (file: string, run?: string): Verdict => openFor(file, { readOnly: true }).verify(run);

test('what nobody touched is in order', () => {
  const { file, runs } = record();
  expect(verify(file)).toEqual({ ok: true, events: 12 });
  expect(verify(file, runs[1])).toEqual({ ok: true, events: 4 });
});

describe('what was changed is found, with the run and the first event that is wrong', () => {
  const CASES: [string, string, number, string][] = [
    ['a byte of an event', "UPDATE events SET body = replace(body, 'docs', 'dogs') WHERE run = ? AND seq = 1", 1, 'changed'],
    ['the time', 'UPDATE events SET time = time + 1 WHERE run = ? AND seq = 2', 2, 'changed'],
    ['a hash', "UPDATE events SET hash = x'00' WHERE run = ? AND seq = 3", 3, 'changed'],
    ['an event taken out', 'DELETE FROM events WHERE run = ? AND seq = 2', 2, 'missing'],
    ['the first event taken out', 'DELETE FROM events WHERE run = ? AND seq = 1', 1, 'missing'],
    ['the last event taken out', 'DELETE FROM events WHERE run = ? AND seq = 4', 4, 'missing'],
    ['all events taken out', 'DELETE FROM events WHERE run = ?', 1, 'missing'],
    ['two events swapped', 'UPDATE events SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE run = ? AND seq IN (2, 3)', 2, 'changed'],
    ['the outcome in the summary', `UPDATE runs SET state = replace(state, 'succeeded', 'failed') WHERE id = ?`, 4, 'summary'],
    ['the head', "UPDATE runs SET hash = x'00' WHERE id = ?", 4, 'summary'],
    ['the summary taken out', 'DELETE FROM runs WHERE id = ?', 1, 'summary'],
    ['tail and head both', 'DELETE FROM events WHERE run = ? AND seq = 4', 4, 'missing'],
  ];
  test.each(CASES)('%s', (_, sql, seq, why) => {
    const { file, runs } = record();
    tamper(file, sql, runs[0]);
    if (sql.includes('CASE seq')) tamper(file, 'UPDATE events SET seq = -seq WHERE run = ? AND seq < 0', runs[0]);
    const fault = { ok: false, run: runs[0], seq, why };
    expect(verify(file)).toEqual(fault);
    expect(verify(file, runs[0])).toEqual(fault);
    expect(verify(file, runs[1]).ok).toBe(true);
  });

  test('an event moved to another run', () => {
    const { file, runs } = record();
    tamper(file, 'DELETE FROM events WHERE run = ? AND seq = 3', runs[2]);
    tamper(file, 'UPDATE events SET run = ? WHERE run = ? AND seq = 3', runs[2], runs[0]);
    expect(verify(file)).toEqual({ ok: false, run: runs[0], seq: 3, why: 'missing' });
    expect(verify(file, runs[2])).toEqual({ ok: false, run: runs[2], seq: 3, why: 'changed' });
  });

  test('a tail cut off together with its summary, by the summary that was kept in step with a shorter run', () => {
    const { file, runs } = record();
    tamper(file, 'DELETE FROM events WHERE run = ? AND seq = 4', runs[0]);
    tamper(file, 'UPDATE runs SET head = 3, hash = (SELECT hash FROM events WHERE run = id AND seq = 3) WHERE id = ?', runs[0]);
    expect(verify(file)).toEqual({ ok: false, run: runs[0], seq: 3, why: 'summary' });
  });

  test('a whole run taken out with its summary, by the gap in the log', () => {
    const { file, runs } = record();
    tamper(file, 'DELETE FROM events WHERE run = ?', runs[1]);
    tamper(file, 'DELETE FROM runs WHERE id = ?', runs[1]);
    expect(verify(file)).toEqual({ ok: false, run: null, seq: 5, why: 'missing' });
    tamper(file, 'DELETE FROM events WHERE run = ?', runs[0]);
    tamper(file, 'DELETE FROM runs WHERE id = ?', runs[0]);
    expect(verify(file)).toEqual({ ok: false, run: null, seq: 1, why: 'missing' });
  });

  test('a blob', () => {
    const { file, runs } = record();
    tamper(file, 'UPDATE blobs SET bytes = zeroblob(20000)');
    expect(verify(file)).toEqual({ ok: false, run: runs[1], seq: 3, why: 'blob-changed' });
    tamper(file, 'DELETE FROM blobs');
    expect(verify(file)).toEqual({ ok: false, run: runs[1], seq: 3, why: 'blob-missing' });
  });
});

test('a body that is no event is refused by readers, with the file', () => {
  const { file, runs } = record();
  tamper(file, "UPDATE events SET body = '{' WHERE run = ? AND seq = 2", runs[0]);
  expect(codeOf(() => openFor(file).read(runs[0]))).toBe('TOKA_INTEGRITY');
});

test('a number beyond all measure gives a coded error', () => {
  const { file, runs } = record();
  tamper(file, 'UPDATE events SET time = 9223372036854775807 WHERE run = ?', runs[0]);
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
  const original = readFileSync(file);
  const readAll = (): unknown => {
    const journal = openFor(file, { readOnly: true });
    try {
      return { events: runs.map((run) => journal.read(run)), list: journal.runs({ limit: 10 }) };
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
      let verdict: Verdict | undefined;
      const code = codeOf(() => (verdict = verify(file)));
      if (code !== undefined) expect(['TOKA_INTEGRITY', 'TOKA_STATE_UNAVAILABLE']).toContain(code);
      else if (verdict?.ok) expect(readAll()).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});
