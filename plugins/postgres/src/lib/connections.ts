import { coded } from '@toka/sdk';
import pg from 'pg';
import { type Address, placeOf } from './address.ts';
import { translate } from './failures.ts';
import { findPassword } from './password.ts';

export type Value = string | number | null | Uint8Array | readonly (string | number | null)[];

export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  /** Kept prepared by the server under this name. Without one it is planned anew. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly Value[];
  /** May take as long as it likes. */
  readonly isPatient?: boolean;
}

/** Something that statements can be sent to. They are answered in their order; who sends several need not wait in between. */
export interface Session {
  run(statement: Statement): Promise<Row[]>;
  /** Runs statements without values, separated by semicolons. Returns the command that the server says it has done last, and the rows. */
  script(text: string): Promise<{ readonly command: string; readonly rows: Row[] }>;
  /** Sends in one packet what `send` sends before it waits for anything. */
  together<T>(send: () => T): T;
}

const OLDEST_SERVER = 14;
const FOREVER_MS = 2 ** 31 - 1;
/** How much longer than the server this end waits, so that it is the server that gives up, unless it cannot be heard. */
const GRACE_MS = 5000;

/** The connections of one storage: made when needed, used again, given up when they fail. */
export class Connections {
  readonly place: string;
  readonly #address: Address;
  readonly #pool: pg.Pool;
  readonly #ready = new WeakSet<pg.PoolClient>();
  /** What is under way or waits for a connection. */
  readonly #uses = new Set<Promise<unknown>>();

  constructor(address: Address) {
    this.#address = address;
    this.place = placeOf(address);
    this.#pool = new pg.Pool({ ...this.#options(), max: address.connections, idleTimeoutMillis: 60_000 });
    // One that breaks while nobody uses it has been taken out of the pool when this comes.
    this.#pool.on('error', () => {});
  }

  /** Lets `work` have a connection for itself. It is used again unless `work` fails, or its result says that it is not sound. */
  async use<T>(work: (session: Session) => Promise<T>, leavesSound: (result: T) => boolean = () => true): Promise<T> {
    const using = this.#use(work, leavesSound);
    this.#uses.add(using);
    try {
      return await using;
    } finally {
      this.#uses.delete(using);
    }
  }

  async run(statement: Statement): Promise<Row[]> {
    return this.use((session) => session.run(statement));
  }

  /** A connection outside the pool that hears what is notified on a channel. `lost` is called once, unless it is closed before. */
  async listen(channel: string, heard: () => void, lost: (why: Error) => void): Promise<{ close(): Promise<void> }> {
    const client = new pg.Client(this.#options());
    let isOver = false;
    const end = (error: unknown): void => {
      if (!isOver) lost(translate(error, this.place));
      isOver = true;
    };
    client.on('notification', heard);
    client.on('error', end);
    client.on('end', () => end(new Error('the connection was closed')));
    try {
      await client.connect();
      await this.#prepare(client);
      await client.query(`LISTEN "${channel}"`);
    } catch (error) {
      isOver = true;
      await client.end();
      throw translate(error, this.place);
    }
    return {
      close: async () => {
        isOver = true;
        await client.end();
      },
    };
  }

  /** Waits for what was asked before: the pool would forget who waits for a connection. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#uses);
    await this.#pool.end();
  }

  async #use<T>(work: (session: Session) => Promise<T>, leavesSound: (result: T) => boolean): Promise<T> {
    const client = await this.#acquire();
    let isSound = false;
    try {
      const result = await work(this.#session(client));
      isSound = leavesSound(result);
      return result;
    } finally {
      client.release(!isSound);
    }
  }

  async #acquire(): Promise<pg.PoolClient> {
    if (this.#pool.ending) throw coded('STORAGE_CLOSED', 'the storage postgres is closed');
    try {
      const client = await this.#pool.connect();
      if (!this.#ready.has(client)) await this.#begin(client);
      return client;
    } catch (error) {
      throw translate(error, this.place);
    }
  }

  async #begin(client: pg.PoolClient): Promise<void> {
    // The statement that is under way fails, which says enough; without a listener Node.js would end.
    client.on('error', () => {});
    try {
      await this.#prepare(client);
      this.#ready.add(client);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /**
   * Settings that nothing in the database or in the environment can change for us, and demands on the server. There is an index for
   * everything but a text, and a plan that was made for an empty table would be kept when it is large.
   */
  async #prepare(client: pg.ClientBase): Promise<void> {
    const milliseconds = this.#address.answerSeconds * 1000;
    await client.query(
      `SET search_path = pg_catalog, pg_temp; SET client_encoding = 'UTF8'; SET bytea_output = 'hex'; SET client_min_messages = warning; SET jit = off;
      SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings = on; SET row_security = off;
      SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan;
      SET statement_timeout = ${milliseconds}; SET idle_in_transaction_session_timeout = ${milliseconds}`,
    );
    const { rows } = await client.query<{ version: string; encoding: string; fsync: string; synchronous: string }>(
      `SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding,
      current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous`,
    );
    const { version = '0', encoding, fsync, synchronous = '' } = rows[0] ?? {};
    if (Number(version) < OLDEST_SERVER * 10_000) throw this.#unfit(`expected PostgreSQL ${OLDEST_SERVER} or newer, found ${version}`);
    if (encoding !== 'UTF8') throw this.#unfit(`expected a database in UTF8, found ${encoding}`);
    if (fsync !== 'on') throw this.#unfit(`the server does not write durably (fsync is ${fsync})`);
    if (!['on', 'remote_apply'].includes(synchronous)) await client.query('SET synchronous_commit = on');
  }

  #unfit(why: string): Error {
    return coded('STORAGE_UNAVAILABLE', `${this.place}: ${why}`);
  }

  #session(client: pg.PoolClient): Session {
    const { place } = this;
    const { stream } = (client as unknown as { readonly connection: pg.Connection }).connection;
    return {
      together(send) {
        stream.cork();
        try {
          return send();
        } finally {
          stream.uncork();
        }
      },
      async run({ name, text, values = [], isPatient = false }) {
        try {
          const timing = isPatient ? { query_timeout: FOREVER_MS } : {};
          const { rows } = await client.query<Row>({ text, values: [...values], ...(name === undefined ? {} : { name }), ...timing });
          return rows;
        } catch (error) {
          throw translate(error, place);
        }
      },
      async script(text) {
        try {
          const results: unknown = await client.query(text);
          const all = (Array.isArray(results) ? results : [results]) as pg.QueryResult<Row>[];
          return { command: all.at(-1)?.command ?? '', rows: all.flatMap(({ rows }) => rows) };
        } catch (error) {
          throw translate(error, place);
        }
      },
    };
  }

  #options(): pg.ClientConfig {
    const { host, port, user, database, tls, connectSeconds, answerSeconds } = this.#address;
    return {
      host,
      port,
      user,
      database,
      ssl: tls,
      password: () => findPassword(this.#address),
      application_name: 'toka',
      connectionTimeoutMillis: connectSeconds * 1000,
      query_timeout: answerSeconds * 1000 + GRACE_MS,
      keepAlive: true,
      pipeline: true,
      types: { getTypeParser },
    };
  }
}

/** Numbers are numbers here: positions and times stay below 2^53. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  20: Number,
  23: Number,
};

function getTypeParser(type: number): (text: string) => unknown {
  return PARSERS[type] ?? String;
}
