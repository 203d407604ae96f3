import type { Appended, NewEvent, StorageBackend, StorageEvent, StorageTransaction } from '@toka/sdk';
import { storageChecks } from '@toka/sdk/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sqliteStorage } from '../../src/journal/sqlite/storage.ts';
import { DOCUMENT_FAULTS } from './document-faults.ts';
import { committingAnyway, type Fault, reading, within } from './faults.ts';

const undeclared = (name: keyof StorageBackend['supports']): Fault => reading(({ supports }) => ({ supports: { ...supports, [name]: false } }));

const anyVersion = async (own: StorageTransaction, stream: string, events: readonly NewEvent[]): Promise<Appended> =>
  own.append(stream, events, (await own.read(stream, { limit: 100 })).length);
const events = async (found: StorageEvent[] | Promise<StorageEvent[]>, change: (all: StorageEvent[]) => StorageEvent[]): Promise<StorageEvent[]> => change(await found);

/** For each check a storage that fails it; none of them is so broken that nothing works. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'a new storage is empty': reading(() => ({ ends: () => ({ events: 1, nodes: 1 }) })),
  'append counts versions in the stream and positions over all': within((own) => ({
    append: async (...addition) => ({ ...(await own.append(...addition)), version: 1 }),
  })),
  'an event is read as it was stored': within((own) => ({
    append: (stream, added, version) => own.append(stream, added.map((one) => ({ ...one, body: one.body.normalize('NFD') })), version),
  })),
  'events of 4 MiB are possible': within((own) => ({ append: (stream, added, version) => own.append(stream, added.map((one) => ({ ...one, body: one.body.slice(0, 1_000_000) })), version) })),
  'a stream is read in pages': reading((storage) => ({ read: (stream, { limit }) => storage.read(stream, { limit }) })),
  'all events are read in pages': reading((storage) => ({ readAll: ({ after = 0, limit }) => storage.readAll({ after: Math.max(0, after - 1), limit }) })),
  'a stream with more events than expected is a conflict': within((own) => ({ append: (stream, added) => anyVersion(own, stream, added) })),
  'a stream with fewer events than expected is a conflict': within((own) => ({
    append: async (stream, added, version) => own.append(stream, added, Math.min(version, (await own.read(stream, { limit: 100 })).length)),
  })),
  'events with keys that are known are not stored once more': within((own) => ({
    append: (stream, added) => anyVersion(own, stream, added.map(({ key: _, ...one }) => one)),
  })),
  'events of which some are known are a conflict': within((own) => ({
    append: async (stream, added, version) => {
      const known = new Set((await own.read(stream, { limit: 100 })).map(({ key }) => key));
      const fresh = added.filter(({ key }) => key === undefined || !known.has(key));
      return fresh.length === 0 ? { position: 1, version: 1, known: true } : own.append(stream, fresh, version);
    },
  })),
  'keys of events count in their stream alone': within((own) => ({
    append: async (stream, added, version) => {
      const known = (await own.readAll({ limit: 100 })).find(({ key }) => key !== undefined && key === added[0]?.key);
      return known ? { position: known.position, version: known.version, known: true } : own.append(stream, added, version);
    },
  })),
  'nodes are read by their positions': reading((storage) => ({ nodes: (positions) => storage.nodes(positions.toSorted((a, b) => a - b)) })),
  'a key has the value that was put last, until it is removed': within(() => ({ remove: () => {} })),
  'values are bytes': within((own) => ({ put: (key, value, until) => own.put(key, Buffer.from(Buffer.from(value).toString('utf8')), until) })),
  'a value is kept as it was when it was put': keepingGiven(),
  'values of 64 MiB are possible': within((own) => ({ put: (key, value, until) => own.put(key, value.subarray(0, 1_000_000), until) })),
  'keys are listed by prefix in the order of their UTF-8 bytes': reading((storage) => ({
    list: async (range) => (await storage.list(range)).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  })),
  'keys are listed in pages, both ways': reading((storage) => ({ list: ({ reverse: _, ...range }) => storage.list(range) })),
  'entries are pruned when their time has come, and not before': within((own) => ({ prune: (now) => own.prune(now - 1) })),
  'a transaction commits all that it writes, and gives what its work returns': reading((storage) => ({
    transaction: async (work, options) => storage.transaction((own) => work({ ...own, put: () => {} }), options),
  })),
  'of a transaction that throws nothing stays': reading((storage) => ({
    transaction: async (work) => work({ ...storage, append: (...addition) => storage.append(...addition) }),
  })),
  'a conflict in a transaction undoes all of it': committingAnyway(),
  'a transaction whose work goes on after a refusal commits the rest, and nothing of what was refused': within((own) => ({
    append: async (stream, added, version) => {
      try {
        return await own.append(stream, added, version);
      } catch (error) {
        await anyVersion(own, stream, added.slice(0, 1));
        throw error;
      }
    },
  })),
  'a transaction sees what it has written': within((own) => ({ count: async (prefix) => (await own.count(prefix)) - 1 })),
  'what is not committed is not seen': unseparated(),
  'transactions come one after the other': reading((storage) => ({ transaction: async (work) => work(storage) })),
  'a transaction that failed does not hold up the next one': stuckAfterFailure(),
  'a transaction that has ended cannot be used': reading((storage) => ({ transaction: async (work) => work(storage) })),
  'a transaction that need not be durable commits as well': reading((storage) => ({
    transaction: async (work, options) => storage.transaction((own) => (options?.durable === false ? work({ ...own, put: () => {} }) : work(own)), options),
  })),
  'a snapshot sees one moment': reading((storage) => ({ snapshot: async (work) => work(storage) })),
  'a snapshot that has ended cannot be used, and gives what its work returns': reading((storage) => ({ snapshot: async (work) => work(storage) })),
  'a query without a filter gives all events': querying((found) => found.slice(1)),
  'a query can give the newest first': reading((storage) => ({ query: (filter, page) => storage.query(filter, { ...page, order: 'oldest' }) })),
  'events are queried by kind': ignoring('kind'),
  'events are queried by principal': ignoring('principal'),
  'events are queried by a kind and a principal of whatever characters and length': byTheirBeginnings(100),
  'events are queried by stream': ignoring('stream'),
  'events are queried by time, from and before': ignoring('to'),
  'events must meet all of a filter': reading((storage) => ({
    query: ({ stream, ...filter }, page) => storage.query(Object.keys(filter).length === 0 ? { ...(stream === undefined ? {} : { stream }) } : filter, page),
  })),
  'events are queried by text, where that is declared': reading((storage) => ({ query: ({ text: _, ...filter }, page) => storage.query(filter, page) })),
  'pages follow one another, whatever is appended meanwhile': byOffset('newest'),
  'a cursor leads on from its page, also in the order of the record': byOffset('oldest'),
  'a cursor of another query is refused': reading((storage) => ({
    query: async (filter, { cursor, ...page }) => storage.query(filter, cursor?.includes('.') === true ? page : { ...page, ...(cursor === undefined ? {} : { cursor }) }),
  })),
  'a subscriber gets what is there and what comes, each once and in order': reading((storage) => ({ subscribe: (options) => storage.subscribe({ ...options, after: 0 }) })),
  'a subscriber sees how far it lags behind': reading((storage) => ({
    async *subscribe(options) {
      for await (const batch of storage.subscribe(options)) yield { ...batch, lag: 0 };
    },
  })),
  'a subscriber gets what another one has appended, where several processes are declared': reading((storage) => ({
    async *subscribe() {
      yield { events: [], lag: 0 };
      yield { events: [{ ...(await storage.readAll({ limit: 1 })).at(0), stream: 'own', body: '{"name":"own"}' } as StorageEvent], lag: 0 };
    },
  })),
  'a subscription ends with its signal, and with the storage': reading((storage) => ({
    async *subscribe(options) {
      yield* storage.subscribe(options);
      yield { events: [{ body: '{"name":"late"}' } as StorageEvent], lag: 0 };
    },
  })),
  ...DOCUMENT_FAULTS,
  'what is forgotten of a stream, where that is declared, is the body of its first events alone': within((own) => ({ forget: (stream) => own.forget(stream, 1_000_000) })),
  'a stream of which something was forgotten, where that is declared, goes on, and knows its keys': losingKeys(),
  'no query finds what was forgotten, where that is declared, by its content': ignoring('kind'),
  'what a transaction that throws has forgotten, where that is declared, stays': committingAnyway(),
  'a transaction forgets, where that is declared, together with all else that it does': within((own) => ({ forget: async (stream) => own.forget(stream, 1) })),
  'what was acknowledged is there when it is opened again, where that is declared': forgetting('readAll'),
  'several may write at once where that is declared, and their transactions come one after the other': reading((storage) => ({
    readAll: (page) => events(Promise.resolve(storage.readAll(page)), (all) => all.map((one) => ({ ...one, position: one.position + 1 }))),
  })),
  'opened twice where several processes are not declared, it is refused or another one': undeclared('processes'),
  'who opens it to read changes nothing': reading((storage) => ({ put: async () => {}, append: storage.append })),
  'who opens it to read where nothing is finds it empty': reading(() => ({ ends: () => ({ events: 0, nodes: 1 }) })),
  'who opens it to read where nothing ever was finds it empty, and makes nothing': reading(() => ({ append: async () => ({ position: 1, version: 1, known: false }) })),
  'closing lets what was asked before come to its end': hastyToClose('transaction'),
  'closing during a snapshot lets it read to its end': hastyToClose('snapshot'),
  'its structure is checked where that is declared': reading(() => ({ check: async () => 'a page is never used' })),
  'it is compacted where that is declared, and loses nothing': reading((storage) => ({ compact: async () => storage.remove('key') })),
  'a backup where that is declared holds all of one moment': reading((storage) => ({
    backup: async (target) => {
      await storage.append('two', [{ time: 1, body: '{"name":"late"}', hash: '', nodes: '' }], 0);
      await storage.backup(target);
    },
  })),
  'what is closed cannot be used': reading(() => ({ count: () => 0 })),
  'arguments outside their limits are refused, and store nothing': reading(() => ({ nodes: () => [] })),
};

test.each(storageChecks)('the check can fail: $name', async ({ name, run }) => {
  const fault = FAULTS[name];
  if (!fault) throw new Error('no storage fails this check');
  await expect(run(makePlace(fault))).rejects.toThrow(/expected .*found/s);
});

test('there is no fault but for a check', () => {
  expect(Object.keys(FAULTS).toSorted()).toEqual(storageChecks.map(({ name }) => name).toSorted());
});

function makePlace(fault: Fault) {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'toka-broken-'));
    const location = join(folder, 'state', 'journal.db');
    const target = join(folder, 'copy.db');
    const broken = async (at: string, options: { readonly readOnly?: boolean } = {}): Promise<StorageBackend> => fault(await sqliteStorage.open({ location: at, root: folder, ...options }));
    return {
      open: async (options?: { readonly readOnly?: boolean }) => broken(location, options),
      copy: { target, open: async () => broken(target) },
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  };
}

/** Forgets the keys of a stream with the bodies. */
function losingKeys(): Fault {
  return within((own) => ({
    append: async (stream, added, version) => {
      const isForgotten = (await own.read(stream, { limit: 100 })).some(({ body }) => body === '{}');
      return isForgotten ? anyVersion(own, stream, added.map(({ key: _, ...one }) => one)) : own.append(stream, added, version);
    },
  }));
}

/** Gives out the very bytes that were put. */
function keepingGiven(): Fault {
  return (storage) => {
    const given = new Map<string, Uint8Array>();
    return {
      ...storage,
      async put(key, value, until) {
        given.set(key, value);
        await storage.put(key, value, until);
      },
      get: (key) => given.get(key),
    };
  };
}

/** Lets everybody see what a transaction has put so far. */
function unseparated(): Fault {
  return (storage) => {
    const early = new Map<string, Uint8Array>();
    return {
      ...storage,
      transaction: (work, options) =>
        storage.transaction(
          (own) =>
            work({
              ...own,
              async put(key, value, until) {
                early.set(key, value);
                await own.put(key, value, until);
              },
            }),
          options,
        ),
      ends: () => ({ events: 0, nodes: 0 }),
      get: (key) => early.get(key),
    };
  };
}

function stuckAfterFailure(): Fault {
  return (storage) => {
    let failure: unknown;
    return {
      ...storage,
      async transaction(work, options) {
        try {
          return await storage.transaction(work, options);
        } catch (error) {
          failure = error;
          throw error;
        }
      },
      async append(...addition) {
        await Promise.resolve();
        await new Promise((resolve) => void setTimeout(resolve, 10));
        if (failure !== undefined) throw new Error('expected nothing, found what had failed before');
        return storage.append(...addition);
      },
    };
  };
}

function querying(change: (found: readonly StorageEvent[]) => readonly StorageEvent[]): Fault {
  return reading((storage) => ({
    async query(filter, page) {
      const result = await storage.query(filter, page);
      return { ...result, events: change(result.events) };
    },
  }));
}

function ignoring(name: 'kind' | 'principal' | 'stream' | 'to'): Fault {
  return reading((storage) => ({ query: ({ [name]: _, ...filter }, page) => storage.query(filter, page) }));
}

/** Compares no more than so many characters. */
function byTheirBeginnings(length: number): Fault {
  return reading((storage) => ({
    async query({ kind, ...filter }, page) {
      const result = await storage.query(filter, page);
      const isKind = ({ body }: StorageEvent): boolean => kind === undefined || (JSON.parse(body) as { type: string }).type.slice(0, length) === kind.slice(0, length);
      return { ...result, events: result.events.filter(isKind) };
    },
  }));
}

/** Gives up what is under way when it is closed. */
function hastyToClose(what: 'transaction' | 'snapshot'): Fault {
  return (storage) => {
    let isClosing = false;
    const soon = async <T>(value: Promise<T>): Promise<T> => {
      const result = await value;
      if (isClosing) throw new Error('expected nothing, found what was given up');
      return result;
    };
    return {
      ...storage,
      transaction: async (work, options) => (what === 'transaction' ? soon(storage.transaction(work, options)) : storage.transaction(work, options)),
      snapshot: async (work) => (what === 'snapshot' ? soon(storage.snapshot(work)) : storage.snapshot(work)),
      async close() {
        isClosing = true;
        await storage.close();
      },
    };
  };
}

/** Counts pages instead of going on from a place. */
function byOffset(order: 'oldest' | 'newest'): Fault {
  return reading((storage) => ({
    async query(filter, page) {
      if (page.order !== order) return storage.query(filter, page);
      const from = Number(page.cursor ?? 0) + (order === 'oldest' && page.cursor !== undefined ? 1 : 0);
      const { events: all } = await storage.query(filter, { limit: 1000, order });
      const found = all.slice(from, from + page.limit);
      return { events: found, ...(found.length < page.limit ? {} : { cursor: String(from + page.limit) }) };
    },
  }));
}

/** Knows after a new start nothing but what came since. */
function forgetting(method: 'readAll'): Fault {
  return (storage) => ({ ...storage, [method]: () => [] });
}
