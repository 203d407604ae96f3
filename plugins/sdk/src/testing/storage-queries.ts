import type { EventFilter, StorageBackend } from '../storage.ts';
import { refused, same } from './expect.ts';
import { check, event, names, type StorageCheck } from './storage-support.ts';

async function fill(storage: StorageBackend): Promise<void> {
  await storage.append('one', [event('a', { time: 10, principal: 'ann' }), event('b', { time: 30, body: '{"type":"done","name":"b"}' })], 0);
  await storage.append('two', [event('c', { time: 20, principal: 'bob' })], 0);
  await storage.append('one', [event('d', { time: 40, principal: 'ann', body: '{"type":"done","name":"d","principal":"ann"}' })], 2);
}

async function ask(storage: StorageBackend, filter: EventFilter, order: 'oldest' | 'newest' = 'oldest'): Promise<string[]> {
  const { events } = await storage.query(filter, { limit: 100, order });
  return names(events);
}

/** All pages, of so many events each. */
async function pages(storage: StorageBackend, filter: EventFilter, order: 'oldest' | 'newest', between: (page: number) => Promise<void>): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await storage.query(filter, { limit: 2, order, ...(cursor === undefined ? {} : { cursor }) });
    found.push(names(page.events));
    ({ cursor } = page);
    if (found.length < 10) await between(found.length);
  } while (cursor !== undefined && found.length < 10);
  return found;
}

export const queryChecks: readonly StorageCheck[] = [
  check('a query without a filter gives all events', async (storage) => {
    await fill(storage);
    same(await ask(storage, {}), ['a', 'b', 'c', 'd'], 'oldest first');
    const { events } = await storage.query({}, { limit: 1 });
    same(events, await storage.readAll({ limit: 1 }), 'an event');
  }),
  check('a query can give the newest first', async (storage) => {
    await fill(storage);
    same(await ask(storage, {}, 'newest'), ['d', 'c', 'b', 'a'], 'newest first');
  }),
  check('events are queried by kind', async (storage) => {
    await fill(storage);
    same(await ask(storage, { kind: 'done' }), ['b', 'd'], 'done');
    same(await ask(storage, { kind: 'don' }), [], 'part of a kind');
  }),
  check('events are queried by principal', async (storage) => {
    await fill(storage);
    same(await ask(storage, { principal: 'ann' }), ['a', 'd'], 'ann');
  }),
  check('events are queried by a kind and a principal of whatever characters and length', async (storage) => {
    const texts = ['a\0b', 'a\0c', 'a', '"\\\n\u2028', '💶', 'x'.repeat(10_000), `${'x'.repeat(10_000)}y`];
    for (const [at, name] of texts.entries()) await storage.append(`s${at}`, [event(`n${at}`, { body: JSON.stringify({ type: name, name: `n${at}`, principal: name }) })], 0);
    for (const [at, name] of texts.entries()) {
      same(await ask(storage, { kind: name }), [`n${at}`], `kind ${at}`);
      same(await ask(storage, { principal: name }), [`n${at}`], `principal ${at}`);
    }
  }),
  check('events are queried by stream', async (storage) => {
    await fill(storage);
    same(await ask(storage, { stream: 'two' }), ['c'], 'two');
  }),
  check('events are queried by time, from and before', async (storage) => {
    await fill(storage);
    same(await ask(storage, { from: 20, to: 40 }), ['b', 'c'], '20 to 40');
    same(await ask(storage, { from: 31 }), ['d'], 'from 31');
  }),
  check('events must meet all of a filter', async (storage) => {
    await fill(storage);
    same(await ask(storage, { kind: 'done', principal: 'ann', stream: 'one', from: 0, to: 100 }), ['d'], 'all');
    same(await ask(storage, { kind: 'done', stream: 'two' }), [], 'none');
  }),
  check('events are queried by text, where that is declared', async (storage) => {
    await storage.append('one', [event('a Needle% here'), event('a needle'), event('hay')], 0);
    if (storage.supports.text) {
      same(await ask(storage, { text: 'Needle%' }), ['a Needle% here'], 'as it is written');
      same(await ask(storage, { text: 'e_d' }), [], 'no pattern');
    } else await refused('STORAGE_UNSUPPORTED', () => ask(storage, { text: 'Needle' }), 'a text');
  }),
  check('pages follow one another, whatever is appended meanwhile', async (storage) => {
    for (let at = 0; at < 5; at++) await storage.append(`s${at}`, [event(`n${at}`), event('other', { body: '{"type":"other","name":"other"}' })], 0);
    const add = async (page: number): Promise<void> => void (await storage.append(`later${page}`, [event(`later${page}`)], 0));
    same(await pages(storage, { kind: 'noted' }, 'newest', add), [['n4', 'n3'], ['n2', 'n1'], ['n0']], 'newest first');
    same(await pages(storage, { kind: 'noted', to: 1001, stream: 's1' }, 'oldest', async () => {}), [['n1']], 'one page');
  }),
  check('a cursor leads on from its page, also in the order of the record', async (storage) => {
    for (let at = 0; at < 4; at++) await storage.append(`s${at}`, [event(`n${at}`)], 0);
    const add = async (page: number): Promise<void> => void (page === 1 && (await storage.append('later', [event('later')], 0)));
    same(await pages(storage, {}, 'oldest', add), [['n0', 'n1'], ['n2', 'n3'], ['later']], 'oldest first');
  }),
  check('a cursor of another query is refused', async (storage) => {
    await fill(storage);
    const { cursor = '' } = await storage.query({ kind: 'done' }, { limit: 1 });
    await refused('STORAGE_CURSOR', () => storage.query({ kind: 'noted' }, { limit: 1, cursor }), 'another filter');
    await refused('STORAGE_CURSOR', () => storage.query({ kind: 'done' }, { limit: 1, cursor, order: 'newest' }), 'another order');
    for (const broken of ['', '1', `${cursor}0`, '-1.0', '__proto__', '9'.repeat(400)]) {
      await refused('STORAGE_CURSOR', () => storage.query({ kind: 'done' }, { limit: 1, cursor: broken }), JSON.stringify(broken));
    }
  }),
];
