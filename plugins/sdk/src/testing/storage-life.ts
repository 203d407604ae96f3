import { refused, same } from './expect.ts';
import { all, bytes, check, event, pause, type StorageCheck, textIn, unopened } from './storage-support.ts';

export const lifeChecks: readonly StorageCheck[] = [
  check('what was acknowledged is there when it is opened again, where that is declared', async (storage, open) => {
    if (!storage.supports.durable) return;
    const added = event('a', { key: 'k1' });
    await storage.append('one', [added], 0);
    await storage.put('key', bytes('value'), 1000);
    await storage.close();
    const again = await open();
    same(await again.readAll({ limit: 9 }), [{ ...added, stream: 'one', version: 1, position: 1 }], 'events');
    same(await again.append('one', [added], 0), { position: 1, version: 1, known: true }, 'keys of events');
    same([await textIn(again.get('key')), (await again.list({ prefix: '', limit: 1 }))[0]?.until], ['value', 1000], 'entries');
  }),
  check('several may write at once where that is declared, and their transactions come one after the other', async (storage, open) => {
    if (!storage.supports.processes) return;
    const others = [storage, await open(), await open()];
    const add = async (own: typeof storage, at: number): Promise<void> => {
      for (let item = 0; item < 10; item++) {
        await own.transaction(async (transaction) => {
          const before = Number((await textIn(transaction.get('count'))) ?? 0);
          await transaction.put('count', bytes(String(before + 1)));
          await transaction.append(`s${at}`, [event(`${at}/${item}`)], item);
        });
      }
    };
    await Promise.all(others.map(add));
    same(await textIn(storage.get('count')), '30', 'the count');
    const events = await storage.readAll({ limit: 100 });
    same(events.map(({ position }) => position), Array.from({ length: 30 }, (_, at) => at + 1), 'the positions');
    await refused('STORAGE_CONFLICT', () => others[1]?.append('s0', [event('x')], 0), 'a version that another one has taken');
  }),
  check('opened twice where several processes are not declared, it is refused or another one', async (storage, open) => {
    if (storage.supports.processes) return;
    await storage.append('one', [event('a')], 0);
    if (storage.supports.durable) await refused('STORAGE_UNAVAILABLE', () => open(), 'the second');
    else same(await all(await open()), [], 'the second');
  }),
  check('who opens it to read changes nothing', async (storage, open) => {
    await storage.append('one', [event('a')], 0);
    await storage.close();
    const reader = await open({ readOnly: true });
    if (storage.supports.durable) same(await all(reader), ['a'], 'what it reads');
    await refused('STORAGE_READ_ONLY', () => reader.append('one', [event('b')], 1), 'append');
    await refused('STORAGE_READ_ONLY', () => reader.put('key', bytes('value')), 'put');
    await refused('STORAGE_READ_ONLY', () => reader.transaction(() => {}), 'transaction');
    same(await reader.snapshot((own) => own.get('key')), undefined, 'snapshot');
  }),
  check('who opens it to read where nothing is finds it empty', async (storage, open) => {
    await storage.close();
    const reader = await open({ readOnly: true });
    same(await reader.ends(), { events: 0, nodes: 0 }, 'ends');
  }),
  unopened('who opens it to read where nothing ever was finds it empty, and makes nothing', async (open) => {
    const reader = await open({ readOnly: true });
    same([await reader.ends(), await reader.readAll({ limit: 9 }), await reader.nodes([1])], [{ events: 0, nodes: 0 }, [], [undefined]], 'events');
    same([await reader.get('key'), await reader.list({ prefix: '', limit: 9 }), await reader.count('')], [undefined, [], 0], 'entries');
    same([await reader.query({}, { limit: 9 }), await reader.snapshot((own) => own.read('one', { limit: 9 }))], [{ events: [] }, []], 'a query, and a snapshot');
    await refused('STORAGE_READ_ONLY', () => reader.append('one', [event('a')], 0), 'append');
    await reader.close();
    const other = await open({ readOnly: true });
    same(await other.ends(), { events: 0, nodes: 0 }, 'who comes next');
    await other.close();
    const writer = await open();
    same(await writer.append('one', [event('a')], 0), { position: 1, version: 1, known: false }, 'who writes then');
  }),
  check('closing lets what was asked before come to its end', async (storage, open) => {
    const begun = Promise.withResolvers<void>();
    const asked: Promise<unknown>[] = [
      storage.transaction(async (own) => {
        await own.append('one', [event('a')], 0);
        begun.resolve();
        await pause(20);
        await own.append('one', [event('b')], 1);
      }),
      Promise.resolve(storage.append('two', [event('c')], 0)),
      Promise.resolve(storage.put('key', bytes('value'))),
    ];
    await begun.promise;
    const closing = storage.close();
    await refused('STORAGE_CLOSED', () => storage.append('two', [event('d')], 1), 'what is asked after');
    same((await Promise.allSettled(asked)).map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled'], 'what was asked before');
    await closing;
    if (!storage.supports.durable) return;
    const again = await open();
    same([await all(again), await textIn(again.get('key'))], [['a', 'b', 'c'], 'value'], 'what is there when it is opened again');
  }),
  check('closing during a snapshot lets it read to its end', async (storage) => {
    await storage.append('one', [event('a')], 0);
    const begun = Promise.withResolvers<void>();
    const reading = storage.snapshot(async (own) => {
      await own.ends();
      begun.resolve();
      await pause(20);
      return own.ends();
    });
    await begun.promise;
    const closing = storage.close();
    same(await reading, { events: 1, nodes: 1 }, 'what it reads after');
    await closing;
    await refused('STORAGE_CLOSED', () => storage.ends(), 'the next call');
  }),
  check('its structure is checked where that is declared', async (storage) => {
    await storage.append('one', [event('a')], 0);
    if (storage.supports.check) same(await storage.check(), undefined, 'what is wrong');
    else await refused('STORAGE_UNSUPPORTED', () => storage.check(), 'check');
  }),
  check('it is compacted where that is declared, and loses nothing', async (storage) => {
    await storage.append('one', [event('a')], 0);
    await storage.put('large', new Uint8Array(1024 * 1024));
    await storage.put('key', bytes('value'));
    await storage.remove('large');
    if (!storage.supports.compact) {
      await refused('STORAGE_UNSUPPORTED', () => storage.compact(), 'compact');
      return;
    }
    await storage.compact();
    same([await all(storage), await textIn(storage.get('key'))], [['a'], 'value'], 'what is there');
    same((await storage.append('one', [event('b')], 1)).position, 2, 'the next append');
  }),
  check('a backup where that is declared holds all of one moment', async (storage, _open, { copy }) => {
    await storage.append('one', [event('a', { key: 'k1' })], 0);
    await storage.put('key', bytes('value'));
    if (!storage.supports.backup) {
      await refused('STORAGE_UNSUPPORTED', () => storage.backup('elsewhere'), 'backup');
      return;
    }
    if (!copy) throw new Error('the place of a storage that declares backup has to say where a copy goes');
    await storage.backup(copy.target);
    await storage.append('one', [event('b')], 1);
    const copied = await copy.open();
    try {
      same([await all(copied), await textIn(copied.get('key'))], [['a'], 'value'], 'what is in the copy');
      same(await copied.append('one', [event('c')], 1), { position: 2, version: 2, known: false }, 'the copy goes on');
    } finally {
      await copied.close();
    }
    same(await all(storage), ['a', 'b'], 'what was copied from');
  }),
  check('what is closed cannot be used', async (storage) => {
    await storage.append('one', [event('a')], 0);
    await storage.close();
    await storage.close();
    const calls: Readonly<Record<string, () => unknown>> = {
      append: () => storage.append('one', [event('b')], 1),
      read: () => storage.read('one', { limit: 1 }),
      readAll: () => storage.readAll({ limit: 1 }),
      ends: () => storage.ends(),
      nodes: () => storage.nodes([1]),
      get: () => storage.get('key'),
      list: () => storage.list({ prefix: '', limit: 1 }),
      count: () => storage.count(''),
      put: () => storage.put('key', bytes('value')),
      remove: () => storage.remove('key'),
      prune: () => storage.prune(0),
      transaction: () => storage.transaction(() => {}),
      snapshot: () => storage.snapshot(() => {}),
      query: () => storage.query({}, { limit: 1 }),
      search: () => storage.search([{ text: 'word' }], { limit: 1 }),
    };
    for (const [name, call] of Object.entries(calls)) await refused('STORAGE_CLOSED', call, name);
  }),
  check('arguments outside their limits are refused, and store nothing', async (storage) => {
    const calls: Readonly<Record<string, () => unknown>> = {
      'no events': () => storage.append('one', [], 0),
      'no stream': () => storage.append('', [event('a')], 0),
      'a long stream': () => storage.append('x'.repeat(201), [event('a')], 0),
      'a version below 0': () => storage.append('one', [event('a')], -1),
      'half a version': () => storage.append('one', [event('a')], 0.5),
      'half a millisecond': () => storage.append('one', [event('a', { time: 0.5 })], 0),
      'a body that is no object': () => storage.append('one', [event('a', { body: '[]' })], 0),
      'a hash that is not hex': () => storage.append('one', [event('a', { hash: 'xy' })], 0),
      'half a byte': () => storage.append('one', [event('a', { nodes: 'abc' })], 0),
      'one key twice': () => storage.append('one', [event('a', { key: 'k' }), event('b', { key: 'k' })], 0),
      'an empty key of an event': () => storage.append('one', [event('a', { key: '' })], 0),
      'an empty key': () => storage.put('', bytes('value')),
      'a long key': () => storage.put('ä'.repeat(751), bytes('value')),
      'half a character': () => storage.put('\ud800', bytes('value')),
      'a zero in a key': () => storage.put('a\0b', bytes('value')),
      'a limit of 0': () => storage.readAll({ limit: 0 }),
      'an end below 0': () => storage.readAll({ after: -1, limit: 1 }),
      'position 0': () => storage.nodes([0]),
      'a time that is none': () => storage.query({ from: Number.NaN }, { limit: 1 }),
    };
    for (const [name, call] of Object.entries(calls)) await refused('STORAGE_INVALID', call, name);
    same([await all(storage), await storage.list({ prefix: '', limit: 9 })], [[], []], 'what is stored');
    await storage.put('ä'.repeat(750), bytes('value'));
    await storage.append('x'.repeat(200), [event('a')], 0);
  }),
];
