import type { SearchPage, SearchTerm, StorageBackend } from '../storage.ts';
import { refused, same } from './expect.ts';
import { check, event, type StorageCheck } from './storage-support.ts';

type Checking = Parameters<typeof check>[1];

/** A check of what only a backend that declares search has. */
function searchCheck(name: string, work: Checking): StorageCheck {
  return check(name, async (storage, ...rest) => {
    if (storage.supports.search === true) await work(storage, ...rest);
  });
}

async function put(storage: StorageBackend, texts: Readonly<Record<string, string>>): Promise<void> {
  await storage.transaction(async ({ documents }) => {
    for (const [id, text] of Object.entries(texts)) await documents?.put(id, text);
  });
}

/** The ids of what is found, by themselves or in the order of the answer. */
async function find(storage: StorageBackend, ...terms: readonly (string | SearchTerm)[]): Promise<string[]> {
  return (await ranked(storage, terms)).toSorted();
}

async function ranked(storage: StorageBackend, terms: readonly (string | SearchTerm)[], page: SearchPage = { limit: 100 }): Promise<string[]> {
  const { hits } = await storage.search(
    terms.map((term) => (typeof term === 'string' ? { text: term } : term)),
    page,
  );
  return hits.map(({ id }) => id);
}

export const documentChecks: readonly StorageCheck[] = [
  check('documents are found by their words where search is declared', async (storage) => {
    if (storage.supports.search !== true) {
      await refused('STORAGE_UNSUPPORTED', () => find(storage, 'word'), 'a search');
      same(await storage.transaction(({ documents }) => documents === undefined), true, 'whether a transaction has no documents');
      return;
    }
    same(await storage.search([{ text: 'fox' }], { limit: 9 }), { hits: [], mark: '' }, 'where there is no document');
    await put(storage, { a: 'The quick, brown fox.', b: 'A lazy dog!' });
    same(await find(storage, 'fox'), ['a'], 'fox');
    same(await find(storage, 'ox'), [], 'the end of a word');
    same(await find(storage, 'fo'), [], 'the beginning of a word');
  }),
  searchCheck('all terms of a search must occur', async (storage) => {
    await put(storage, { a: 'one two', b: 'two three', c: 'one three' });
    same(await find(storage, 'one', 'three'), ['c'], 'one and three');
    same(await find(storage, 'two', 'four'), [], 'two and four');
  }),
  searchCheck('the words of a term follow one another', async (storage) => {
    // Far beyond what some databases count.
    const far = 'far '.repeat(17_000);
    await put(storage, { a: 'exit code 1', b: 'code exit 1', c: 'exit with a code', d: `${far} code exit code`, e: `${far} code of exit` });
    same(await find(storage, 'exit code'), ['a', 'd'], 'exit code');
    same(await find(storage, 'src/exit-code'), [], 'src exit code');
  }),
  searchCheck('a last word may be given by its beginning', async (storage) => {
    await put(storage, { a: 'TOKA_RUN_FAILED', b: 'toka_run_denied', c: 'a toka run', d: 'run toka_runner' });
    same(await find(storage, { text: 'toka_run', prefix: true }), ['a', 'b', 'd'], 'toka_run*');
    same(await find(storage, { text: 'run tok', prefix: true }), ['d'], 'run tok*');
  }),
  searchCheck('words are compared as people read them', async (storage) => {
    await put(storage, { a: 'ÄRGER mit caf\u00e9', b: '\ufb01le \uff21', c: '検索する', d: 'naïve' });
    same(await find(storage, 'ärger', 'cafe\u0301'), ['a'], 'other cases and compositions');
    same(await find(storage, 'file a'), ['b'], 'compatible letters');
    same(await find(storage, '索'), ['c'], 'a letter of a script without spaces');
    same(await find(storage, '検索'), ['c'], 'two such letters');
    same(await find(storage, 'naive'), [], 'another letter');
  }),
  searchCheck('what is no word means nothing to a search', async (storage) => {
    await put(storage, { a: 'one two near' });
    for (const text of ['"one"', "o'ne'", 'one*', '(one)', '-one', 'one:', "'one' &", '\\one', '^one\u0000']) {
      same(await find(storage, text), text === "o'ne'" ? [] : ['a'], JSON.stringify(text));
    }
    for (const text of ['one OR four', 'one NOT two', 'NEAR', 'words:one']) same(await find(storage, text), text === 'NEAR' ? ['a'] : [], text);
  }),
  searchCheck('what fits better comes first, in pages', async (storage) => {
    await put(storage, { a: 'nothing at all', b: `fox ${'and other words '.repeat(50)}`, c: 'fox fox fox', d: 'only a fox here', e: 'only a fox here' });
    same(await ranked(storage, ['fox']), ['c', 'e', 'd', 'b'], 'all');
    same(await ranked(storage, ['fox'], { limit: 2 }), ['c', 'e'], 'the first page');
    same(await ranked(storage, ['fox'], { limit: 2, skip: 2 }), ['d', 'b'], 'the second page');
    const { hits } = await storage.search([{ text: 'fox' }], { limit: 9 });
    same(hits.every(({ rank }, at) => Number.isFinite(rank) && rank <= (hits[at - 1]?.rank ?? Infinity)), true, 'whether ranks go down');
  }),
  searchCheck('a document is found by its last text until it is removed', async (storage) => {
    await put(storage, { a: 'old words', b: 'old words' });
    await put(storage, { a: 'new words' });
    same([await find(storage, 'old'), await find(storage, 'new'), await find(storage, 'words')], [['b'], ['a'], ['a', 'b']], 'put again');
    await storage.transaction(async ({ documents }) => {
      await documents?.remove('a');
      await documents?.remove('none');
    });
    same([await find(storage, 'new'), await find(storage, 'words')], [[], ['b']], 'removed');
    await put(storage, { a: 'other words' });
    same([await find(storage, 'new'), await find(storage, 'words')], [[], ['a', 'b']], 'put once more');
    await storage.transaction(async ({ documents, put: keep }) => {
      for (const id of ['a', 'b']) await documents?.remove(id);
      await keep('key', new Uint8Array([1]));
    });
    same([await find(storage, 'words'), await storage.count('key')], [[], 1], 'several removed, and something else put');
  }),
  searchCheck('documents are kept with their transaction, or not at all', async (storage) => {
    const failing = storage.transaction(async (own) => {
      await own.documents?.put('a', 'word');
      await own.documents?.mark('1');
      await own.put('key', new Uint8Array(1));
      throw new Error('on purpose');
    });
    await failing.catch(() => {});
    same(await storage.search([{ text: 'word' }], { limit: 9 }), { hits: [], mark: '' }, 'after one that threw');
    await put(storage, { a: 'word' });
    same([await find(storage, 'word'), await storage.get('key')], [['a'], undefined], 'after another one');
  }),
  searchCheck('a mark is kept beside the documents, until all are cleared', async (storage) => {
    const mark = async (note: string): Promise<void> => storage.transaction(async ({ documents }) => documents?.mark(note));
    await mark('first');
    await mark('1:42');
    await put(storage, { a: 'word 1:42' });
    same(await storage.transaction(async ({ documents }) => documents?.marked()), '1:42', 'in a transaction');
    same((await storage.search([{ text: 'none' }], { limit: 1 })).mark, '1:42', 'in an answer');
    same(await find(storage, '42'), ['a'], 'what is found by the same words');
    await storage.transaction(async ({ documents }) => {
      await documents?.clear();
      await documents?.clear();
    });
    same(await storage.search([{ text: 'word' }], { limit: 9 }), { hits: [], mark: '' }, 'cleared');
    await put(storage, { b: 'word' });
    same(await find(storage, 'word'), ['b'], 'put afterwards');
  }),
  searchCheck('documents are there when it is opened again, to be read too, where that is declared', async (storage, open) => {
    await storage.append('one', [event('a')], 0);
    await put(storage, { a: 'word' });
    await storage.transaction(async ({ documents }) => documents?.mark('1'));
    await storage.close();
    if (!storage.supports.durable) return;
    const reader = await open({ readOnly: true });
    same([await find(reader, 'word'), (await reader.search([{ text: 'word' }], { limit: 1 })).mark], [['a'], '1'], 'to be read');
    await reader.close();
    same(await find(await open(), 'word'), ['a'], 'to be written');
  }),
  searchCheck('arguments of searches and documents outside their limits are refused', async (storage) => {
    const calls: Readonly<Record<string, () => unknown>> = {
      'no term': () => ranked(storage, []),
      'too many terms': () => ranked(storage, Array.from({ length: 33 }, () => 'word')),
      'a term without a word': () => find(storage, '*"!'),
      'a long term': () => find(storage, 'x '.repeat(501)),
      'a limit of 0': () => ranked(storage, ['word'], { limit: 0 }),
      'less than nothing left out': () => ranked(storage, ['word'], { limit: 1, skip: -1 }),
      'no id': () => put(storage, { '': 'word' }),
      'a long text': () => put(storage, { a: 'x'.repeat(100_001) }),
    };
    for (const [name, call] of Object.entries(calls)) await refused('STORAGE_INVALID', call, name);
    await put(storage, { a: 'x '.repeat(50_000), b: Array.from({ length: 14_000 }, (_, at) => `w${at}`).join(' '), c: 'x'.repeat(100_000) });
    same([await find(storage, 'x'), await find(storage, 'w13999')], [['a'], ['b']], 'texts at their limit');
  }),
];
