import type { StorageTransaction } from '../storage.ts';
import { refused, same } from './expect.ts';
import { all, bytes, check, event, names, pause, type StorageCheck, textIn } from './storage-support.ts';

export const transactionChecks: readonly StorageCheck[] = [
  check('a transaction commits all that it writes, and gives what its work returns', async (storage) => {
    const result = await storage.transaction(async (own) => {
      await own.append('one', [event('a')], 0);
      await own.append('two', [event('b')], 0);
      await own.put('key', bytes('value'));
      return 'done';
    });
    same(result, 'done', 'the result');
    same(await all(storage), ['a', 'b'], 'its events');
    same(await textIn(storage.get('key')), 'value', 'its entry');
  }),
  check('of a transaction that throws nothing stays', async (storage) => {
    await storage.put('kept', bytes('before'));
    await storage.put('removed', bytes('before'));
    const failure = new Error('on purpose');
    let thrown: unknown;
    try {
      await storage.transaction(async (own) => {
        await own.append('one', [event('a', { key: 'k1' })], 0);
        await own.put('kept', bytes('after'));
        await own.put('new', bytes('after'));
        await own.remove('removed');
        throw failure;
      });
    } catch (error) {
      thrown = error;
    }
    same(thrown === failure, true, 'the error that comes out is its own');
    same(await all(storage), [], 'events');
    same(await Promise.all(['kept', 'new', 'removed'].map((key) => textIn(storage.get(key)))), ['before', undefined, 'before'], 'entries');
    same(await storage.append('one', [event('b', { key: 'k1' })], 0), { position: 1, version: 1, known: false }, 'the next append');
    same(await storage.ends(), { events: 1, nodes: 1 }, 'ends');
  }),
  check('a conflict in a transaction undoes all of it', async (storage) => {
    await storage.append('one', [event('a')], 0);
    const conflict = storage.transaction(async (own) => {
      await own.put('key', bytes('value'));
      await own.append('two', [event('b')], 0);
      await own.append('one', [event('c')], 0);
    });
    await refused('STORAGE_CONFLICT', () => conflict, 'the transaction');
    same(await all(storage), ['a'], 'events');
    same(await storage.get('key'), undefined, 'entry');
  }),
  check('a transaction whose work goes on after a refusal commits the rest, and nothing of what was refused', async (storage) => {
    await storage.append('one', [event('a', { key: 'k1' })], 0);
    await storage.transaction(async (own) => {
      await own.append('one', [event('b')], 1);
      await refused('STORAGE_CONFLICT', () => own.append('one', [event('x'), event('y')], 1), 'another version');
      await refused('STORAGE_CONFLICT', () => own.append('one', [event('x', { key: 'k2' }), event('a', { key: 'k1' })], 2), 'keys of which one is known');
      await refused('STORAGE_INVALID', () => own.append('one', [event('x', { hash: 'xy' })], 2), 'a hash that is not hex');
      await refused('STORAGE_INVALID', () => own.put('', bytes('value')), 'an empty key');
      await own.append('one', [event('c', { key: 'k2' })], 2);
      await own.put('key', bytes('value'));
    });
    same([await all(storage), await textIn(storage.get('key'))], [['a', 'b', 'c'], 'value'], 'what is stored');
    same(await storage.append('two', [event('d')], 0), { position: 4, version: 1, known: false }, 'the next append');
  }),
  check('a transaction sees what it has written', async (storage) => {
    await storage.put('p/old', bytes('1'));
    await storage.append('one', [event('a')], 0);
    await storage.transaction(async (own) => {
      await own.append('one', [event('b')], 1);
      await own.put('p/new', bytes('2'));
      await own.remove('p/old');
      same(names(await own.read('one', { limit: 9 })), ['a', 'b'], 'read');
      same(names(await own.readAll({ after: 1, limit: 9 })), ['b'], 'readAll');
      same(await own.ends(), { events: 2, nodes: 2 }, 'ends');
      same(await own.nodes([2]), [event('b').nodes], 'nodes');
      same([await textIn(own.get('p/new')), await own.get('p/old')], ['2', undefined], 'get');
      same((await own.list({ prefix: 'p/', limit: 9 })).map(({ key }) => key), ['p/new'], 'list');
      same(await own.count('p/'), 1, 'count');
      await refused('STORAGE_CONFLICT', () => own.append('one', [event('c')], 1), 'append');
    });
  }),
  check('what is not committed is not seen', async (storage) => {
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const running = storage.transaction(async (own) => {
      await own.append('one', [event('a')], 0);
      await own.put('key', bytes('value'));
      begun.resolve();
      await go.promise;
    });
    await begun.promise;
    try {
      // Reading may wait for the transaction; then it sees what was committed.
      const early = await Promise.race([Promise.all([storage.ends(), storage.get('key')]), pause(20)]);
      if (early) same(early, [{ events: 0, nodes: 0 }, undefined], 'before the commit');
    } finally {
      go.resolve();
      await running;
    }
    same(await storage.ends(), { events: 1, nodes: 1 }, 'after the commit');
  }),
  check('transactions come one after the other', async (storage) => {
    const count = async (own: StorageTransaction): Promise<void> => {
      const before = Number((await textIn(own.get('count'))) ?? 0);
      await Promise.resolve();
      await own.put('count', bytes(String(before + 1)));
      await own.append('one', [event(String(before + 1))], before);
    };
    await Promise.all(Array.from({ length: 20 }, () => storage.transaction(count)));
    same(await textIn(storage.get('count')), '20', 'the count');
    same(await all(storage), Array.from({ length: 20 }, (_, at) => String(at + 1)), 'the events');
  }),
  check('a transaction that failed does not hold up the next one', async (storage) => {
    const failing = storage.transaction(() => {
      throw new Error('on purpose');
    });
    const next = storage.append('one', [event('a')], 0);
    await failing.catch(() => {});
    same((await next).position, 1, 'the next one');
  }),
  check('a transaction that has ended cannot be used', async (storage) => {
    const kept = await storage.transaction((own) => [own]);
    for (const own of kept) await refused('STORAGE_CLOSED', () => own.put('key', bytes('late')), 'put');
    for (const own of kept) await refused('STORAGE_CLOSED', () => own.ends(), 'ends');
    same(await storage.get('key'), undefined, 'what is stored');
  }),
  check('a transaction that need not be durable commits as well', async (storage) => {
    await storage.transaction((own) => own.put('key', bytes('value')), { durable: false });
    same(await textIn(storage.get('key')), 'value', 'its entry');
    await storage.append('one', [event('a')], 0);
    same(await all(storage), ['a'], 'the next one');
  }),
  check('a snapshot sees one moment', async (storage) => {
    await storage.append('one', [event('a')], 0);
    await storage.put('key', bytes('before'));
    const later: Promise<unknown>[] = [];
    await storage.snapshot(async (reader) => {
      same(await reader.ends(), { events: 1, nodes: 1 }, 'ends');
      // May wait for the end of the snapshot.
      later.push(Promise.resolve(storage.append('one', [event('b')], 1)), Promise.resolve(storage.put('key', bytes('after'))));
      await pause(20);
      same(await reader.ends(), { events: 1, nodes: 1 }, 'ends once more');
      same(names(await reader.readAll({ limit: 9 })), ['a'], 'readAll');
      same(await textIn(reader.get('key')), 'before', 'get');
    });
    await Promise.all(later);
    same(await all(storage), ['a', 'b'], 'afterwards');
    same(await textIn(storage.get('key')), 'after', 'afterwards');
  }),
  check('a snapshot that has ended cannot be used, and gives what its work returns', async (storage) => {
    const [reader] = await storage.snapshot((own) => [own]);
    await refused('STORAGE_CLOSED', () => reader?.ends(), 'ends');
  }),
];
