import { copyFileSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { Witnesses } from '../../src/journal/contract.ts';
import { checkpointKey } from '../../src/journal/keys.ts';
import { nextId, openFor, WHOLE_RUN } from './fixtures.ts';
import { change, checkpoint, editEntry, line, makeFirstFormat, newKey, rechain, record, relog, removeEntries, tamper, verify } from './tamper.ts';

/** Cuts the record off as if it had never been longer: events, log and summaries in step. */
function truncate(db: DatabaseSync, after: number, runs: readonly string[]): void {
  change(db, 'DELETE FROM events WHERE position > ?', after);
  change(db, 'DELETE FROM log WHERE position > ?', after);
  for (const run of runs) removeEntries(db, `run/${run}`);
}

describe('against a checkpoint', () => {
  test('what was signed is told', async () => {
    const { file } = await record();
    const key = newKey();
    const kept = await checkpoint(file, key);
    const { signed, ok } = await verify(file, { keys: [key], kept: [kept] });
    expect([ok, signed]).toEqual([true, 12]);
  });

  test.each([true, false])('a tail that was cut off without a trace is named (the stored checkpoint cut off with it: %s)', async (alsoStored) => {
    const { file, runs } = await record();
    const key = newKey();
    const kept = await checkpoint(file, key);
    tamper(file, (db) => {
      truncate(db, 8, [runs[2]]);
      if (alsoStored) removeEntries(db, 'checkpoint/');
    });
    expect((await verify(file)).findings.filter(({ why }) => why !== 'checkpoint')).toEqual([]);
    const { findings } = await verify(file, { keys: [key], kept: alsoStored ? [kept] : [] });
    expect(findings.map((finding) => line(finding, runs))).toEqual(['truncated @9 size 12']);
  });

  test('everything cut off is named', async () => {
    const { file, runs } = await record();
    const key = newKey();
    const kept = await checkpoint(file, key);
    tamper(file, (db) => {
      truncate(db, 0, runs);
      removeEntries(db, 'checkpoint/');
      removeEntries(db, 'blob/');
    });
    expect((await verify(file, { keys: [key], kept: [kept] })).findings.map((finding) => line(finding, runs))).toEqual(['truncated @1 size 12']);
  });

  test('a database put back to an older copy is named, and so is one that went on from there', async () => {
    const { file, runs } = await record();
    const key = newKey();
    await (await openFor(file)).close();
    copyFileSync(file, `${file}.old`);
    const later = await openFor(file);
    await later.append(nextId(), WHOLE_RUN, 0);
    await later.close();
    const kept = await checkpoint(file, key);
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    copyFileSync(`${file}.old`, file);
    const found = async (): Promise<string[]> => (await verify(file, { keys: [key], kept: [kept] })).findings.map((finding) => line(finding, runs));
    expect(await found()).toEqual(['truncated @13 size 16']);
    const again = await openFor(file);
    await again.append(nextId(), WHOLE_RUN, 0);
    await again.close();
    expect(await found()).toEqual(['rewritten @1 from 0 size 16']);
  });

  test('a journal that was made one of format 1, which has no log, is held against it all the same', async () => {
    const { file, runs } = await record();
    const key = newKey();
    const kept = await checkpoint(file, key);
    const found = async (): Promise<string[]> => (await verify(file, { keys: [key], kept: [kept] })).findings.map((finding) => line(finding, runs));
    makeFirstFormat(file);
    expect(await found()).toEqual([]);
    tamper(file, (db) => {
      change(db, 'DELETE FROM events WHERE position > 8');
      change(db, 'DELETE FROM runs WHERE id = ?', runs[2]);
    });
    expect(await found()).toEqual(['truncated @9 size 12']);
    tamper(file, (db) => change(db, "UPDATE events SET body = replace(body, 'README', 'SECRET') WHERE position = 1"));
    expect((await verify(file, { keys: [key], kept: [kept] })).ok).toBe(false);
  });

  test('a history that was written anew from end to end is named, with the last part that is still good', async () => {
    const { file, runs } = await record();
    const key = newKey();
    const first = await checkpoint(file, key);
    const journal = await openFor(file);
    const last = nextId();
    await journal.append(last, WHOLE_RUN, 0);
    const second = await journal.checkpoint(key);
    await journal.close();
    tamper(file, (db) => {
      change(db, "UPDATE events SET body = replace(body, 'README', 'SECRET') WHERE run = ? AND seq = 1", last);
      rechain(db, last);
      relog(db);
    });
    expect((await verify(file)).findings.filter(({ why }) => why !== 'checkpoint')).toEqual([]);
    const { findings, signed } = await verify(file, { keys: [key], kept: [first, second] });
    expect(findings.map((finding) => line(finding, runs))).toEqual(['rewritten @13 from 12 size 16', 'rewritten @13 from 12 size 16']);
    expect(signed).toBe(12);
  });

  test.each<[string, (note: string) => string, string]>([
    ['the size', (note) => note.replace('\n12\n', '\n11\n'), 'signature'],
    ['the root', (note) => note.replace(/\n[A-Za-z0-9+/=]{44}\n/, `\n${Buffer.alloc(32).toString('base64')}\n`), 'signature'],
    ['the signature', (note) => note.replace(/.(?=[^=]{4}==?\n$)/, (letter) => (letter === 'A' ? 'B' : 'A')), 'signature'],
    ['all of it', () => 'nothing', 'note'],
  ])('a stored checkpoint of which %s was changed is found', async (_, edit, field) => {
    const { file, runs } = await record();
    const key = newKey();
    const { note } = await checkpoint(file, key);
    tamper(file, (db) => editEntry(db, checkpointKey(12), () => edit(note)));
    expect((await verify(file, { keys: [key], kept: [] })).findings.map((finding) => line(finding, runs))).toEqual([`checkpoint ${field} size 12`]);
  });

  test('a checkpoint moved to another size, of an unknown key, or of another journal does not count', async () => {
    const { file, runs } = await record();
    const [key, other] = [newKey(), newKey()];
    const kept = await checkpoint(file, key);
    const found = async (witnesses: Witnesses): Promise<string[]> =>
      (await verify(file, witnesses)).findings.map((finding) => line(finding, runs));
    expect(await found({ keys: [other], kept: [] })).toEqual(['checkpoint signature size 12']);
    tamper(file, (db) => change(db, 'UPDATE entries SET key = ? WHERE key = ?', checkpointKey(8), checkpointKey(12)));
    expect(await found({ keys: [key], kept: [] })).toEqual(['checkpoint size size 8']);
    const elsewhere = await record();
    expect((await verify(elsewhere.file, { keys: [key], kept: [kept] })).findings).toEqual([{ why: 'checkpoint', field: 'origin', size: 12 }]);
  });
});
