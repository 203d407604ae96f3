import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { describe, expect, test } from 'vitest';
import { codeOf, event, makeFolder, openFor } from './fixtures.ts';

/** A storage that is closed, with some large and small records, and without free pages. */
async function makeSound(): Promise<string> {
  const folder = makeFolder();
  const storage = await openFor(join(folder, 'events'));
  for (let at = 0; at < 40; at++) {
    await storage.append(at % 2 === 0 ? 'one' : 'two', [event(at, 'x'.repeat(at % 10 === 0 ? 9000 : 300))], at >> 1);
    await storage.put(`entry/${at}`, Buffer.alloc(at * 20, at), ...(at % 3 === 0 ? [] : [at]));
  }
  const sound = join(folder, 'sound');
  await storage.backup(sound);
  await storage.close();
  return sound;
}

/** Changes what is stored behind the back of the backend. */
async function tamper(location: string, change: (database: { get(key: Buffer): Buffer | undefined; putSync(key: Buffer, value: Buffer): unknown; removeSync(key: Buffer): unknown }) => void): Promise<void> {
  const database = openLmdb<Buffer, Buffer>({ path: location, noSubdir: false, overlappingSync: false, encoding: 'binary', keyEncoding: 'binary' });
  change(database);
  await database.close();
}

function eventKey(position: number): Buffer {
  const key = Buffer.alloc(9, 0);
  key.write('e');
  key.writeUInt32BE(position, 5);
  return key;
}

describe('a data file that was cut off', () => {
  test.each([
    ['to nothing', () => 0],
    ['in its first header', () => 100],
    ['after its first header', () => 4096],
    ['in the middle', (size: number) => size / 2],
    ['in its last page', (size: number) => size - 1],
    ['by its last page', (size: number) => size - 4096],
  ])('%s is damaged, and left alone', async (_, cut) => {
    const sound = await makeSound();
    const file = join(sound, 'data.mdb');
    const left = Math.floor(cut(statSync(file).size));
    truncateSync(file, left);
    expect(await codeOf(() => openFor(sound))).toBe('STORAGE_DAMAGED');
    expect(await codeOf(() => openFor(sound, { readOnly: true }))).toBe('STORAGE_DAMAGED');
    expect(statSync(file).size).toBe(left);
  });

  test('that is something else is damaged', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'events'));
    writeFileSync(join(folder, 'events', 'data.mdb'), 'no database'.repeat(10_000));
    expect(await codeOf(() => openFor(join(folder, 'events')))).toBe('STORAGE_DAMAGED');
  });
});

test('a turned bit is found by the check or changes nothing, and never ends the check', { timeout: 300_000 }, async () => {
  const sound = await makeSound();
  const copy = join(makeFolder(), 'copy');
  const bits = statSync(join(sound, 'data.mdb')).size * 8;
  const outcomes = new Set<string>();
  for (let first = 0; first < bits; ) {
    const { stdout, status } = spawnSync(process.execPath, [join(import.meta.dirname, 'flipped.ts'), sound, copy, ...[first, bits, 9973].map(String)], { encoding: 'utf8' });
    const lines = stdout.split('\n');
    for (const line of lines.slice(0, -1)) outcomes.add(line.replace(/^\d+ /, ''));
    if (status === 0) break;
    // LMDB itself, which trusts its pages, has ended the process: not before the check has told.
    const [bit = '', checked] = (lines.at(-1) ?? '').split(' ');
    outcomes.add(`${checked} crash`);
    first = Number(bit) + 9973;
  }
  const allowed = ['checked same', 'found same', 'found WRONG', 'found crash', 'found STORAGE_DAMAGED', 'STORAGE_DAMAGED', 'STORAGE_UNAVAILABLE'];
  expect([...outcomes].filter((outcome) => !allowed.includes(outcome))).toEqual([]);
  expect([...outcomes]).toEqual(expect.arrayContaining(['checked same', 'found STORAGE_DAMAGED']));
});

describe('a record that was changed behind its back', () => {
  test('is damaged when it is read, and leaves the others readable', async () => {
    const sound = await makeSound();
    await tamper(sound, (database) => {
      const record = Buffer.from(database.get(eventKey(3)) ?? '');
      record[record.length - 5] = 0x7a;
      database.putSync(eventKey(3), record);
    });
    const storage = await openFor(sound);
    expect(await codeOf(async () => storage.readAll({ after: 2, limit: 1 }))).toBe('STORAGE_DAMAGED');
    expect(await storage.readAll({ after: 3, limit: 1 })).toHaveLength(1);
    expect(await storage.check()).toContain('checksum');
  });

  test('is damaged where it stands in the place of another', async () => {
    const sound = await makeSound();
    await tamper(sound, (database) => database.putSync(eventKey(3), Buffer.from(database.get(eventKey(5)) ?? '')));
    const storage = await openFor(sound);
    expect(await codeOf(async () => storage.readAll({ limit: 9 }))).toBe('STORAGE_DAMAGED');
  });
});

describe('an event that was taken out behind its back', () => {
  test('leaves a gap that readers see and the check names', async () => {
    const sound = await makeSound();
    await tamper(sound, (database) => database.removeSync(eventKey(3)));
    const storage = await openFor(sound);
    expect((await storage.readAll({ limit: 4 })).map(({ position }) => position)).toEqual([1, 2, 4, 5]);
    expect((await storage.read('one', { limit: 3 })).map(({ version }) => version)).toEqual([1, 3, 4]);
    expect(await storage.nodes([2, 3])).toEqual(['cdef', undefined]);
    expect(await storage.check()).toBe('the event 3 is missing');
    expect(await storage.append('one', [event(99)], 20)).toMatchObject({ position: 41, version: 21 });
  });

  test('never lets an append replace another event', async () => {
    const location = makeFolder();
    const [storage, other] = [await openFor(location), await openFor(location)];
    await storage.append('one', [event(1)], 0);
    await other.append('one', [event(2), event(3)], 1);
    await tamper(location, (database) => database.removeSync(eventKey(2)));
    const before = await storage.readAll({ limit: 9 });
    expect(await codeOf(() => storage.append('two', [event(4), event(5)], 0))).toBe('STORAGE_DAMAGED');
    expect(await storage.readAll({ limit: 9 })).toEqual(before);
  });

  test('at the end is named as well', async () => {
    const sound = await makeSound();
    await tamper(sound, (database) => database.removeSync(eventKey(40)));
    expect(await (await openFor(sound)).check()).toBe('a stream has an event that is missing');
  });
});

test('an event of 10 MB is kept', async () => {
  const storage = await openFor(makeFolder());
  const large = event(1, 'ä'.repeat(5_000_000));
  await storage.append('one', [large], 0);
  const [found] = await storage.read('one', { limit: 1 });
  expect(found?.body === large.body).toBe(true);
  expect(await storage.check()).toBe(undefined);
});

test('a clock that goes backwards changes neither the order nor what a query by time finds', async () => {
  const storage = await openFor(makeFolder());
  for (const [at, time] of [30, 10, 20].entries()) await storage.append('one', [{ ...event(at), time }], at);
  expect((await storage.readAll({ limit: 9 })).map(({ time }) => time)).toEqual([30, 10, 20]);
  expect((await storage.query({ from: 10, to: 30 }, { limit: 9 })).events.map(({ time }) => time)).toEqual([10, 20]);
});

test('a body that is no JSON meets no kind', async () => {
  const storage = await openFor(makeFolder());
  await storage.append('one', [{ ...event(1), body: '{"type":' }, event(2)], 0);
  expect((await storage.query({ kind: 'noted' }, { limit: 9 })).events).toHaveLength(1);
});

test('a copy of the data file alone is a storage', async () => {
  const [sound, folder] = [await makeSound(), makeFolder()];
  copyFileSync(join(sound, 'data.mdb'), join(folder, 'data.mdb'));
  expect(await (await openFor(folder)).ends()).toEqual({ events: 40, nodes: 40 });
});
