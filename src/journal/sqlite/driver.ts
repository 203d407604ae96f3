import { closeSync, openSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Appended,
  type Awaitable,
  coded,
  type Documents,
  type Ends,
  type EventFilter,
  type EventPage,
  FORGOTTEN,
  type KeyRange,
  type NewEvent,
  type SearchHit,
  type SearchPage,
  type SearchResult,
  type SearchTerm,
  type StorageDriver,
  type StorageEntry,
  type StorageEvent,
  type StorageFacts,
  type StorageReader,
  type StorageTransaction,
  type TransactionOptions,
} from '@toka/sdk';
import { formatOf } from './database.ts';
import { bytesOf, textOf } from './cells.ts';
import { damagedSearch, translate, unavailable } from './failures.ts';
import { createDocuments, dropDocuments, SCHEMA_VERSION } from './schema.ts';

/** How often a subscriber looks for what other processes have added, milliseconds. */
const POLL_MS = 50;

/** The greatest number that SQLite takes here. */
const ALL_PAGES = 0x7fff_ffff;

/** Greater than all that a key, of 1,500 bytes at the most, can go on with. */
const BEYOND = '\u{10ffff}'.repeat(375);

/**
 * The last transaction or snapshot of each file in this process: they take turns. To wait for the lock stops the thread, and with it whoever
 * holds the lock through another connection here.
 */
const turns = new Map<string, Promise<unknown>>();

/** Hash and nodes are one text, `hash:nodes`: each value that SQLite hands over takes as long as a hash. */
type Cells = readonly [position: number, run: string, seq: number, time: number, body: string, hashes: string, key: string | null];

type Entry = readonly [key: string, value: Uint8Array, until: number | null];

const EVENTS = `SELECT e.position, e.run, e.seq, e.time, e.body, hex(e.hash) || ':' || hex(l.nodes), e.key
  FROM events AS e LEFT JOIN log AS l ON l.position = e.position`;
const PUT = `INSERT INTO entries (key, value, until) VALUES (?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until`;

const SEARCH = `SELECT id, -bm25(document_words) AS "rank" FROM document_words JOIN documents ON number = document_words.rowid
  WHERE document_words MATCH ? ORDER BY 2 DESC, id DESC LIMIT ? OFFSET ?`;

/** The storage over an open database, which answers at once; see `StorageBackend` for what the methods promise. */
export class SqliteDriver implements StorageDriver {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #own: StorageTransaction;
  /** The last transaction or snapshot of this connection. */
  #last: Promise<unknown> = Promise.resolve();
  #isBusy = false;
  /** Transactions and snapshots that are under way or wait for their turn. */
  #asked = 0;

  constructor(db: DatabaseSync, file: string) {
    this.#db = db;
    this.#file = file;
    const sql: Sql = (text) => this.#sql(text);
    this.#own = { ...transactionOf(sql), documents: documentsOf(db, sql) };
  }

  read = (stream: string, page: EventPage): Awaitable<StorageEvent[]> => this.#look((own) => own.read(stream, page));
  readAll = (page: EventPage): Awaitable<StorageEvent[]> => this.#look((own) => own.readAll(page));
  ends = (): Awaitable<Ends> => this.#look((own) => own.ends());
  nodes = (positions: readonly number[]): Awaitable<(string | undefined)[]> => this.#look((own) => own.nodes(positions));
  get = (key: string): Awaitable<Uint8Array | undefined> => this.#look((own) => own.get(key));
  list = (range: KeyRange): Awaitable<StorageEntry[]> => this.#look((own) => own.list(range));
  count = (prefix: string): Awaitable<number> => this.#look((own) => own.count(prefix));

  async transaction<T>(work: (transaction: StorageTransaction) => Awaitable<T>, { durable }: Required<TransactionOptions>): Promise<T> {
    return this.#alone(async () => {
      if (durable) return this.#within('IMMEDIATE', work);
      act(this.#sql('PRAGMA synchronous = NORMAL'));
      try {
        return await this.#within('IMMEDIATE', work);
      } finally {
        act(this.#sql('PRAGMA synchronous = FULL'));
      }
    });
  }

  async snapshot<T>(work: (reader: StorageReader) => Awaitable<T>): Promise<T> {
    return this.#alone(() => this.#within('DEFERRED', work));
  }

  query(filter: EventFilter, { after, limit, order }: { after: number; limit: number; order: 'oldest' | 'newest' }): Awaitable<StorageEvent[]> {
    // What is no JSON any more meets nothing.
    const member = (name: string): string => `CASE WHEN json_valid(e.body) THEN e.body ->> '$.${name}' END = ?`;
    const conditions: readonly (readonly [string, SQLInputValue | undefined])[] = [
      [order === 'oldest' ? 'e.position > ?' : 'e.position < ?', order === 'newest' && after === 0 ? undefined : after],
      ['e.run = ?', filter.stream],
      ['e.time >= ?', filter.from],
      ['e.time < ?', filter.to],
      [member('type'), filter.kind],
      [member('principal'), filter.principal],
      ['instr(e.body, ?) > 0', filter.text],
    ];
    const used = conditions.filter((condition): condition is [string, SQLInputValue] => condition[1] !== undefined);
    const where = used.length === 0 ? '' : ` WHERE ${used.map(([sql]) => sql).join(' AND ')}`;
    const sql = `${EVENTS}${where} ORDER BY e.position ${order === 'oldest' ? 'ASC' : 'DESC'} LIMIT ?`;
    return this.#look(() => eventsOf(this.#sql(sql), ...used.map(([, value]) => value), limit));
  }

  /** The terms hold nothing but words and spaces, so none can end the quotes. */
  search(terms: readonly Required<SearchTerm>[], { limit, skip }: Required<SearchPage>): Awaitable<SearchResult> {
    const query = terms.map(({ text, prefix }) => `"${text}"${prefix ? ' *' : ''}`).join(' AND ');
    return this.#look(() => {
      if (!hasDocuments((text) => this.#sql(text))) return { hits: [], mark: '' };
      const hits = this.#sql(SEARCH).all(query, limit, skip) as unknown as SearchHit[];
      return { hits: hits.map(({ id, rank }) => ({ id, rank })), mark: markOf((text) => this.#sql(text)) };
    });
  }

  async changed(after: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.ends()).events <= after) await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }

  async check(): Promise<string | undefined> {
    const found = await this.#look(() => this.#sql('PRAGMA integrity_check(1)').get()?.['integrity_check']);
    if (typeof found === 'string' && found.includes('document_words')) throw damagedSearch(this.#file, found);
    return found === 'ok' ? undefined : String(found);
  }

  async compact(): Promise<void> {
    await this.#alone(async () => {
      // Words of removed documents stay in the index until its parts are merged.
      if (hasDocuments((text) => this.#sql(text))) this.#db.exec("INSERT INTO document_words (document_words) VALUES ('optimize')");
      this.#db.exec('VACUUM');
      // What was forgotten, or removed, stands in pages of before until then: SQLite leaves copies also where it moves a row.
      const emptied = this.#sql('PRAGMA wal_checkpoint(TRUNCATE)').get();
      if (emptied?.['busy'] !== 0) throw unavailable(this.#file, 'another process reads it, so its log could not be emptied', undefined, 'wait until that is done, then compact it once more');
    });
  }

  async backup(target: string): Promise<void> {
    const { backup } = process.getBuiltinModule('node:sqlite');
    await this.#alone(async () => {
      closeSync(openSync(target, 'wx', 0o600));
      // All at once: between two steps another process could write, and then SQLite begins again, for ever where many write.
      await backup(this.#db, target, { rate: ALL_PAGES });
    });
  }

  async describe(): Promise<StorageFacts> {
    return this.#look(() => {
      const { mode, synchronous } = this.#sql('SELECT journal_mode AS mode, synchronous FROM pragma_journal_mode, pragma_synchronous').get() as { mode: string; synchronous: number };
      // A copy in memory says nothing of the file.
      const durability = mode === 'memory' ? {} : { durability: `journal_mode=${mode}, synchronous=${synchronous === 2 ? 'FULL' : synchronous}` };
      return { format: formatOf(this.#db), newestFormat: SCHEMA_VERSION, ...durability };
    });
  }

  close(): Awaitable<void> {
    if (this.#asked > 0) return this.#last.then(() => this.#close());
    return this.#close();
  }

  #close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  /** Reads at once, unless a transaction of this process is under way: what that has written is not to be seen yet. */
  #look<T>(read: (own: StorageReader) => Awaitable<T>): Awaitable<T> {
    if (this.#isBusy) return this.#last.then(() => this.#guarded(() => read(this.#own)));
    return this.#guarded(() => read(this.#own));
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const before = turns.get(this.#file);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    turns.set(this.#file, ended);
    this.#last = ended;
    this.#asked += 1;
    try {
      if (before) await before;
      this.#isBusy = true;
      return await work();
    } catch (error) {
      throw translate(error, this.#file);
    } finally {
      this.#isBusy = false;
      this.#asked -= 1;
      if (turns.get(this.#file) === ended) turns.delete(this.#file);
      end();
    }
  }

  async #within<T>(kind: 'IMMEDIATE' | 'DEFERRED', work: (own: StorageTransaction) => Awaitable<T>): Promise<T> {
    act(this.#sql(`BEGIN ${kind}`));
    try {
      const result = await work(this.#own);
      act(this.#sql('COMMIT'));
      return result;
    } catch (error) {
      // SQLite itself has rolled back after some errors, a full disk for instance.
      if (this.#db.isTransaction) act(this.#sql('ROLLBACK'));
      throw error;
    }
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translate(error, this.#file);
    }
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

type Sql = (text: string) => StatementSync;

/**
 * Runs a statement that changes something. Node says with each the number of the row that was last inserted, and throws where that is more than a double holds:
 * so it is where FTS5 notes in a table of its own what is removed.
 */
function act(statement: StatementSync, ...values: SQLInputValue[]): ReturnType<StatementSync['run']> {
  statement.setReadBigInts(true);
  return statement.run(...values);
}

function hasDocuments(sql: Sql): boolean {
  return sql("SELECT 1 FROM sqlite_schema WHERE name = 'documents'").get() !== undefined;
}

function markOf(sql: Sql): string {
  return String(sql('SELECT mark FROM document_mark').get()?.['mark'] ?? '');
}

/** What can be done with documents inside a transaction. */
function documentsOf(db: DatabaseSync, sql: Sql): Documents {
  const makeRoom = (): void => {
    if (!hasDocuments(sql)) createDocuments(db);
  };
  const remove = (id: string): void => {
    const number = sql('SELECT number FROM documents WHERE id = ?').get(id)?.['number'];
    if (typeof number !== 'number') return;
    act(sql('DELETE FROM document_words WHERE rowid = ?'), number);
    act(sql('DELETE FROM documents WHERE number = ?'), number);
  };
  return {
    put(id, text) {
      makeRoom();
      remove(id);
      const { lastInsertRowid } = act(sql('INSERT INTO documents (id) VALUES (?)'), id);
      act(sql('INSERT INTO document_words (rowid, words) VALUES (?, ?)'), lastInsertRowid, text);
    },
    remove: (id) => (hasDocuments(sql) ? remove(id) : undefined),
    clear: () => (hasDocuments(sql) ? dropDocuments(db) : undefined),
    marked: () => (hasDocuments(sql) ? markOf(sql) : ''),
    mark(note) {
      makeRoom();
      act(sql('DELETE FROM document_mark'));
      act(sql('INSERT INTO document_mark (mark) VALUES (?)'), note);
    },
  };
}

/** What can be done inside a transaction, through prepared statements. */
function transactionOf(sql: Sql): StorageTransaction {
  const known = (stream: string, events: readonly NewEvent[]): Appended | undefined => {
    if (events.every(({ key }) => key === undefined)) return undefined;
    const find = sql('SELECT seq, position FROM events WHERE run = ? AND key = ?');
    const rows = events.map(({ key }) => (key === undefined ? undefined : (find.get(stream, key) as { seq: number; position: number } | undefined)));
    if (rows.every((row) => row === undefined)) return undefined;
    const [first] = rows;
    const standing = first ? sql('SELECT key FROM events WHERE run = ? AND seq >= ? ORDER BY seq LIMIT ?').all(stream, first.seq, events.length) : [];
    if (!first || standing.length < events.length || standing.some((row, at) => row['key'] !== (events[at]?.key ?? null))) {
      throw coded('STORAGE_CONFLICT', `expected all events to add to ${stream} to be known by their keys, in their order, or none; found some`);
    }
    return { position: first.position, version: first.seq, known: true };
  };
  return {
    read: (stream, { after = 0, limit }) => eventsOf(sql(`${EVENTS} WHERE e.run = ? AND e.seq > ? ORDER BY e.seq LIMIT ?`), stream, after, limit),
    readAll: ({ after = 0, limit }) => eventsOf(sql(`${EVENTS} WHERE e.position > ? ORDER BY e.position LIMIT ?`), after, limit),
    ends() {
      const row = sql('SELECT (SELECT max(position) FROM events) AS events, (SELECT max(position) FROM log) AS nodes').get() as { events: number | null; nodes: number | null };
      return { events: row.events ?? 0, nodes: row.nodes ?? 0 };
    },
    nodes: (positions) => positions.map((position) => sql('SELECT lower(hex(nodes)) AS nodes FROM log WHERE position = ?').get(position)?.['nodes'] as string | undefined),
    get(key) {
      const row = sql('SELECT value FROM entries WHERE key = ?').get(key);
      return row && bytesOf(row['value']);
    },
    list({ prefix, after, reverse = false, limit }) {
      const last = prefix + BEYOND;
      const bounds = reverse ? 'key < ? AND key >= ? ORDER BY key DESC' : 'key > ? AND key <= ? ORDER BY key';
      const first = reverse ? 'key <= ? AND key >= ? ORDER BY key DESC' : 'key >= ? AND key <= ? ORDER BY key';
      const [near, far] = reverse ? [last, prefix] : [prefix, last];
      // An end outside of the prefix leaves out all of it, or nothing.
      const isInside = after?.startsWith(prefix) === true;
      if (after !== undefined && !isInside && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) > 0 !== reverse) return [];
      const statement = sql(`SELECT key, value, until FROM entries WHERE ${isInside ? bounds : first} LIMIT ?`);
      statement.setReturnArrays(true);
      const rows = statement.all(isInside ? after : near, far, limit) as unknown as Entry[];
      return rows.map(([key, value, until]) => ({ key: textOf(key), value: bytesOf(value), ...(until === null ? {} : { until }) }));
    },
    count: (prefix) => Number(sql('SELECT count(*) AS count FROM entries WHERE key >= ? AND key <= ?').get(prefix, prefix + BEYOND)?.['count']),
    append(stream, events, expectedVersion) {
      const place = known(stream, events);
      if (place) return place;
      const head = sql('SELECT (SELECT max(position) FROM events) AS last, (SELECT max(seq) FROM events WHERE run = ?) AS seq').get(stream);
      const [last, found] = [Number(head?.['last'] ?? 0), Number(head?.['seq'] ?? 0)];
      if (found !== expectedVersion) throw coded('STORAGE_CONFLICT', `expected ${expectedVersion} events in ${stream}, found ${found}`);
      const event = sql('INSERT INTO events (position, run, seq, time, body, hash, key) VALUES (?, ?, ?, ?, ?, unhex(?), ?)');
      const log = sql('INSERT INTO log (position, nodes) VALUES (?, unhex(?))');
      for (const [at, { key, time, body, hash, nodes }] of events.entries()) {
        const position = last + 1 + at;
        act(event, position, stream, found + 1 + at, time, body, hash, key ?? null);
        act(log, position, nodes);
      }
      return { position: last + 1, version: found + 1, known: false };
    },
    put: (key, value, until) => void act(sql(PUT), key, value, until ?? null),
    remove: (key) => void act(sql('DELETE FROM entries WHERE key = ?'), key),
    prune: (now) => void act(sql('DELETE FROM entries WHERE until <= ?'), now),
    forget: (stream, until) => void act(sql('UPDATE events SET body = ? WHERE run = ? AND seq <= ?'), FORGOTTEN, stream, until),
  };
}

function eventsOf(statement: StatementSync, ...values: SQLInputValue[]): StorageEvent[] {
  statement.setReturnArrays(true);
  return (statement.all(...values) as unknown as Cells[]).map(([position, stream, version, time, body, hashes, key]) => {
    const hex = hashes.toLowerCase();
    const at = hex.indexOf(':');
    const event = { stream, version, position, time, body, hash: hex.slice(0, at), nodes: hex.slice(at + 1) };
    return key === null ? event : { key, ...event };
  });
}
