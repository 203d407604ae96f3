import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { nextId, WHOLE_RUN } from '../journal/fixtures.ts';
import { change, makeFirstFormat, tamper } from '../journal/tamper.ts';
import { type Json, type Place, place, until } from '../support/cli.ts';

/** What is looked at of what the commands print. */
interface Found extends Json {
  readonly backend: string;
  readonly location: string;
  readonly exists: boolean;
  readonly events: number;
  readonly runs: number;
  readonly bytes: number;
  readonly root: string;
  readonly states: string;
  readonly digest: string;
  readonly backup: string;
  readonly kept?: string;
  readonly ok: boolean;
  readonly before: number;
  readonly after: number;
  readonly freed: number;
  readonly from: unknown;
  readonly to: unknown;
  readonly migrated: boolean;
}

let here: Place;
let file: string;

beforeEach(() => {
  here = place();
  file = join(here.project, '.toka/state/journal.db');
});
afterEach(() => here[Symbol.dispose]());

const storage = async (...words: string[]): Promise<Found & { exit: number | null }> => here.json<Found>(['storage', ...words]);
const info = async (...words: string[]): Promise<Found & { exit: number | null }> => storage('info', ...words);

async function record(runs: number, to = file): Promise<void> {
  const journal = await openJournal(to, { clock: { now: Date.now } });
  await journal.commit(async (commit) => {
    for (let run = 0; run < runs; run++) await commit.append(nextId(), WHOLE_RUN, 0);
  });
  await journal.close();
}

/** Whether the record is whole, and how far it goes. */
async function verified(...words: string[]): Promise<readonly [boolean, number]> {
  const { ok, record: found } = (await storage('verify', ...words)) as unknown as { ok: boolean; record: { events: number } };
  return [ok, found.events];
}

describe('info', () => {
  test('says that nothing is there yet, and makes nothing', async () => {
    expect(await info()).toMatchObject({ schema: 'toka/storage-info/v1', backend: 'sqlite', location: file, exists: false, events: 0, runs: 0, exit: 0 });
    expect(existsSync(file)).toBe(false);
  });

  test('says what is there, how it is kept, and what is installed', async () => {
    await record(3);
    const found = await info();
    expect(found).toMatchObject({ exists: true, format: 3, newestFormat: 3, events: 12, runs: 3, durability: 'journal_mode=wal, synchronous=FULL', supports: { durable: true, backup: true } });
    expect(found.bytes).toBeGreaterThanOrEqual(statSync(file).size);
    expect((found['backends'] as { id: string }[]).map(({ id }) => id)).toEqual(expect.arrayContaining(['sqlite', 'memory']));
  });

  test('tells people the same', async () => {
    await record(1);
    const { stdout } = await here.run(['storage', 'info']);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(expect.arrayContaining(['backend', 'location', 'format', 'events', 'INSTALLED', 'memory']));
  });
});

describe('copy', () => {
  test('carries everything over, and both are in order', async () => {
    await record(5);
    const copied = await storage('copy', 'sqlite', 'sqlite:other');
    expect(copied).toMatchObject({ schema: 'toka/storage-copy/v1', from: { location: file }, to: { backend: 'sqlite' }, events: 20, runs: 5, exit: 0 });
    expect(await verified('--storage', 'sqlite:other')).toEqual([true, 20]);
    const back = await storage('copy', 'sqlite:other', 'sqlite:third');
    expect([back.root, back.states, back.digest]).toEqual([copied.root, copied.states, copied.digest]);
  });

  test.each([
    ['one place twice', ['sqlite', 'sqlite:.toka/state'], 'TOKA_USAGE', 2],
    ['a source that is not there', ['sqlite:nowhere', 'sqlite:other'], 'TOKA_USAGE', 2],
    ['a target that forgets', ['sqlite', 'memory'], 'TOKA_USAGE', 2],
    ['a backend that is not installed', ['sqlite', 'papyrus:roll'], 'TOKA_STORAGE_UNKNOWN', 69],
    ['no target', ['sqlite'], 'TOKA_USAGE', 2],
  ])('refuses %s', async (_, words, code, exit) => {
    await record(1);
    expect(await storage('copy', ...words)).toMatchObject({ error: { code }, exit });
  });

  test('refuses a target that is not empty, which stays as it is', async () => {
    await record(2);
    await storage('copy', 'sqlite', 'sqlite:other');
    await record(1);
    expect(await storage('copy', 'sqlite', 'sqlite:other')).toMatchObject({ error: { code: 'TOKA_STORAGE_TAKEN' }, exit: 2 });
    expect(await verified('--storage', 'sqlite:other')).toEqual([true, 8]);
  });

  test('that is killed leaves nothing that could be taken for a copy, and can be made again', { timeout: 120_000 }, async () => {
    await record(4000);
    const target = join(here.project, 'other/journal.db');
    for (const bytes of [0, 1_000_000, 3_000_000]) {
      const { child, ended } = here.start(['storage', 'copy', 'sqlite', 'sqlite:other']);
      await until(() => existsSync(target) && (statSync(`${target}-wal`, { throwIfNoEntry: false })?.size ?? 0) >= bytes);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
      expect(await info('--storage', 'sqlite:other')).toMatchObject({ events: 0, runs: 0, exit: 0 });
    }
    expect(await storage('copy', 'sqlite', 'sqlite:other')).toMatchObject({ events: 16_000, runs: 4000, exit: 0 });
  });
});

describe('verify', () => {
  test('finds a journal in order', async () => {
    await record(2);
    expect(await storage('verify')).toMatchObject({ schema: 'toka/storage-verify/v1', ok: true, structure: { checked: true }, record: { ok: true, events: 8, findings: [] }, exit: 0 });
  });

  test('names what was changed, and ends with 76', async () => {
    await record(2);
    tamper(file, (db) => change(db, 'DELETE FROM events WHERE position = 3'));
    const { code, stdout } = await here.run(['storage', 'verify']);
    expect(code).toBe(76);
    expect(stdout).toMatch(/missing/);
    expect(await storage('verify')).toMatchObject({ ok: false, record: { findings: [{ why: 'missing', position: 3 }] }, exit: 76 });
  });

  test.each<[string, (path: string) => void, string, number]>([
    ['a file of something else', (path) => writeFileSync(path, 'no database'), 'TOKA_INTEGRITY', 76],
    ['an empty file', (path) => truncateSync(path, 0), 'TOKA_INTEGRITY', 76],
    ['a newer format', (path) => tamper(path, (db) => db.exec('PRAGMA user_version = 99')), 'TOKA_STATE_UNAVAILABLE', 69],
  ])('and every other command refuses %s, and leaves it as it is', async (_, damage, code, exit) => {
    await record(1);
    new DatabaseSync(file).close();
    damage(file);
    const before = readFileSync(file);
    const commands = [['info'], ['verify'], ['copy', 'sqlite', 'sqlite:other'], ['backup', 'backup.db'], ['compact'], ['migrate'], ['migrate', '--dry-run']];
    for (const command of commands) expect([command, (await storage(...command))]).toMatchObject([command, { error: { code }, exit }]);
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(join(here.project, 'backup.db'))).toBe(false);
  });
});

describe('backup and restore', () => {
  test('bring a journal back to where it was, and keep what gave way', async () => {
    await record(2);
    expect(await storage('backup', 'backup.db')).toMatchObject({ schema: 'toka/storage-backup/v1', backup: join(here.project, 'backup.db'), events: 8, exit: 0 });
    expect(statSync(join(here.project, 'backup.db')).mode & 0o777).toBe(0o600);
    await record(1);
    expect(await storage('restore', 'backup.db')).toMatchObject({ error: { code: 'TOKA_STORAGE_TAKEN' }, exit: 2 });
    expect(await verified()).toEqual([true, 12]);
    const { kept = '', ...restored } = await storage('restore', '--replace', 'backup.db');
    expect(restored).toMatchObject({ schema: 'toka/storage-restore/v1', location: file, events: 8, exit: 0 });
    expect(await verified()).toEqual([true, 8]);
    expect(await verified('--storage', `sqlite:${dirname(kept)}`)).toEqual([true, 12]);
  });

  test('a restored journal is recorded in like any other', async () => {
    here.write({ 'notes.txt': 'one\n' });
    await here.run(['run', 'file-reader', 'notes.txt']);
    await storage('backup', 'backup.db');
    await storage('restore', '--replace', 'backup.db');
    const { runId } = await here.json(['run', 'file-reader', 'notes.txt']);
    const { runs } = await here.json<Json & { runs: { id: string }[] }>(['runs', 'list']);
    expect([runs.length, runs[0]?.id, (await verified())[0]]).toEqual([2, runId, true]);
  });

  test('a restored journal in a new project is kept out of git', async () => {
    const backup = join(here.base, 'backup.db');
    await record(1, join(here.base, 'elsewhere/journal.db'));
    await storage('backup', backup, '--storage', `sqlite:${join(here.base, 'elsewhere')}`);
    expect(await storage('restore', backup)).toMatchObject({ events: 4, exit: 0 });
    expect(readFileSync(join(dirname(file), '.gitignore'), 'utf8')).toBe('*\n');
  });

  test.each([
    ['nothing to back up', ['backup', 'backup.db'], 'TOKA_USAGE', 2],
    ['a backup in a folder that is not there', ['backup', 'nowhere/backup.db'], 'TOKA_FS_FAILED', 1],
    ['a backup in the place of something', ['backup', 'toka.yaml'], 'TOKA_STORAGE_TAKEN', 2],
    ['a backup whose name no system takes', ['backup', 'b'.repeat(300)], 'TOKA_FS_FAILED', 1],
    ['to restore nothing', ['restore', 'backup.db'], 'TOKA_USAGE', 2],
    ['to restore what is no backup', ['restore', 'toka.yaml'], 'TOKA_INTEGRITY', 76],
  ])('refuse %s', async (name, words, code, exit) => {
    if (name !== 'nothing to back up') await record(1);
    if (words[0] === 'restore') words.push('--replace');
    const refused = await storage(...words);
    expect(refused).toMatchObject({ error: { code }, exit });
    // What it worked on is gone by then.
    expect(JSON.stringify(refused.error)).not.toContain('restoring-');
    expect(readdirSync(here.project).filter((entry) => /part|backup/.test(entry))).toEqual([]);
  });

  test('a backup that is killed is not there, and can be made again', { timeout: 60_000 }, async () => {
    await record(4000);
    for (const isFar of [() => drafts().length > 0, () => drafts().some((draft) => existsSync(join(here.project, draft, 'backup.db')))]) {
      const { child, ended } = here.start(['storage', 'backup', 'backup.db']);
      const before = drafts().length;
      await until(() => drafts().length > before && isFar());
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
      expect(existsSync(join(here.project, 'backup.db'))).toBe(false);
    }
    expect(await storage('backup', 'backup.db')).toMatchObject({ events: 16_000, exit: 0 });
  });

  test('a restore that is killed leaves the old journal or the new one, and can be made again', { timeout: 120_000 }, async () => {
    await record(3000);
    await storage('backup', 'backup.db');
    await record(1000);
    const seen = new Set<number>();
    for (const sign of ['restoring', 'restoring.*journal.db$', 'replaced', 'replaced.*journal.db$']) {
      const before = entries(sign).length;
      const { child, ended } = here.start(['storage', 'restore', '--replace', 'backup.db']);
      await until(() => entries(sign).length > before || child.exitCode !== null);
      child.kill('SIGKILL');
      await ended;
      const [ok, events] = await verified();
      expect(ok).toBe(true);
      seen.add(events);
    }
    expect([...seen].filter((events) => events !== 12_000 && events !== 16_000)).toEqual([]);
    expect(await storage('restore', '--replace', 'backup.db')).toMatchObject({ events: 12_000, exit: 0 });
  });
});

const drafts = (): string[] => readdirSync(here.project).filter((name) => name.startsWith('backup.db.part-'));
const entries = (sign: string): string[] => (readdirSync(dirname(file), { recursive: true }) as string[]).filter((name) => new RegExp(sign).test(name));

describe('a backend of a plugin', () => {
  test('is copied to, looked at, backed up and restored in the same way', async () => {
    await record(2);
    expect(await storage('copy', 'sqlite', 'lmdb:other')).toMatchObject({ to: { backend: 'lmdb' }, events: 8, exit: 0 });
    expect(await info('--storage', 'lmdb:other')).toMatchObject({ backend: 'lmdb', exists: true, format: 1, events: 8, runs: 2 });
    expect(await storage('backup', 'backup', '--storage', 'lmdb:other')).toMatchObject({ events: 8, exit: 0 });
    expect(await storage('restore', 'backup', '--storage', 'lmdb:third')).toMatchObject({ events: 8, exit: 0 });
    expect(await verified('--storage', 'lmdb:third')).toEqual([true, 8]);
  });

  test('says what it cannot do, and changes nothing', async () => {
    await record(2);
    await storage('copy', 'sqlite', 'lmdb:other');
    await storage('backup', 'backup', '--storage', 'lmdb:other');
    for (const words of [['compact'], ['restore', '--replace', 'backup']]) {
      expect(await storage(...words, '--storage', 'lmdb:other')).toMatchObject({ error: { code: 'TOKA_STORAGE_UNSUPPORTED' }, exit: 69 });
    }
    expect(await verified('--storage', 'lmdb:other')).toEqual([true, 8]);
  });
});

describe('compact', () => {
  test('gives space back, and says how much', async () => {
    await record(500);
    tamper(file, (db) => db.exec('CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob(4000000)); DROP TABLE ballast; PRAGMA wal_checkpoint(TRUNCATE)'));
    const { before, after, freed } = await storage('compact');
    expect(freed).toBe(before - after);
    expect(freed).toBeGreaterThan(3_900_000);
    expect(statSync(file).size).toBe(after);
    expect(await verified()).toEqual([true, 2000]);
  });
});

describe('migrate', () => {
  beforeEach(async () => {
    await record(2);
    makeFirstFormat(file);
  });

  test('says with --dry-run what it would do, and does nothing', async () => {
    const before = readFileSync(file);
    expect(await storage('migrate', '--dry-run')).toMatchObject({ schema: 'toka/storage-migrate/v1', from: 1, to: 3, events: 8, migrated: false, exit: 0 });
    expect(readFileSync(file)).toEqual(before);
    expect(await info()).toMatchObject({ format: 1, newestFormat: 3, events: 8 });
  });

  test('brings an older format to the present one, once', async () => {
    expect(await storage('migrate')).toMatchObject({ from: 1, to: 3, migrated: true });
    expect(await storage('migrate')).toMatchObject({ from: 3, to: 3, migrated: false });
    expect(await verified()).toEqual([true, 8]);
  });

  test('is not needed for a copy or a backup of it', async () => {
    const before = readFileSync(file);
    expect(await storage('copy', 'sqlite', 'sqlite:other')).toMatchObject({ events: 8, exit: 0 });
    expect(await storage('backup', 'backup.db')).toMatchObject({ events: 8, exit: 0 });
    mkdirSync(join(here.project, 'third'), { mode: 0o700 });
    copyFileSync(join(here.project, 'backup.db'), join(here.project, 'third/journal.db'));
    expect(await info('--storage', 'sqlite:third')).toMatchObject({ format: 3, events: 8 });
    expect(readFileSync(file)).toEqual(before);
  });
});
