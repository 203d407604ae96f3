import { hash, randomUUID } from 'node:crypto';
import { coded, type EngineConnection, type EngineHandler, type EngineOrder, type EngineStanding } from '@toka/sdk';
import { parseAddress } from './address.ts';
import { Connections, type Row } from './connections.ts';
import { Listener } from './listener.ts';
import { Worker } from './queue-worker.ts';
import { lockOf } from './schema.ts';

/** Beside the schema of the journal, which holds nothing but the journal. The body of what has ended is gone: a token may be in it. */
const TABLES = `CREATE SCHEMA IF NOT EXISTS "$";
  CREATE TABLE IF NOT EXISTS "$".orders (
    key text COLLATE "C" PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    body text,
    digest text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'working', 'done', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    worker uuid,
    lease timestamptz,
    cancelled boolean NOT NULL DEFAULT false,
    result text,
    ended timestamptz,
    CHECK ((ended IS NULL) = (body IS NOT NULL))
  );
  CREATE INDEX IF NOT EXISTS orders_open ON "$".orders (number) WHERE state IN ('waiting', 'working');
  CREATE INDEX IF NOT EXISTS orders_ended ON "$".orders (ended) WHERE ended IS NOT NULL`;

/** Opens the queue of an address; makes one where there is none. */
export async function openQueue(location: string): Promise<EngineConnection> {
  const address = parseAddress(location);
  const schema = `${address.schema}_engine`;
  const connections = new Connections(address);
  try {
    await connections.use(async (session) => {
      const [found] = await session.run({ text: `SELECT to_regclass($1 || '.orders') IS NOT NULL AS "isThere"`, values: [schema] });
      // Several processes may come at once: one makes it, the others wait.
      if (found?.['isThere'] !== true) await session.script(`BEGIN; SELECT ${lockOf(schema)}; ${TABLES.replaceAll('$', () => schema)}; COMMIT`);
    });
  } catch (error) {
    await connections.close();
    throw error;
  }
  return new Queue(connections, schema);
}

class Queue implements EngineConnection {
  readonly #connections: Connections;
  readonly #listener: Listener;
  readonly #schema: string;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#schema = schema;
    this.#listener = new Listener(connections, schema);
  }

  async submit({ key, body }: EngineOrder): Promise<'accepted' | 'duplicate'> {
    const text = JSON.stringify(body);
    const digest = hash('sha256', text);
    const [made] = await this.#run(`INSERT INTO $ (key, body, digest) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING RETURNING pg_notify($4, '')::text`, [key, text, digest, this.#schema]);
    if (made) return 'accepted';
    const [found] = await this.#run('SELECT digest FROM $ WHERE key = $1', [key]);
    if (found?.['digest'] === digest) return 'duplicate';
    throw coded('ENGINE_CONFLICT', `another order has the key ${key}`);
  }

  async status(key: string): Promise<EngineStanding> {
    const [row] = await this.#run('SELECT state, attempts, result FROM $ WHERE key = $1', [key]);
    return standing(key, row);
  }

  async result(key: string, signal: AbortSignal): Promise<EngineStanding> {
    for (;;) {
      const now = await this.status(key);
      if (hasEnded(now)) return now;
      await this.#listener.wait(async () => hasEnded(await this.status(key)), signal);
      signal.throwIfAborted();
    }
  }

  async cancel(key: string): Promise<EngineStanding> {
    const [row] = await this.#run(
      `UPDATE $ SET cancelled = cancelled OR state IN ('waiting', 'working'), state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END,
      body = CASE state WHEN 'waiting' THEN NULL ELSE body END, ended = CASE state WHEN 'waiting' THEN clock_timestamp() ELSE ended END
      WHERE key = $1 RETURNING state, attempts, result, pg_notify($2, '')::text`,
      [key, this.#schema],
    );
    return standing(key, row);
  }

  async work(handler: EngineHandler, { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal }): Promise<void> {
    const run = async (text: string, values: readonly (string | number | null)[]): Promise<Row[]> => this.#run(text, values);
    await new Worker({ id: randomUUID(), channel: this.#schema, run, wait: async (isLate, until) => this.#listener.wait(isLate, until) }, handler).work(concurrency, signal);
  }

  async close(): Promise<void> {
    await this.#listener.close();
    await this.#connections.close();
  }

  /** `$` followed by a space stands for the table. */
  async #run(text: string, values: readonly (string | number | null)[]): Promise<Row[]> {
    return this.#connections.run({ text: text.replaceAll(/\$(?=\s)/g, () => `"${this.#schema}".orders`), values });
  }
}

function standing(key: string, row: Row | undefined): EngineStanding {
  if (!row) throw coded('ENGINE_UNKNOWN', `no order has the key ${key}`);
  const { state, attempts, result } = row as { state: EngineStanding['state']; attempts: number; result: string | null };
  return { state, attempts, ...(result === null ? {} : { result: JSON.parse(result) as NonNullable<EngineStanding['result']> }) };
}

function hasEnded({ state }: EngineStanding): boolean {
  return state === 'done' || state === 'cancelled';
}
