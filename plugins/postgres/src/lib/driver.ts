import { type Appended, coded, type CodedError, type NewEvent, type SearchPage, type SearchResult, type SearchTerm, type StorageDriver, type StorageFacts, type StorageReader, type StorageTransaction } from '@toka/sdk';
import type { Connections, Session } from './connections.ts';
import { hasDocuments, search, tableOf } from './documents.ts';
import { Listener } from './listener.ts';
import { SqlReader } from './reader.ts';
import { findForeign, FORMAT, lockOf } from './schema.ts';
import { SqlTransaction } from './transaction.ts';

type Work<I, T> = (inner: I) => T | Promise<T>;

/** A schema of a database, open. */
export class PostgresDriver extends SqlReader implements StorageDriver {
  readonly #schema: string;
  readonly #connections: Connections;
  readonly #listener: Listener;
  readonly #lock: string;
  readonly #notify: string;
  /** The last transaction that was asked for: they run one after the other, so that they need no more than one connection. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(connections: Connections, schema: string) {
    super(connections, schema);
    this.#schema = schema;
    this.#connections = connections;
    this.#listener = new Listener(connections, `toka:${schema}`);
    this.#lock = `SELECT ${lockOf(schema)}, current_setting('synchronous_commit') AS synchronous`;
    this.#notify = `NOTIFY "toka:${schema}"`;
  }

  async transaction<T>(work: Work<StorageTransaction, T>, { durable }: { durable: boolean }): Promise<T> {
    const result = this.#last.then(async () => this.#commit(work, durable));
    this.#last = result.catch(() => {});
    return result;
  }

  /** All in one packet: what is not as expected stores nothing, so that the server need not be heard before it is told to commit. */
  async append(stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<Appended> {
    const result = this.#last.then(async () => this.#connections.use(async (session) => this.#appendAtOnce(session, stream, events, expectedVersion)));
    this.#last = result.catch(() => {});
    return (await result) ?? this.transaction(async (own) => own.append(stream, events, expectedVersion), { durable: true });
  }

  async snapshot<T>(work: Work<StorageReader, T>): Promise<T> {
    return this.#moment(async (session) => work(new SqlReader(session, this.#schema)));
  }

  async search(terms: readonly Required<SearchTerm>[], page: Required<SearchPage>): Promise<SearchResult> {
    return this.#moment(async (session) => search(session, this.#schema, terms, page));
  }

  async changed(after: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#listener.wait(async () => (await this.ends()).events > after, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Looks for rows that an index hides, and for anything in the schema that is not ours. */
  async check(): Promise<string | undefined> {
    const foreign = await this.#connections.use(async (session) => findForeign(session, this.#schema));
    if (foreign !== undefined) return `its schema is not toka's: ${foreign}`;
    return this.#moment(async (session) => {
      await session.script('SET LOCAL statement_timeout = 0');
      const indexed = [[this.events, 'position'], [this.events, 'stream'], [this.entries, 'key']] as const;
      for (const [table, column] of indexed) {
        const all = await countBy(session, table, column, 'seqscan');
        const found = await countBy(session, table, column, 'indexonlyscan');
        if (found !== all) return `the index of ${column} leads to ${found} of the ${all} rows in ${table}`;
      }
      return undefined;
    });
  }

  /** An older format has been brought to the present one when it was opened. */
  async describe(): Promise<StorageFacts> {
    const [row] = await this.#connections.use(async (session) =>
      session.run({
        text: `SELECT pg_total_relation_size($1::regclass) + pg_total_relation_size($2::regclass) + coalesce(pg_total_relation_size(to_regclass($3)), 0) AS bytes,
          'synchronous_commit=' || current_setting('synchronous_commit') || ', fsync=' || current_setting('fsync') AS durability`,
        values: [this.events, this.entries, tableOf(this.#schema)],
      }),
    );
    return { format: FORMAT, newestFormat: FORMAT, bytes: Number(row?.['bytes']), durability: String(row?.['durability']) };
  }

  /** What nothing uses any more is for PostgreSQL to use again; others go on meanwhile. */
  async compact(): Promise<void> {
    await this.#connections.use(
      async (session) => {
        await session.script('SET statement_timeout = 0');
        const documents = (await hasDocuments(session, this.#schema)) ? [tableOf(this.#schema)] : [];
        for (const table of [this.events, this.entries, ...documents]) await session.run({ text: `VACUUM (ANALYZE) ${table}`, isPatient: true });
      },
      () => false,
    );
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#listener.close();
    await this.#connections.close();
  }

  async #commit<T>(work: Work<StorageTransaction, T>, durable: boolean): Promise<T> {
    const outcome = await this.#connections.use(
      async (session) => this.#try(session, work, durable),
      ({ isUndone = true }) => isUndone,
    );
    if ('value' in outcome) return outcome.value;
    throw outcome.error;
  }

  async #try<T>(session: Session, work: Work<StorageTransaction, T>, durable: boolean): Promise<{ value: T; isUndone?: never } | { error: unknown; isUndone: boolean }> {
    const own = new SqlTransaction(session, this.#schema);
    // What `work` does first is sent with it: the server does not look at that before it has the lock.
    const [begun, working] = session.together(() => [this.#begin(session, durable), (async () => work(own))()]);
    try {
      const [value] = await Promise.all([working, begun]);
      await this.#end(session, own.hasEvents);
      return { value };
    } catch (error) {
      const [, undone] = await Promise.allSettled([begun, session.script('ROLLBACK')]);
      return { error, isUndone: undone.status === 'fulfilled' };
    }
  }

  async #appendAtOnce(session: Session, stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<Appended | undefined> {
    const own = new SqlTransaction(session, this.#schema);
    const answers = session.together(() => [this.#begin(session, true), own.tryAppend(stream, events, expectedVersion), this.#end(session, true)] as const);
    const [begun, appended, ended] = await Promise.allSettled(answers);
    for (const answer of [begun, appended, ended]) if (answer.status === 'rejected') throw answer.reason;
    return appended.status === 'fulfilled' ? appended.value : undefined;
  }

  async #begin(session: Session, durable: boolean): Promise<void> {
    const saving = durable ? '' : 'SET LOCAL synchronous_commit = off; ';
    const { rows } = await session.script(`BEGIN; ${saving}${this.#lock}`);
    if (durable && rows[0]?.['synchronous'] === 'off') throw coded('STORAGE_UNAVAILABLE', `${this.#connections.place}: the server does not write durably (synchronous_commit is off)`);
  }

  async #end(session: Session, hasEvents: boolean): Promise<void> {
    const { command } = await session.script(hasEvents ? `${this.#notify}; COMMIT` : 'COMMIT').catch((cause: unknown) => {
      const { code, message } = cause as CodedError;
      throw coded(code, `${message}, so it is not known whether the transaction was committed`, { cause, hint: 'do it once more: events with keys are stored once' });
    });
    // What PostgreSQL answers if a statement failed whose error `work` has caught.
    if (command !== 'COMMIT') throw coded('STORAGE_UNAVAILABLE', `${this.#connections.place}: a statement of the transaction had failed, so nothing of it is stored`);
  }

  /** Lets `work` read what is there now, whatever is committed meanwhile. */
  async #moment<T>(work: (session: Session) => T | Promise<T>): Promise<T> {
    return this.#connections.use(async (session) => {
      // The first statement decides which moment it is.
      await session.script('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1');
      const result = await work(session);
      await session.script('COMMIT');
      return result;
    });
  }
}

/** Counts the rows with a column, in one of the ways that PostgreSQL has. */
async function countBy(session: Session, table: string, column: string, way: 'seqscan' | 'indexonlyscan'): Promise<number> {
  const ways = ['seqscan', 'indexscan', 'indexonlyscan', 'bitmapscan'];
  await session.script(ways.map((each) => `SET LOCAL enable_${each} = ${each === way ? 'on' : 'off'}`).join('; '));
  const [row] = await session.run({ text: `SELECT count(*) AS count FROM (SELECT ${column} FROM ${table} ORDER BY ${column}) AS every`, isPatient: true });
  return row?.['count'] as number;
}
