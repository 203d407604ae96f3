import { type Appended, coded, type NewEvent, type StorageTransaction } from '@toka/sdk';
import { asText, isText, SqlReader } from './reader.ts';

/** A commit in the making, on a connection that holds the lock. */
export class SqlTransaction extends SqlReader implements StorageTransaction {
  /** Whether there is something that subscribers wait for. */
  hasEvents = false;

  async append(stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<Appended> {
    const position = await this.#store(stream, events, expectedVersion);
    if (position === undefined) return this.#explain(stream, events, expectedVersion);
    this.hasEvents = true;
    return { position, version: expectedVersion + 1, known: false };
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

  /** Returns the position of the first, or undefined: nothing is stored where the stream is not as expected. */
  async #store(stream: string, events: readonly NewEvent[], expectedVersion: number): Promise<number | undefined> {
    const members = events.map(membersOf);
    const [row] = await this.session.run({
      name: 'append',
      text: `WITH stored AS (
        INSERT INTO ${this.events} (position, stream, version, key, time, kind, principal, body, hash, nodes)
        SELECT log.position + at, $1, $2 + at, added.key, added.time, added.kind, added.principal, added.body, decode(added.hash, 'hex'), decode(added.nodes, 'hex')
        FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) WITH ORDINALITY
          AS added (key, time, kind, principal, body, hash, nodes, at),
          (SELECT coalesce((SELECT position FROM ${this.events} ORDER BY position DESC LIMIT 1), 0) AS position) AS log
        WHERE $2::bigint = coalesce((SELECT version FROM ${this.events} WHERE stream = $1 ORDER BY version DESC LIMIT 1), 0)
          AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS wanted (key) WHERE (SELECT true FROM ${this.events} AS stored WHERE stream = $1 AND stored.key = wanted.key))
        RETURNING position
      ) SELECT min(position) AS position FROM stored`,
      values: [
        stream,
        expectedVersion,
        events.map(({ key }) => key ?? null),
        events.map(({ time }) => time),
        members.map(({ kind }) => kind),
        members.map(({ principal }) => principal),
        events.map(({ body }) => body),
        events.map(({ hash }) => hash),
        events.map(({ nodes }) => nodes),
      ],
    });
    return (row?.['position'] as number | null) ?? undefined;
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
    const version = places[0]?.['version'] as number | null;
    if (version !== null && places.every((place, at) => place['version'] === version + at)) return { position: places[0]?.['position'] as number, version, known: true };
    if (places.some((place) => place['version'] !== null)) {
      throw coded('STORAGE_CONFLICT', 'expected all events to add to be known by their keys, in their order, or none; found some');
    }
    const [head] = await this.session.run({ name: 'head', text: `SELECT coalesce(max(version), 0) AS version FROM ${this.events} WHERE stream = $1`, values: [stream] });
    throw coded('STORAGE_CONFLICT', `expected ${expectedVersion} events in ${stream}, found ${String(head?.['version'])}`);
  }
}

/** What queries ask for of an event. */
function membersOf({ body }: NewEvent): { kind: string | null; principal: string | null } {
  if (!isText(body)) throw coded('STORAGE_INVALID', 'expected a body of Unicode without a zero, found another');
  try {
    const { type, principal } = JSON.parse(body) as { type?: unknown; principal?: unknown };
    return { kind: asText(type) ?? null, principal: asText(principal) ?? null };
  } catch (cause) {
    throw coded('STORAGE_INVALID', 'expected the text of a JSON object as body, found another', { cause });
  }
}
