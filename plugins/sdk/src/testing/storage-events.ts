import { refused, same } from './expect.ts';
import { all, check, event, names, type StorageCheck } from './storage-support.ts';

export const eventChecks: readonly StorageCheck[] = [
  check('a new storage is empty', async (storage) => {
    same(await storage.ends(), { events: 0, nodes: 0 }, 'ends');
    same(await storage.readAll({ limit: 10 }), [], 'readAll');
    same(await storage.read('one', { limit: 10 }), [], 'read');
  }),
  check('append counts versions in the stream and positions over all', async (storage) => {
    same(await storage.append('one', [event('a'), event('b')], 0), { position: 1, version: 1, known: false }, 'the first append');
    same(await storage.append('two', [event('c')], 0), { position: 3, version: 1, known: false }, 'another stream');
    same(await storage.append('one', [event('d')], 2), { position: 4, version: 3, known: false }, 'the first stream again');
    same(await storage.ends(), { events: 4, nodes: 4 }, 'ends');
  }),
  check('an event is read as it was stored', async (storage) => {
    const odd = event('"\\\u2028 ä 💶', { key: 'schlüssel', time: -1, hash: '00ff', nodes: 'ab'.repeat(700) });
    await storage.append('stream/ö', [odd], 0);
    const expected = { ...odd, stream: 'stream/ö', version: 1, position: 1 };
    same(await storage.read('stream/ö', { limit: 10 }), [expected], 'read');
    same(await storage.readAll({ limit: 10 }), [expected], 'readAll');
    await storage.append('plain', [event('a')], 0);
    same(await storage.read('plain', { limit: 10 }), [{ ...event('a'), stream: 'plain', version: 1, position: 2 }], 'an event without a key');
  }),
  check('events of 4 MiB are possible', async (storage) => {
    const large = event('large', { body: JSON.stringify({ type: 'noted', name: 'x'.repeat(4 * 1024 * 1024) }) });
    await storage.append('one', [large], 0);
    const [found] = await storage.read('one', { limit: 1 });
    same(found?.body.length, large.body.length, 'its length');
    same(found?.body === large.body, true, 'its text');
  }),
  check('a stream is read in pages', async (storage) => {
    await storage.append('one', ['a', 'b', 'c'].map((name) => event(name)), 0);
    await storage.append('two', [event('x')], 0);
    same(names(await storage.read('one', { limit: 2 })), ['a', 'b'], 'the first page');
    same(names(await storage.read('one', { after: 2, limit: 2 })), ['c'], 'the second page');
    same(names(await storage.read('one', { after: 3, limit: 2 })), [], 'beyond the end');
  }),
  check('all events are read in pages', async (storage) => {
    for (const [at, name] of ['a', 'b', 'c'].entries()) await storage.append(name, [event(`${name}${at}`)], 0);
    same(names(await storage.readAll({ limit: 2 })), ['a0', 'b1'], 'the first page');
    same(names(await storage.readAll({ after: 2, limit: 2 })), ['c2'], 'the second page');
  }),
  check('a stream with more events than expected is a conflict', async (storage) => {
    await storage.append('one', [event('a'), event('b')], 0);
    await refused('STORAGE_CONFLICT', () => storage.append('one', [event('c')], 0), 'a new stream expected');
    await refused('STORAGE_CONFLICT', () => storage.append('one', [event('c')], 1), 'one event expected');
    same(await all(storage), ['a', 'b'], 'what is stored');
  }),
  check('a stream with fewer events than expected is a conflict', async (storage) => {
    await storage.append('one', [event('a')], 0);
    await refused('STORAGE_CONFLICT', () => storage.append('one', [event('b')], 2), 'two events expected');
    await refused('STORAGE_CONFLICT', () => storage.append('two', [event('b')], 1), 'one event expected');
    same(await all(storage), ['a'], 'what is stored');
  }),
  check('events with keys that are known are not stored once more', async (storage) => {
    const added = [event('a', { key: 'k1' }), event('b', { key: 'k2' })];
    await storage.append('one', [event('first')], 0);
    await storage.append('one', added, 1);
    await storage.append('two', [event('c')], 0);
    same(await storage.append('one', added, 1), { position: 2, version: 2, known: true }, 'the same again');
    same(await storage.append('one', added.slice(0, 1), 0), { position: 2, version: 2, known: true }, 'the beginning again');
    const between = [event('d', { key: 'k3' }), event('e'), event('f', { key: 'k4' })];
    await storage.append('two', between, 1);
    same(await storage.append('two', between, 1), { position: 5, version: 2, known: true }, 'one without a key between two with');
    same(await all(storage), ['first', 'a', 'b', 'c', 'd', 'e', 'f'], 'what is stored');
  }),
  check('events of which some are known are a conflict', async (storage) => {
    await storage.append('one', [event('a', { key: 'k1' }), event('b', { key: 'k2' })], 0);
    const mixed = [
      [event('x', { key: 'new' }), event('b', { key: 'k2' })],
      [event('b', { key: 'k2' }), event('x', { key: 'new' })],
      [event('b', { key: 'k2' }), event('a', { key: 'k1' })],
      [event('x'), event('a', { key: 'k1' })],
    ];
    for (const events of mixed) await refused('STORAGE_CONFLICT', () => storage.append('one', events, 2), events.map(({ key }) => key).join());
    same(await all(storage), ['a', 'b'], 'what is stored');
  }),
  check('keys of events count in their stream alone', async (storage) => {
    await storage.append('one', [event('a', { key: 'k1' })], 0);
    same(await storage.append('two', [event('b', { key: 'k1' })], 0), { position: 2, version: 1, known: false }, 'the other stream');
  }),
  check('nodes are read by their positions', async (storage) => {
    await storage.append('one', ['a', 'b', 'c'].map((name) => event(name)), 0);
    same(await storage.nodes([3, 1, 7]), [event('c').nodes, event('a').nodes, undefined], 'three positions');
    same(await storage.nodes([]), [], 'none');
  }),
];
