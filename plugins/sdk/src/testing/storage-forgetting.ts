import type { StorageBackend, StorageEvent } from '../storage.ts';
import { refused, same } from './expect.ts';
import { all, bytes, check, event, type StorageCheck, textIn } from './storage-support.ts';

/** The body of an event that was forgotten. */
const EMPTY = '{}';

/** Three events of a stream between those of another. */
async function fill(storage: StorageBackend): Promise<void> {
  await storage.append('other', [event('x', { principal: 'me' })], 0);
  await storage.append('one', [event('a', { key: 'k1', time: 7, principal: 'me' }), event('b'), event('c', { principal: 'me' })], 0);
  await storage.append('other', [event('y')], 1);
}

const forgetting = (name: string, work: Parameters<typeof check>[1]): StorageCheck =>
  check(name, async (storage, open, place) => {
    await fill(storage);
    if (storage.supports.forget) await work(storage, open, place);
    else await refused('STORAGE_UNSUPPORTED', () => storage.forget('one', 2), 'forget');
  });

export const forgettingChecks: readonly StorageCheck[] = [
  forgetting('what is forgotten of a stream, where that is declared, is the body of its first events alone', async (storage) => {
    const before = await storage.readAll({ limit: 9 });
    const expected = before.map((one) => (one.stream === 'one' && one.version <= 2 ? { ...one, body: EMPTY } : one));
    await storage.forget('one', 2);
    await storage.forget('none', 2);
    await storage.forget('other', 0);
    same(await storage.readAll({ limit: 9 }), expected, 'readAll');
    same(await storage.read('one', { limit: 9 }), expected.filter(({ stream }) => stream === 'one'), 'read');
    same(await storage.ends(), { events: 5, nodes: 5 }, 'ends');
  }),
  forgetting('a stream of which something was forgotten, where that is declared, goes on, and knows its keys', async (storage) => {
    await storage.forget('one', 9);
    same(await storage.append('one', [event('a', { key: 'k1' })], 3), { position: 2, version: 1, known: true }, 'a known event');
    same(await storage.append('one', [event('d')], 3), { position: 6, version: 4, known: false }, 'a new one');
    same((await storage.read('one', { limit: 9 })).map(({ body }) => body === EMPTY), [true, true, true, false], 'which of them are forgotten');
  }),
  forgetting('no query finds what was forgotten, where that is declared, by its content', async (storage) => {
    const found = async (filter: Parameters<StorageBackend['query']>[0]): Promise<number[]> => (await storage.query(filter, { limit: 9 })).events.map(({ position }: StorageEvent) => position);
    await storage.forget('one', 2);
    same(await found({ kind: 'noted' }), [1, 4, 5], 'by kind');
    same(await found({ principal: 'me' }), [1, 4], 'by principal');
    same(await found({ stream: 'one' }), [2, 3, 4], 'by stream');
    if (storage.supports.text) same(await found({ text: 'noted' }), [1, 4, 5], 'by text');
  }),
  forgetting('what a transaction that throws has forgotten, where that is declared, stays', async (storage) => {
    const before = await storage.readAll({ limit: 9 });
    const failing = storage.transaction(async (own) => {
      await own.forget('one', 3);
      same((await own.read('one', { limit: 9 })).map(({ body }) => body), [EMPTY, EMPTY, EMPTY], 'what it sees itself');
      throw new Error('on purpose');
    });
    same(await failing.catch(String), 'Error: on purpose', 'what it throws');
    same(await storage.readAll({ limit: 9 }), before, 'afterwards');
  }),
  forgetting('a transaction forgets, where that is declared, together with all else that it does', async (storage, open) => {
    await storage.put('key', bytes('before'));
    await storage.transaction(async (own) => {
      await own.forget('one', 3);
      await own.append('one', [event('d')], 3);
      await own.remove('key');
    });
    const again = storage.supports.durable ? await reopened(storage, open) : storage;
    same((await again.read('one', { limit: 9 })).map(({ body }) => body), [EMPTY, EMPTY, EMPTY, event('d').body], 'the stream');
    same(await textIn(again.get('key')), undefined, 'the entry');
    same((await all(again)).filter((name) => name !== undefined), ['x', 'y', 'd'], 'all that is left');
  }),
];

async function reopened(storage: StorageBackend, open: () => Promise<StorageBackend>): Promise<StorageBackend> {
  await storage.close();
  return open();
}
