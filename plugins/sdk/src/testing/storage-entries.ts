import { same } from './expect.ts';
import { bytes, check, type StorageCheck, textIn } from './storage-support.ts';

export const entryChecks: readonly StorageCheck[] = [
  check('a key has the value that was put last, until it is removed', async (storage) => {
    same(await storage.get('a'), undefined, 'before');
    await storage.put('a', bytes('one'));
    await storage.put('a', bytes('two'));
    same(await textIn(storage.get('a')), 'two', 'put twice');
    await storage.remove('a');
    await storage.remove('a');
    same(await storage.get('a'), undefined, 'removed twice');
  }),
  check('values are bytes', async (storage) => {
    const every = Uint8Array.from({ length: 256 }, (_, at) => at);
    await storage.put('every', every);
    await storage.put('none', new Uint8Array(0));
    same([...((await storage.get('every')) ?? [])], [...every], 'all bytes that there are');
    same((await storage.get('none'))?.length, 0, 'no bytes');
  }),
  check('a value is kept as it was when it was put', async (storage) => {
    const value = bytes('one');
    await storage.put('a', value);
    value.fill(0);
    (await storage.get('a'))?.fill(0);
    same(await textIn(storage.get('a')), 'one', 'after the bytes outside were changed');
  }),
  check('values of 64 MiB are possible', async (storage) => {
    const large = new Uint8Array(64 * 1024 * 1024).fill(7);
    await storage.put('large', large);
    const found = await storage.get('large');
    same(found?.length, large.length, 'its length');
    same(found !== undefined && Buffer.compare(found, large) === 0, true, 'its bytes');
  }),
  check('keys are listed by prefix in the order of their UTF-8 bytes', async (storage) => {
    for (const key of ['p/b', 'p/a', 'p', 'p/', 'q/a', 'o/z', 'p/\u{ffff}', 'p/\u{10000}', 'p/a/b', 'P/a', 'p/ä', "p/'%_"]) await storage.put(key, bytes(key));
    const listed = (await storage.list({ prefix: 'p/', limit: 100 })).map(({ key }) => key);
    same(listed, ['p/', "p/'%_", 'p/a', 'p/a/b', 'p/b', 'p/ä', 'p/\u{ffff}', 'p/\u{10000}'], 'the prefix p/');
    same((await storage.list({ prefix: '', limit: 100 })).length, 12, 'all');
    same((await storage.list({ prefix: 'none', limit: 100 })).length, 0, 'none');
    same([await storage.count('p/'), await storage.count(''), await storage.count('none')], [8, 12, 0], 'how many there are');
    const [first] = await storage.list({ prefix: 'p/a', limit: 1 });
    same(first && { ...first, value: await textIn(first.value) }, { key: 'p/a', value: 'p/a' }, 'an entry');
  }),
  check('keys are listed in pages, both ways', async (storage) => {
    for (const key of ['a', 'p1', 'p2', 'p3', 'p4', 'z']) await storage.put(key, bytes(key));
    const list = async (after: string | undefined, reverse: boolean): Promise<string[]> =>
      (await storage.list({ prefix: 'p', limit: 2, reverse, ...(after === undefined ? {} : { after }) })).map(({ key }) => key);
    same(await list(undefined, false), ['p1', 'p2'], 'the first page');
    same(await list('p2', false), ['p3', 'p4'], 'the second page');
    same(await list('p4', false), [], 'beyond the end');
    same(await list(undefined, true), ['p4', 'p3'], 'the first page from the end');
    same(await list('p3', true), ['p2', 'p1'], 'the second page from the end');
    same(await list('p25', true), ['p2', 'p1'], 'before a key that is not there');
  }),
  check('entries are pruned when their time has come, and not before', async (storage) => {
    await storage.put('always', bytes('1'));
    await storage.put('early', bytes('2'), 1000);
    await storage.put('late', bytes('3'), 1001);
    await storage.put('renewed', bytes('4'), 1000);
    await storage.put('renewed', bytes('4'));
    same((await storage.list({ prefix: 'early', limit: 1 }))[0]?.until, 1000, 'as it was put');
    same(await textIn(storage.get('early')), '2', 'before');
    await storage.prune(1000);
    same((await storage.list({ prefix: '', limit: 9 })).map(({ key }) => key), ['always', 'late', 'renewed'], 'after');
  }),
];
