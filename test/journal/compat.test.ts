import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonical, chainHash, GENESIS, leafHash } from '../../src/journal/chain.ts';
import { parseCheckpoint } from '../../src/journal/checkpoint.ts';
import type { RunSummary } from '../../src/journal/contract.ts';
import type { StoredEvent } from '../../src/journal/events.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { sqliteStorage } from '../../src/journal/sqlite/storage.ts';
import { SIGNER } from './compat/signer.ts';
import { FINISHED, journalIn, makeFolder, openFor } from './fixtures.ts';

const COMPAT = join(import.meta.dirname, 'compat');
const OPEN = '0198c3a2-9000-7c41-9d0e-5a4b3c2d1e0f';
const versions = readdirSync(COMPAT).filter((name) => /^v\d+(?:-[a-z]+)?$/.test(name));

describe.each(versions)('a journal of format %s', (version) => {
  const signed = existsSync(join(COMPAT, version, 'checkpoint.txt')) ? [readFileSync(join(COMPAT, version, 'checkpoint.txt'), 'utf8')] : [];
  const expected = JSON.parse(readFileSync(join(COMPAT, version, 'expected.json'), 'utf8')) as StoredEvent[];
  const runs = [...new Set(expected.map(({ run }) => run))];

  async function openCopy(readOnly: boolean): Promise<Journal> {
    const file = journalIn(makeFolder());
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    copyFileSync(join(COMPAT, version, 'journal.db'), file);
    return openFor(file, { readOnly });
  }

  test.each([true, false])('is read in full and in order (read-only: %s)', async (readOnly) => {
    const journal = await openCopy(readOnly);
    expect((await Promise.all(runs.map((run) => journal.read(run)))).flat()).toEqual(expected);
    expect(await journal.verify()).toMatchObject({ ok: true, events: expected.length });
    expect((await journal.runs({ limit: 10 })).map(({ id }) => id)).toEqual(runs.toReversed());
  });

  test('is what its checkpoint says, if it has one, and stays so', async () => {
    const kept = signed.map((note) => parseCheckpoint(note));
    const covered = kept.length === 0 ? 0 : expected.length;
    const journal = await openCopy(false);
    expect(await journal.verify({ keys: [SIGNER], kept })).toMatchObject({ ok: true, signed: covered });
    await journal.append(OPEN, [FINISHED], 2);
    expect(await journal.verify({ keys: [SIGNER], kept })).toMatchObject({ ok: true, signed: covered });
  });

  test('is continued', async () => {
    const journal = await openCopy(false);
    await journal.append(OPEN, [FINISHED], 2);
    expect(await journal.verify()).toMatchObject({ ok: true, events: expected.length + 1 });
  });
});

test('a journal with pruned runs is read and verified, also by a checkpoint of before, and what it forgot is not in it once it was compacted', async () => {
  const file = journalIn(makeFolder());
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  copyFileSync(join(COMPAT, 'pruned-v3', 'journal.db'), file);
  const expected = JSON.parse(readFileSync(join(COMPAT, 'pruned-v3', 'expected.json'), 'utf8')) as { run: RunSummary; event: StoredEvent }[];
  const journal = await openFor(file, { readOnly: true });
  for (const { run, event } of expected) expect([await journal.run(run.id), await journal.read(run.id, run.events - 1)]).toEqual([run, [event]]);
  const kept = [parseCheckpoint(readFileSync(join(COMPAT, 'v3-resumed', 'checkpoint.txt'), 'utf8'))];
  expect(await journal.verify({ keys: [SIGNER], kept })).toMatchObject({ ok: true, events: 19, pruned: 13, signed: 17 });
  await journal.close();
  // A page of which SQLite had moved the rows still has a copy of some.
  const found = (): string[] => ['one\\r\\ntwo', 'cgroup', 'marked as failed'].filter((word) => readFileSync(file).includes(word));
  expect(found()).toContain('one\\r\\ntwo');
  const storage = await sqliteStorage.open({ location: file });
  await storage.compact();
  await storage.close();
  expect(found()).toEqual([]);
});

test('the hashes follow from the events as documented', async () => {
  const events = JSON.parse(readFileSync(join(COMPAT, 'v1', 'expected.json'), 'utf8')) as StoredEvent[];
  let previous = GENESIS;
  for (const { run, seq, time, hash, event } of events) {
    const link = { run, seq, time, body: JSON.stringify(event) };
    previous = chainHash(seq === 1 ? GENESIS : previous, leafHash(link));
    expect(Buffer.from(previous).toString('hex')).toBe(hash);
    expect(canonical(link).split('\n').slice(0, 4)).toEqual(['toka/event/v1', run, String(seq), String(time)]);
  }
});
