import { readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { hexDigest as digest } from '../../src/digest.ts';
import { createKeeper } from '../../src/journal/blobs.ts';
import type { RunEvent } from '../../src/journal/events.ts';
import { thisProcess } from '../../src/journal/process.ts';
import { codeOf, FINISHED, makeFolder, makeJournal, nextId, openFor, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';

test('what was appended is read back, by this process and after a new start', async () => {
  const { journal, file } = await makeJournal(() => 1_700_000_000_123.9);
  const run = nextId();
  const stored = [...(await journal.append(run, [REQUESTED, STARTED], 0)), ...(await journal.append(run, [OUTPUT, FINISHED], 2))];
  expect(stored.map(({ seq, time, event }) => ({ seq, time, event }))).toEqual(
    WHOLE_RUN.map((event, index) => ({ seq: index + 1, time: 1_700_000_000_123, event })),
  );
  expect(await journal.read(run)).toEqual(stored);
  await journal.close();
  expect(await (await openFor(file)).read(run)).toEqual(stored);
});

test('an append with another number of events than there are stores nothing', async () => {
  const { journal } = await makeJournal();
  const run = nextId();
  await journal.append(run, [REQUESTED], 0);
  expect(await codeOf(() => journal.append(run, [REQUESTED], 0))).toBe('TOKA_EVENT_CONFLICT');
  expect(await codeOf(() => journal.append(run, [STARTED], 2))).toBe('TOKA_EVENT_CONFLICT');
  expect(await journal.read(run)).toHaveLength(1);
});

test('of two processes that continue the same run one is refused', async () => {
  const { journal, file } = await makeJournal();
  const other = await openFor(file);
  const run = nextId();
  await journal.append(run, [REQUESTED], 0);
  await other.append(run, [STARTED], 1);
  expect(await codeOf(() => journal.append(run, [STARTED], 1))).toBe('TOKA_EVENT_CONFLICT');
});

test.each<[string, readonly RunEvent[], string]>([
  ['an event that cannot come next', [REQUESTED, STARTED, STARTED], 'TOKA_EVENT_ILLEGAL'],
  ['an event outside its limits', [REQUESTED, { ...STARTED, planDigest: 'x' }], 'TOKA_EVENT_INVALID'],
  ['no event at all', [], 'TOKA_EVENT_INVALID'],
  ['a blob that is nowhere', [REQUESTED, STARTED, { ...OUTPUT, kept: { blob: 'a'.repeat(64), bytes: 1 } }], 'TOKA_EVENT_INVALID'],
])('with %s nothing of the whole append is stored, and the journal goes on', async (_, events, code) => {
  const { journal } = await makeJournal();
  const run = nextId();
  expect(await codeOf(() => journal.append(run, events, 0))).toBe(code);
  expect(await codeOf(() => journal.read(run))).toBe('TOKA_RUN_UNKNOWN');
  await journal.append(run, WHOLE_RUN, 0);
  expect(await journal.verify()).toMatchObject({ ok: true, events: 4 });
});

test('a blob comes back as it was, is stored once, and may be named again without its bytes', async () => {
  const { journal } = await makeJournal();
  const keeper = createKeeper();
  const bytes = Buffer.alloc(3_000_000, 7);
  const output: RunEvent = { ...OUTPUT, kept: keeper.output(bytes), bytes: bytes.length };
  await journal.append(nextId(), [REQUESTED, STARTED, output], 0, keeper.blobs);
  await journal.append(nextId(), [REQUESTED, STARTED, output], 0);
  expect(Buffer.from(await journal.blob(digest(bytes))).equals(bytes)).toBe(true);
  expect(await journal.verify()).toMatchObject({ ok: true, events: 6 });
});

test('a blob that no event names, or under the wrong name, is refused', async () => {
  const { journal } = await makeJournal();
  const bytes = Buffer.from('x');
  expect(await codeOf(() => journal.append(nextId(), [REQUESTED], 0, new Map([[digest(bytes), bytes]])))).toBe('TOKA_EVENT_INVALID');
  const named: RunEvent = { ...REQUESTED, params: { blob: 'b'.repeat(64), bytes: 1 } };
  expect(await codeOf(() => journal.append(nextId(), [named], 0, new Map([['b'.repeat(64), bytes]])))).toBe('TOKA_EVENT_INVALID');
  expect(await codeOf(() => journal.blob(digest(bytes)))).toBe('TOKA_INTEGRITY');
});

test('runs are listed newest first, page by page', async () => {
  const { journal } = await makeJournal();
  const ids = Array.from({ length: 7 }, nextId);
  for (const id of ids) await journal.append(id, WHOLE_RUN, 0);
  const first = (await journal.runs({ limit: 4 })).map(({ id }) => id);
  const second = (await journal.runs({ limit: 4, before: first.at(-1) ?? '' })).map(({ id }) => id);
  expect([...first, ...second]).toEqual(ids.toReversed());
});

test('runs are filtered by tool, status and parent', async () => {
  const { journal } = await makeJournal();
  const [parent, child, failed] = [nextId(), nextId(), nextId()];
  await journal.append(parent, WHOLE_RUN, 0);
  await journal.append(child, [{ ...REQUESTED, parent, tool: 'checks/link-validator' }, STARTED, FINISHED], 0);
  await journal.append(
    failed,
    [REQUESTED, STARTED, { ...FINISHED, status: 'failed', exitCode: 3, error: { code: 'TOKA_RUN_FAILED', message: 'no' } }],
    0,
  );
  const ids = async (filter: object): Promise<string[]> => (await journal.runs({ limit: 10, ...filter })).map(({ id }) => id);
  expect(await ids({ tool: 'checks/link-validator' })).toEqual([child]);
  expect(await ids({ status: 'failed' })).toEqual([failed]);
  expect(await ids({ parent })).toEqual([child]);
  expect(await ids({ parent, status: 'failed' })).toEqual([]);
  expect((await journal.children(parent)).map(({ id }) => id)).toEqual([child]);
  expect(await journal.runs({ limit: 0 })).toEqual([]);
  expect((await journal.runs({ limit: 1 }))[0]).toMatchObject({
    id: failed,
    events: 3,
    status: 'failed',
    exitCode: 3,
    errorCode: 'TOKA_RUN_FAILED',
  });
});

test('a run without an outcome is interrupted once its process is gone, and running before', async () => {
  const { journal } = await makeJournal();
  const [gone, alive] = [nextId(), nextId()];
  const { start: _, ...identity } = thisProcess();
  await journal.append(gone, [{ ...REQUESTED, process: { ...identity, pid: 2 ** 30 } }, STARTED], 0);
  await journal.append(alive, [{ ...REQUESTED, process: thisProcess() }, STARTED], 0);
  expect((await journal.runs({ limit: 9, status: 'running' })).map(({ id }) => id)).toEqual([alive]);
  expect((await journal.runs({ limit: 9, status: 'interrupted' })).map(({ id }) => id)).toEqual([gone]);
});

test('a run is found by the beginning of its id', async () => {
  const { journal } = await makeJournal();
  const [a, b] = ['0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f', '0198c3a2-8000-7c41-9d0e-5a4b3c2d1e0f'] as const;
  for (const id of [a, b]) await journal.append(id, [REQUESTED], 0);
  expect(await journal.findRun('0198c3a2-7')).toBe(a);
  expect(await journal.findRun('0198C3A2-8000')).toBe(b);
  expect(await journal.findRun(a)).toBe(a);
  expect(await codeOf(() => journal.findRun('0198c3a2'))).toBe('TOKA_RUN_UNKNOWN');
  for (const prefix of ['', '0299', '%', '0198c3a2_', `${a}0`]) expect(await codeOf(() => journal.findRun(prefix))).toBe('TOKA_RUN_UNKNOWN');
});

test('the candidates of an ambiguous beginning are named', async () => {
  const { journal } = await makeJournal();
  const ids = Array.from({ length: 3 }, nextId);
  for (const id of ids) await journal.append(id, [REQUESTED], 0);
  await expect(journal.findRun('0')).rejects.toThrow(expect.objectContaining({ code: 'TOKA_RUN_UNKNOWN', data: { candidates: ids } }));
});

test('nothing of an unknown run is read', async () => {
  const { journal } = await makeJournal();
  expect(await codeOf(() => journal.read(nextId()))).toBe('TOKA_RUN_UNKNOWN');
});

test('a reader without a file sees an empty journal and makes nothing', async () => {
  const folder = makeFolder();
  const journal = await openFor(`${folder}/.toka/state/journal.db`, { readOnly: true });
  expect(await journal.runs({ limit: 5 })).toEqual([]);
  expect(await journal.verify()).toMatchObject({ ok: true, events: 0 });
  expect(await codeOf(() => journal.append(nextId(), WHOLE_RUN, 0))).toBe('TOKA_STATE_UNAVAILABLE');
  expect(readdirSync(folder)).toEqual([]);
});

test('a reader reads while another writes, and cannot write', async () => {
  const { journal, file } = await makeJournal();
  const run = nextId();
  await journal.append(run, [REQUESTED], 0);
  const reader = await openFor(file, { readOnly: true });
  await journal.append(run, [STARTED], 1);
  expect(await reader.read(run)).toHaveLength(2);
  expect(await codeOf(() => reader.append(nextId(), WHOLE_RUN, 0))).toBe('TOKA_STATE_UNAVAILABLE');
});

test.skipIf(process.platform === 'win32')('only the user may look into the folder and the files', async () => {
  const { journal, file } = await makeJournal();
  await journal.append(nextId(), WHOLE_RUN, 0);
  const mode = (path: string): number => statSync(path).mode & 0o777;
  expect(mode(dirname(file))).toBe(0o700);
  expect(['', '-wal', '-shm'].map((suffix) => mode(file + suffix))).toEqual([0o600, 0o600, 0o600]);
});
