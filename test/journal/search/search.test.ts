import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { JsonValue, StorageBackend } from '@toka/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { createKeeper } from '../../../src/journal/blobs.ts';
import type { RunEvent } from '../../../src/journal/events.ts';
import { type Journal, journalOn } from '../../../src/journal/journal.ts';
import { parseQuery } from '../../../src/journal/search/query.ts';
import { forgetText } from '../../../src/journal/search/forget.ts';
import { runKey } from '../../../src/journal/keys.ts';
import { memoryStorage } from '../../../src/journal/memory.ts';
import { sqliteStorage } from '../../../src/journal/sqlite/storage.ts';
import { FINISHED, journalIn, makeFolder, makeJournal, nextId, openFor, OUTPUT, REQUESTED, STARTED } from '../fixtures.ts';

async function add(journal: Journal, { output = '', ...more }: { readonly output?: string; readonly requested?: object; readonly finished?: object; readonly started?: object } = {}): Promise<string> {
  const run = nextId();
  const keeper = createKeeper();
  const events: RunEvent[] = [{ ...REQUESTED, ...more.requested }, { ...STARTED, ...more.started }, { ...OUTPUT, kept: keeper.output(Buffer.from(output)) }, { ...FINISHED, ...more.finished }];
  await journal.append(run, events, 0, keeper.blobs);
  return run;
}

async function find(journal: Journal, text: string): Promise<string[]> {
  const { runs } = await (await journal.search()).find(parseQuery(text), { limit: 100 });
  return runs.map(({ run }) => run.id).toSorted();
}

async function catchUp(journal: Journal): Promise<void> {
  await (await journal.search()).catchUp(() => {});
}

async function onSqlite(): Promise<{ journal: Journal; storage: StorageBackend; location: string }> {
  const location = journalIn(makeFolder());
  const storage = await sqliteStorage.open({ location });
  onTestFinished(async () => storage.close());
  return { journal: journalOn(storage, location, { now: () => 1 }), storage, location };
}

test('a run is found by tool, parameters, command, output, error and data', async () => {
  const { journal } = await makeJournal();
  const run = await add(journal, {
    requested: { tool: 'deploy/site', params: { inline: { target: { region: 'Frankfurt' }, list: ['a\nb'] } } },
    started: { command: ['rsync', '--archive'] },
    output: '\u001b[31mPermission\u001b[0m denied',
    finished: { status: 'failed', error: { code: 'TOKA_RUN_FAILED', message: 'the server hung up', hint: 'call somebody' }, data: { inline: { verdict: 'lost' } } },
  });
  await add(journal, { output: 'nothing of that' });
  await catchUp(journal);
  for (const text of ['deploy/site', 'frankfurt', 'region', 'archive', 'permission', 'TOKA_RUN_FAILED', '"hung up"', 'somebody', 'lost', 'b']) expect([text, await find(journal, text)]).toEqual([text, [run]]);
  expect(await find(journal, '31mPermission')).toEqual([]);
  expect(await find(journal, 'nb')).toEqual([]);
});

test('of large output its beginning and its end are found', async () => {
  const { journal } = await makeJournal();
  const run = await add(journal, { output: `first ${'line '.repeat(20_000)} middle ${'line '.repeat(20_000)} last` });
  await catchUp(journal);
  expect([await find(journal, 'first'), await find(journal, 'middle'), await find(journal, 'last')]).toEqual([[run], [], [run]]);
});

test('a run with a value as deep as JSON bears, or with as many members, keeps nothing from being found', async () => {
  const { journal } = await makeJournal();
  let deep: JsonValue = 'bottom';
  for (let depth = 0; depth < 3000; depth++) deep = [deep];
  const many = [...Array.from({ length: 200_000 }, (_, at) => at), 'last'];
  const runs: string[] = [];
  for (const data of [deep, many]) {
    const keeper = createKeeper();
    const run = nextId();
    await journal.append(run, [REQUESTED, STARTED, { ...FINISHED, data: keeper.json(data) }], 0, keeper.blobs);
    runs.push(run);
  }
  await catchUp(journal);
  expect([await find(journal, 'bottom'), await find(journal, 'last')]).toEqual([[runs[0]], [runs[1]]]);
});

test('what is made anew meanwhile is not taken for what was there', async () => {
  const { journal } = await makeJournal();
  const first = nextId();
  await journal.append(first, [{ ...REQUESTED, tool: 'project/first' }, STARTED, FINISHED], 0);
  await journal.commit(async (commit) => {
    for (let at = 0; at < 200; at++) await commit.append(nextId(), [REQUESTED, STARTED, FINISHED], 0);
  });
  const search = await journal.search();
  let cleared: Promise<void> | undefined;
  await search.catchUp((done) => {
    if (done > 0) cleared ??= search.clear();
  });
  await cleared;
  expect(await find(journal, 'first')).toEqual([first]);
});

test('where the words are damaged it is said how they are made anew, and nothing else is given up', async () => {
  const { journal, location } = await onSqlite();
  const run = await add(journal, { output: 'word' });
  await catchUp(journal);
  const db = new DatabaseSync(location, { defensive: false });
  db.exec("UPDATE document_words_data SET block = x'00112233445566778899' WHERE id > 100");
  db.close();
  const remedy = { code: 'TOKA_INTEGRITY', hint: expect.stringContaining('toka runs search WORD --rebuild') };
  await expect(find(journal, 'word')).rejects.toMatchObject(remedy);
  await expect(journal.verify()).rejects.toMatchObject(remedy);
  await (await journal.search()).clear();
  await catchUp(journal);
  expect([await find(journal, 'word'), (await journal.verify()).ok]).toEqual([[run], true]);
});

test('what came since is not searched before it is taken up, and told of', async () => {
  const { journal } = await makeJournal();
  const one = await add(journal, { output: 'word' });
  await catchUp(journal);
  const two = await add(journal, { output: 'word' });
  const search = await journal.search();
  expect(await search.find(parseQuery('word'), { limit: 9 })).toMatchObject({ runs: [{ run: { id: one } }], pending: 4 });
  await catchUp(journal);
  expect(await find(journal, 'word')).toEqual([one, two]);
});

test('a run that goes on is found by what it says later', async () => {
  const { journal } = await makeJournal();
  const run = nextId();
  await journal.append(run, [REQUESTED, STARTED], 0);
  await catchUp(journal);
  await journal.append(run, [{ ...OUTPUT, kept: { inline: 'later' } }, FINISHED], 2);
  await catchUp(journal);
  expect(await find(journal, 'later "README md"')).toEqual([run]);
});

test('recording makes nothing of it, and a journal that nobody searches stays as it is', async () => {
  const { journal, file } = await makeJournal();
  await add(journal, { output: 'word' });
  const db = new DatabaseSync(file, { readOnly: true });
  const tables = (): unknown[] => db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'document%' AND type = 'table' ORDER BY name").all().map(({ name }) => name);
  expect(tables()).toEqual([]);
  expect(await find(journal, 'word')).toEqual([]);
  expect(tables()).toEqual([]);
  await catchUp(journal);
  expect(tables()).toContain('document_words');
  db.close();
});

test('several that take up at once, while another one records, leave nothing out and nothing twice', async () => {
  const { journal, file } = await makeJournal();
  const expected: string[] = [];
  for (let at = 0; at < 300; at++) expected.push(await add(journal, { output: `word number${at}` }));
  const others = await Promise.all([openFor(file), openFor(file)]);
  await Promise.all([...others.map(catchUp), (async () => expected.push(await add(journal, { output: 'word late' })))()]);
  await catchUp(journal);
  const { runs } = await (await journal.search()).find(parseQuery('word'), { limit: 1000 });
  expect(runs.map(({ run }) => run.id).toSorted()).toEqual(expected.toSorted());
  expect(await find(journal, 'number299')).toHaveLength(1);
});

test('what was taken out is not found, nor is anything left of it', async () => {
  const { journal, storage } = await onSqlite();
  const [one, two] = [await add(journal, { output: 'word' }), await add(journal, { output: 'word' })];
  await catchUp(journal);
  await storage.transaction(async (transaction) => {
    await forgetText(transaction, one);
    await transaction.remove(runKey(one));
  });
  expect(await find(journal, 'word')).toEqual([two]);
  expect((await storage.search([{ text: 'word' }], { limit: 9 })).hits.map(({ id }) => id)).toEqual([two]);
});

test.each([
  ['taken out', undefined],
  ['changed', '{"head":4,"hash":"","state":{"status":"running"}}'],
])('a run that is %s after it was read, and before its words are stored, leaves none', async (_, summary) => {
  const { journal, storage, location } = await onSqlite();
  const run = await add(journal, { output: 'word' });
  let transactions = 0;
  const overtaken: StorageBackend = {
    ...storage,
    async transaction(work, options) {
      transactions += 1;
      // The first asks how far the documents are, the second stores what was read since.
      if (transactions === 2) await (summary === undefined ? storage.remove(runKey(run)) : storage.put(runKey(run), Buffer.from(summary)));
      return storage.transaction(work, options);
    },
  };
  await catchUp(journalOn(overtaken, location, { now: () => 1 }));
  expect(transactions).toBe(2);
  expect((await storage.search([{ text: 'word' }], { limit: 9 })).hits).toEqual([]);
});

test('a pruned run is not found, nor is a word of it left, and it is not taken for damaged', async () => {
  const { journal, storage } = await onSqlite();
  const [one, two] = [await add(journal, { output: 'word' }), await add(journal, { output: 'word' })];
  await catchUp(journal);
  await journal.prune([one], { rule: 'by hand', by: 'user', toka: '0.1.0' });
  expect((await storage.search([{ text: 'word' }], { limit: 9 })).hits.map(({ id }) => id)).toEqual([two]);
  expect(await (await journal.search()).catchUp(() => {})).toEqual({ unreadable: 0 });
  expect([await find(journal, 'word'), (await storage.search([{ text: 'reader' }], { limit: 9 })).hits.length]).toEqual([[two], 1]);
});

test('documents of another version are taken up anew', async () => {
  const storage = await memoryStorage.open({ location: '' });
  const journal = journalOn(storage, 'memory', { now: () => 1 });
  const run = await add(journal, { output: 'word' });
  await storage.transaction(async ({ documents }) => {
    await documents?.put('stale', 'word');
    await documents?.mark('0:4');
  });
  await catchUp(journal);
  expect((await storage.search([{ text: 'word' }], { limit: 9 })).hits.map(({ id }) => id)).toEqual([run]);
});

test('a damaged run is left out and counted, and the others are found', async () => {
  const { journal, file } = await makeJournal();
  const damaged = await add(journal, { output: 'word' });
  const sound = await add(journal, { output: 'word' });
  const db = new DatabaseSync(file);
  db.prepare("UPDATE events SET body = '{}' WHERE run = ? AND seq = 3").run(damaged);
  db.close();
  expect(await (await journal.search()).catchUp(() => {})).toEqual({ unreadable: 1 });
  expect(await find(journal, 'word')).toEqual([sound]);
});

test('who may only read searches what was taken up', async () => {
  const { journal, file } = await makeJournal();
  const run = await add(journal, { output: 'word' });
  await catchUp(journal);
  await add(journal, { output: 'word' });
  const reader = await openFor(file, { readOnly: true });
  expect(await (await reader.search()).find(parseQuery('word'), { limit: 9 })).toMatchObject({ runs: [{ run: { id: run } }], pending: 4 });
  await expect((await reader.search()).catchUp(() => {})).rejects.toMatchObject({ code: 'TOKA_STATE_UNAVAILABLE' });
});

test('tables that are not exactly those of the words are refused', async () => {
  const { journal, file } = await makeJournal();
  await add(journal, { output: 'word' });
  await catchUp(journal);
  const db = new DatabaseSync(file);
  db.exec('DROP TABLE document_mark; CREATE TABLE document_mark (mark TEXT)');
  db.close();
  await expect(openFor(file)).rejects.toMatchObject({ code: 'TOKA_INTEGRITY' });
});

test('compacting leaves no word of what was removed in the file', async () => {
  const location = journalIn(makeFolder());
  const storage = await sqliteStorage.open({ location });
  await storage.transaction(async ({ documents }) => {
    await documents?.put('a', 'xylophone');
    await documents?.put('b', 'other');
  });
  await storage.transaction(async ({ documents }) => documents?.remove('a'));
  await storage.compact();
  await storage.close();
  expect([readFileSync(location).includes('xylophone'), readFileSync(location).includes('other')]).toEqual([false, true]);
});

test('a damaged index is told as damage, and can be taken up anew', async () => {
  const { journal, file } = await makeJournal();
  const run = await add(journal, { output: 'word' });
  await catchUp(journal);
  const db = new DatabaseSync(file, { defensive: false });
  db.prepare("DELETE FROM document_words_data WHERE id > 10").run();
  db.close();
  await expect(find(journal, 'word')).rejects.toMatchObject({ code: 'TOKA_INTEGRITY' });
  await (await journal.search()).clear();
  await catchUp(journal);
  expect(await find(journal, 'word')).toEqual([run]);
});
