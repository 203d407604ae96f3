import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findStorage } from '../../src/journal/backends.ts';
import { type Journal, openJournal } from '../../src/journal/journal.ts';
import { codeOf, FINISHED, makeFolder, makeJournal, nextId, openFor, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';

const PLUGINS = [join(import.meta.dirname, '../../plugins/lmdb/package.json')];

/** A new journal of a backend, whose clock says these times one after the other, and then the last one. */
async function makeFor(backend: string, times: readonly number[] = [1000]): Promise<Journal> {
  let asked = 0;
  const now = (): number => times[Math.min(asked++, times.length - 1)] ?? 0;
  const journal = await openJournal(join(makeFolder(), 'state', 'journal'), { clock: { now }, storage: findStorage(backend, PLUGINS) });
  onTestFinished(() => journal.close());
  return journal;
}

describe.each(['sqlite', 'memory', 'lmdb'])('the journal in %s', (backend) => {
  test('refuses an event of 10 MB, and keeps what was there', async () => {
    const journal = await makeFor(backend);
    const run = nextId();
    await journal.append(run, [REQUESTED, STARTED], 0);
    const huge = { ...FINISHED, data: { inline: 'x'.repeat(10_000_000) } };
    expect(await codeOf(() => journal.append(run, [huge], 2))).toBe('TOKA_EVENT_INVALID');
    expect(await codeOf(() => journal.append(nextId(), [REQUESTED, huge], 0))).toBe('TOKA_EVENT_INVALID');
    await journal.append(run, [FINISHED], 2);
    expect(await journal.verify()).toMatchObject({ ok: true, events: 3 });
  });

  test('keeps the order in which events were recorded where the clock goes backwards', async () => {
    const journal = await makeFor(backend, [5000, 3000, 1000]);
    const [one, other] = [nextId(), nextId()];
    await journal.append(one, [REQUESTED, STARTED], 0);
    await journal.append(other, WHOLE_RUN, 0);
    await journal.append(one, [OUTPUT, FINISHED], 2);
    expect((await journal.read(one)).map(({ time }) => time)).toEqual([5000, 5000, 1000, 1000]);
    expect(await journal.verify()).toMatchObject({ ok: true, events: 4 + WHOLE_RUN.length });
    expect((await journal.run(one)).status).toBe('succeeded');
    const early: number[] = [];
    for await (const { position } of journal.feed.find({ from: 2000 }, 'oldest')) early.push(position);
    expect(early).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test('a stream with a gap is damaged, and the others can be read', async () => {
  const { journal, file } = await makeJournal();
  const [one, other] = [nextId(), nextId()];
  await journal.append(one, WHOLE_RUN, 0);
  await journal.append(other, WHOLE_RUN, 0);
  await journal.close();
  const db = new DatabaseSync(file);
  db.exec('DELETE FROM events WHERE position = 2');
  db.close();
  const again = await openFor(file);
  expect(await codeOf(() => again.read(one))).toBe('TOKA_INTEGRITY');
  expect(await codeOf(() => again.feed.read(0, 4).next())).toBe('TOKA_INTEGRITY');
  expect(await again.read(other)).toHaveLength(WHOLE_RUN.length);
  expect((await again.verify()).findings).toContainEqual(expect.objectContaining({ why: 'missing', position: 2, run: one }));
});

test('a lock that a dead process has held keeps nobody out, and nothing of its transaction stays', async () => {
  const { journal, file } = await makeJournal();
  await journal.append(nextId(), WHOLE_RUN, 0);
  const script = `
    const db = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
    db.exec("BEGIN IMMEDIATE; INSERT INTO entries (key, value) VALUES ('half', x'00')");
    require('node:fs').writeSync(1, 'holds');
    setInterval(() => {}, 1e6);`;
  const holder: ChildProcess = spawn(process.execPath, ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout ?? holder, 'data');
  holder.kill('SIGKILL');
  await once(holder, 'close');
  await journal.append(nextId(), WHOLE_RUN, 0);
  expect(await journal.verify()).toMatchObject({ ok: true, events: 2 * WHOLE_RUN.length, findings: [] });
});
