import { coded } from './errors.ts';
import { cursorAfter, positionOf } from './storage-cursor.ts';
import type { Batch, Documents, DriverTransaction, EventFilter, EventPage, KeyRange, NewEvent, SearchTerm, StorageBackend, StorageDefinition, StorageDriver, StorageReader, StorageTransaction } from './storage.ts';
import { wordsOf } from './words.ts';

/** Events of one batch of a subscription. */
const BATCH = 500;
const NODES_LIMIT = 1000;
const KEY_BYTES = 1500;
const NAME_LENGTH = 200;
const TEXT_LENGTH = 100_000;
const TERMS_LIMIT = 32;
const TERM_LENGTH = 1000;

/** Puts the checks that every backend needs before what its author wrote. */
export function guarded({ id, supports }: Pick<StorageDefinition, 'id' | 'supports'>, driver: StorageDriver, readOnly: boolean): StorageBackend {
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  const open = (): void => {
    if (closed) throw coded('STORAGE_CLOSED', `the storage ${id} is closed`);
  };
  const demand = (what: keyof typeof supports, isThere: boolean): void => {
    open();
    if (!supports[what] || !isThere) throw unsupported(id, what);
  };
  const demandForget = ({ forget }: DriverTransaction): NonNullable<typeof forget> => {
    if (!supports.forget || !forget) throw unsupported(id, 'forget');
    return forget;
  };
  const demandWritable = (): void => {
    open();
    if (readOnly) throw coded('STORAGE_READ_ONLY', `the storage ${id} was opened to be read`);
  };
  const transaction: StorageBackend['transaction'] = async (work, { durable = true } = {}) => {
    demandWritable();
    return driver.transaction((inner) => scoped(writerOf, inner, work), { durable });
  };
  const writerOf = (inner: DriverTransaction, isOpen: () => void): StorageTransaction => ({
    ...writer(inner, isOpen, demandForget),
    ...(supports.search === true && inner.documents ? { documents: guardedDocuments(inner.documents, isOpen) } : {}),
  });
  const backend: StorageBackend = {
    id,
    supports,
    ...reader(driver, open),
    async append(stream, events, expectedVersion) {
      if (!driver.append) return transaction((inner) => inner.append(stream, events, expectedVersion));
      demandWritable();
      checkAppend(stream, events, expectedVersion);
      return driver.append(stream, events, expectedVersion);
    },
    put: (key, value, until) => transaction((inner) => inner.put(key, value, until)),
    remove: (key) => transaction((inner) => inner.remove(key)),
    prune: (now) => transaction((inner) => inner.prune(now)),
    forget: (stream, until) => transaction((inner) => inner.forget(stream, until)),
    transaction,
    async snapshot(work) {
      open();
      return driver.snapshot((inner) => scoped(reader, inner, work));
    },
    async query(filter, { limit, cursor, order = 'oldest' }) {
      open();
      checkFilter(filter);
      checkLimit(limit);
      if (filter.text !== undefined && !supports.text) throw unsupported(id, 'text');
      const after = cursor === undefined ? 0 : positionOf(cursor, filter, order);
      const events = await driver.query(filter, { after, limit, order });
      const last = events.length < limit ? undefined : events.at(-1);
      return { events, ...(last ? { cursor: cursorAfter(last.position, filter, order) } : {}) };
    },
    async search(terms, { limit, skip = 0 }) {
      demand('search', driver.search !== undefined);
      if (terms.length < 1 || terms.length > TERMS_LIMIT) throw invalid(`1 to ${TERMS_LIMIT} terms`, terms.length);
      const plainTerms = terms.map(plainTerm);
      checkLimit(limit);
      checkCount('skip', skip);
      return (await driver.search?.(plainTerms, { limit, skip })) ?? { hits: [], mark: '' };
    },
    subscribe(options = {}) {
      demand('subscribe', driver.changed !== undefined);
      const { after = 0, signal } = options;
      checkCount('after', after);
      return follow(driver, after, signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);
    },
    async check() {
      demand('check', driver.check !== undefined);
      return driver.check?.();
    },
    async compact() {
      demand('compact', driver.compact !== undefined);
      if (readOnly) throw coded('STORAGE_READ_ONLY', `the storage ${id} was opened to be read`);
      await driver.compact?.();
    },
    async backup(target) {
      demand('backup', driver.backup !== undefined);
      await driver.backup?.(target);
    },
    async describe() {
      open();
      return (await driver.describe?.()) ?? {};
    },
    async close() {
      closing.abort();
      await (closed ??= Promise.resolve(driver.close()));
    },
  };
  return backend;
}

/** What may be used only while the work goes on. */
async function scoped<I, O, T>(guard: (inner: I, open: () => void) => O, inner: I, work: (guarded: O) => T): Promise<Awaited<T>> {
  let isOver = false;
  const open = (): void => {
    if (isOver) throw coded('STORAGE_CLOSED', 'this transaction has ended');
  };
  try {
    return await work(guard(inner, open));
  } finally {
    isOver = true;
  }
}

function reader(inner: StorageReader, open: () => void): StorageReader {
  return {
    read(stream, page) {
      open();
      checkName('a stream', stream);
      checkPage(page);
      return inner.read(stream, page);
    },
    readAll(page) {
      open();
      checkPage(page);
      return inner.readAll(page);
    },
    ends() {
      open();
      return inner.ends();
    },
    nodes(positions) {
      open();
      if (positions.length > NODES_LIMIT) throw invalid(`at most ${NODES_LIMIT} positions`, positions.length);
      for (const position of positions) checkLimit(position);
      return inner.nodes(positions);
    },
    get(key) {
      open();
      checkKey(key);
      return inner.get(key);
    },
    list(range) {
      open();
      checkRange(range);
      return inner.list(range);
    },
    count(prefix) {
      open();
      checkRange({ prefix, limit: 1 });
      return inner.count(prefix);
    },
  };
}

function checkAppend(stream: string, events: readonly NewEvent[], expectedVersion: number): void {
  checkName('a stream', stream);
  checkCount('expectedVersion', expectedVersion);
  checkEvents(events);
}

function writer(inner: DriverTransaction, open: () => void, forgetOf: (inner: DriverTransaction) => StorageTransaction['forget']): StorageTransaction {
  return {
    ...reader(inner, open),
    append(stream, events, expectedVersion) {
      open();
      checkAppend(stream, events, expectedVersion);
      return inner.append(stream, events, expectedVersion);
    },
    put(key, value, until) {
      open();
      checkKey(key);
      if (!(value instanceof Uint8Array)) throw invalid('bytes as the value', typeof value);
      if (until !== undefined) checkTime('until', until);
      return inner.put(key, value, until);
    },
    remove(key) {
      open();
      checkKey(key);
      return inner.remove(key);
    },
    prune(now) {
      open();
      checkTime('now', now);
      return inner.prune(now);
    },
    forget(stream, until) {
      open();
      const forget = forgetOf(inner);
      checkName('a stream', stream);
      checkCount('until', until);
      return forget.call(inner, stream, until);
    },
  };
}

function guardedDocuments(inner: Documents, open: () => void): Documents {
  return {
    put(id, text) {
      open();
      checkName('an id', id);
      if (typeof text !== 'string' || text.length > TEXT_LENGTH) throw invalid(`a text of at most ${TEXT_LENGTH} characters`, typeof text === 'string' ? text.length : typeof text);
      return inner.put(id, wordsAlone(text));
    },
    remove(id) {
      open();
      checkName('an id', id);
      return inner.remove(id);
    },
    clear() {
      open();
      return inner.clear();
    },
    marked() {
      open();
      return inner.marked();
    },
    mark(note) {
      open();
      checkName('a mark', note);
      return inner.mark(note);
    },
  };
}

function plainTerm({ text, prefix = false }: SearchTerm): Required<SearchTerm> {
  const words = typeof text === 'string' && text.length <= TERM_LENGTH ? wordsAlone(text) : '';
  if (words === '') throw invalid(`a term of at most ${TERM_LENGTH} characters with a word in it`, JSON.stringify(text));
  return { text: words, prefix };
}

function wordsAlone(text: string): string {
  return wordsOf(text).map(({ word }) => word).join(' ');
}

async function* follow(driver: StorageDriver, from: number, signal: AbortSignal): AsyncGenerator<Batch, void, undefined> {
  let after = from;
  while (!signal.aborted) {
    const events = await driver.readAll({ after, limit: BATCH });
    const last = events.at(-1);
    if (last) {
      after = last.position;
      yield { events, lag: Math.max(0, (await driver.ends()).events - after) };
    } else {
      await driver.changed?.(after, signal);
    }
  }
}

function checkEvents(events: readonly NewEvent[]): void {
  if (events.length === 0) throw invalid('at least one event', 'none');
  const keys = new Set<string>();
  for (const { key, time, body, hash, nodes } of events) {
    checkTime('time', time);
    if (typeof body !== 'string' || !body.startsWith('{') || !body.isWellFormed()) throw invalid('the text of a JSON object as body', typeof body);
    if (!isHex(hash) || !isHex(nodes)) throw invalid('hash and nodes in lower-case hex', 'something else');
    if (key === undefined) continue;
    checkName("an event's key", key);
    if (keys.has(key)) throw invalid('each key once', key);
    keys.add(key);
  }
}

function checkFilter({ from, to, ...texts }: EventFilter): void {
  for (const [name, time] of Object.entries({ from, to })) if (time !== undefined) checkTime(name, time);
  for (const [name, text] of Object.entries(texts)) if (typeof text !== 'string') throw invalid(`a text as ${name}`, typeof text);
}

function checkPage({ after = 0, limit }: EventPage): void {
  checkCount('after', after);
  checkLimit(limit);
}

function checkRange({ prefix, after, limit }: KeyRange): void {
  if (prefix !== '') checkKey(prefix);
  if (after !== undefined) checkKey(after);
  checkLimit(limit);
}

function checkKey(key: string): void {
  // Three bytes at the most for each unit of UTF-16.
  const fits = typeof key === 'string' && key !== '' && (key.length * 3 <= KEY_BYTES || new TextEncoder().encode(key).length <= KEY_BYTES);
  if (!fits || !isUnicode(key)) throw invalid(`a key of 1 to ${KEY_BYTES} bytes of Unicode`, JSON.stringify(key));
}

function checkName(what: string, name: string): void {
  if (typeof name !== 'string' || name === '' || name.length > NAME_LENGTH || !isUnicode(name)) throw invalid(`${what} of 1 to ${NAME_LENGTH} characters`, JSON.stringify(name));
}

function checkCount(what: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) throw invalid(`a whole number from 0 as ${what}`, count);
}

function checkLimit(count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) throw invalid('a whole number from 1', count);
}

function checkTime(what: string, time: number): void {
  if (!Number.isSafeInteger(time)) throw invalid(`whole milliseconds as ${what}`, time);
}

function isHex(text: string): boolean {
  return typeof text === 'string' && text.length % 2 === 0 && /^[0-9a-f]*$/.test(text);
}

/** Half of a surrogate pair does not survive UTF-8, and not every database keeps a zero. */
function isUnicode(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function unsupported(id: string, what: string): Error {
  return coded('STORAGE_UNSUPPORTED', `the storage ${id} does not support ${what}`);
}

function invalid(expected: string, found: unknown): Error {
  return coded('STORAGE_INVALID', `expected ${expected}, found ${String(found).slice(0, 100)}`);
}
