import { copyFileSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { Witnesses } from '../../src/journal/contract.ts';
import { nextId, openFor, WHOLE_RUN } from './fixtures.ts';
import { change, checkpoint, line, newKey, rechain, record, relog, tamper, verify } from './tamper.ts';

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

  test('a journal that was made one of format 1, which has no log, is held against it all the same', () => {
    const { file, runs } = record();
    const key = newKey();
    const kept = checkpoint(file, key);
    const found = (): string[] => verify(file, { keys: [key], kept: [kept] }).findings.map((finding) => line(finding, runs));
    tamper(file, (db) => db.exec('DROP TABLE log; DROP TABLE checkpoints; DROP TABLE ledger; PRAGMA user_version = 1'));
    expect(found()).toEqual([]);
    tamper(file, (db) => {
      change(db, 'DELETE FROM events WHERE position > 8');
      change(db, 'DELETE FROM runs WHERE id = ?', runs[2]);
    });
    expect(found()).toEqual(['truncated @9 size 12']);
    tamper(file, (db) => change(db, "UPDATE events SET body = replace(body, 'README', 'SECRET') WHERE position = 1"));
    expect(verify(file, { keys: [key], kept: [kept] }).ok).toBe(false);
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
    const found = (witnesses: Witnesses): string[] =>
      verify(file, witnesses).findings.map((finding) => line(finding, runs));
    expect(found({ keys: [other], kept: [] })).toEqual(['checkpoint signature size 12']);
    tamper(file, (db) => change(db, 'UPDATE checkpoints SET size = 8'));
    expect(found({ keys: [key], kept: [] })).toEqual(['checkpoint size size 8']);
    const elsewhere = record();
    expect(verify(elsewhere.file, { keys: [key], kept: [kept] }).findings).toEqual([{ why: 'checkpoint', field: 'origin', size: 12 }]);
  });
});
