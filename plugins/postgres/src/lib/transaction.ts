import { type Appended, coded, FORGOTTEN, type NewEvent, type StorageTransaction } from '@toka/sdk';
import type { Session } from './connections.ts';
import { SqlDocuments } from './documents.ts';
import { asText, isText, SqlReader } from './reader.ts';

const COLUMNS = ['key', 'time', 'kind', 'principal', 'body', 'hash', 'nodes'];

/** A commit in the making, on a connection that holds the lock. */
export class SqlTransaction extends SqlReader implements StorageTransaction {
  /** Whether there is something that subscribers wait for. */
  hasEvents = false;
  readonly documents: SqlDocuments;

  constructor(session: Session, schema: string) {
    super(session, schema);
    this.documents = new SqlDocuments(session, schema);
  }

  async append(stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<Appended> {
    const appended = await this.tryAppend(stream, events, expectedVersion);
    if (!appended) return this.#explain(stream, events, expectedVersion);
    this.hasEvents = true;
    return appended;
  }

  /** Stores nothing, and returns undefined, where the stream is not as expected or knows one of the events. */
  async tryAppend(stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<Appended | undefined> {
    const position = await this.#store(stream, events, expectedVersion);
    return position === undefined ? undefined : { position, version: expectedVersion + 1, known: false };
  }

  async put(key: string, value: Uint8Array, until?: number): Promise<void> {
    await this.session.run({
      name: 'put',
      text: `INSERT INTO ${this.entries} (key, value, until) VALUES ($1, $2, $3)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until`,
      // A copy, since it is sent later.
      values: [key, Buffer.from(value), until ?? null],
    });
  }

  async remove(key: string): Promise<void> {
    await this.session.run({ name: 'remove', text: `DELETE FROM ${this.entries} WHERE key = $1`, values: [key] });
  }

  async prune(now: number): Promise<void> {
    await this.session.run({ name: 'prune', text: `DELETE FROM ${this.entries} WHERE until <= $1`, values: [now] });
  }

  async forget(stream: string, until: number): Promise<void> {
    await this.session.run({
      name: 'forget',
      text: `UPDATE ${this.events} SET body = $3, kind = NULL, principal = NULL WHERE stream = $1 AND version <= $2`,
      values: [stream, until, FORGOTTEN],
    });
  }

  /** Returns the position of the first, or undefined. */
  async #store(stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<number | undefined> {
    const rows = events.map(valuesOf);
    const [first] = rows;
    // A single one, the most frequent case, takes two thirds of the time without lists.
    const columns = first && rows.length === 1 ? first : COLUMNS.map((_, column) => rows.map((row) => row[column] ?? null));
    const statement = rows.length === 1 ? this.#one(events[0]?.key !== undefined) : this.#many();
    const [row] = await this.session.run({ ...statement, values: [stream, expectedVersion, ...columns] });
    return (row?.['position'] as number | null | undefined) ?? undefined;
  }

  #one(hasKey: boolean): { name: string; text: string } {
    return {
      name: hasKey ? 'append one' : 'append one without a key',
      text: `INSERT INTO ${this.events} (position, stream, version, ${COLUMNS.join(', ')})
        SELECT ${this.#last()} + 1, $1, $2::bigint + 1, $3::text, $4::bigint, $5::text, $6::text, $7::text, decode($8, 'hex'), decode($9, 'hex')
        WHERE $2::bigint = ${this.#head()}${hasKey ? ` AND NOT EXISTS (SELECT FROM ${this.events} AS stored WHERE stream = $1 AND stored.key = $3)` : ''}
        RETURNING position`,
    };
  }

  #many(): { name: string; text: string } {
    return {
      name: 'append',
      text: `WITH stored AS (
        INSERT INTO ${this.events} (position, stream, version, ${COLUMNS.join(', ')})
        SELECT ${this.#last()} + at, $1, $2 + at, added.key, added.time, added.kind, added.principal, added.body, decode(added.hash, 'hex'), decode(added.nodes, 'hex')
        FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) WITH ORDINALITY AS added (${COLUMNS.join(', ')}, at)
        WHERE $2::bigint = ${this.#head()}
          AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS wanted (key) WHERE (SELECT true FROM ${this.events} AS stored WHERE stream = $1 AND stored.key = wanted.key))
        RETURNING position
      ) SELECT min(position) AS position FROM stored`,
    };
  }

  #last(): string {
    return `coalesce((SELECT position FROM ${this.events} ORDER BY position DESC LIMIT 1), 0)`;
  }

  #head(): string {
    return `coalesce((SELECT version FROM ${this.events} WHERE stream = $1 ORDER BY version DESC LIMIT 1), 0)`;
  }

  /** Where events stand that are there already. */
  async #explain(stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<Appended> {
    const places = await this.session.run({
      name: 'explain',
      text: `SELECT (SELECT version FROM ${this.events} AS stored WHERE stream = $1 AND stored.key = wanted.key) AS version,
        (SELECT position FROM ${this.events} AS stored WHERE stream = $1 AND stored.key = wanted.key) AS position
        FROM unnest($2::text[]) WITH ORDINALITY AS wanted (key, at) ORDER BY at`,
      values: [stream, events.map(({ key }) => key ?? null)],
    });
    const [version, position] = [places[0]?.['version'] as number | null, places[0]?.['position'] as number];
    if (version !== null && (await this.#haveKeys(stream, version, events))) return { position, version, known: true };
    if (places.some((place) => place['version'] !== null)) {
      throw coded('STORAGE_CONFLICT', 'expected all events to add to be known by their keys, in their order, or none; found some');
    }
    const [head] = await this.session.run({ name: 'head', text: `SELECT coalesce(max(version), 0) AS version FROM ${this.events} WHERE stream = $1`, values: [stream] });
    throw coded('STORAGE_CONFLICT', `expected ${expectedVersion} events in ${stream}, found ${String(head?.['version'])}`);
  }

  /** Whether the events that stand from there on have these keys, or none where these have none. */
  async #haveKeys(stream: string, version: number, events: readonly NewEvent[]): Promise<boolean> {
    const standing = await this.session.run({
      name: 'standing',
      text: `SELECT key FROM ${this.events} WHERE stream = $1 AND version >= $2 ORDER BY version LIMIT $3`,
      values: [stream, version, events.length],
    });
    return standing.length === events.length && standing.every((row, at) => row['key'] === (events[at]?.key ?? null));
  }
}

/** What is stored of an event beside its place, in the order of `COLUMNS`. */
function valuesOf({ key, time, body, hash, nodes }: NewEvent): (string | number | null)[] {
  if (!isText(body)) throw coded('STORAGE_INVALID', 'expected a body of Unicode without a zero, found another');
  try {
    const { type, principal } = JSON.parse(body) as { type?: unknown; principal?: unknown };
    return [key ?? null, time, asText(type) ?? null, asText(principal) ?? null, body, hash, nodes];
  } catch (cause) {
    throw coded('STORAGE_INVALID', 'expected the text of a JSON object as body, found another', { cause });
  }
}
