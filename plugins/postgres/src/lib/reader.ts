import type { Ends, EventFilter, EventPage, KeyRange, StorageEntry, StorageEvent, StorageReader } from '@toka/sdk';
import type { Row, Session, Value } from './connections.ts';

/** Reads by statements that it sends to a session: one transaction's, or whichever is free. */
export class SqlReader implements StorageReader {
  protected readonly session: Pick<Session, 'run'>;
  /** Of our tables, with their schema. */
  protected readonly events: string;
  protected readonly entries: string;

  constructor(session: Pick<Session, 'run'>, schema: string) {
    this.session = session;
    this.events = `"${schema}".events`;
    this.entries = `"${schema}".entries`;
  }

  async read(stream: string, { after = 0, limit }: EventPage): Promise<StorageEvent[]> {
    if (!isText(stream)) return [];
    return this.#select('read', 'WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3', [stream, after, limit]);
  }

  async readAll({ after = 0, limit }: EventPage): Promise<StorageEvent[]> {
    return this.#select('read all', 'WHERE position > $1 ORDER BY position LIMIT $2', [after, limit]);
  }

  async query(filter: EventFilter, { after, limit, order }: { after: number; limit: number; order: 'oldest' | 'newest' }): Promise<StorageEvent[]> {
    const { stream, from, to, text } = filter;
    // No event has a text that PostgreSQL cannot keep.
    if (![stream, text].every((each) => each === undefined || isText(each))) return [];
    const values: Value[] = [];
    const conditions: string[] = [];
    const demand = (value: Value | undefined, condition: (place: string) => string): void => {
      if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
    };
    demand(stream, (place) => `stream = ${place}`);
    demand(asText(filter.kind), (place) => `"left"(kind, 100) = "left"(${place}, 100) AND kind = ${place}`);
    demand(asText(filter.principal), (place) => `"left"(principal, 100) = "left"(${place}, 100) AND principal = ${place}`);
    demand(from, (place) => `time >= ${place}`);
    demand(to, (place) => `time < ${place}`);
    demand(text, (place) => `strpos(body, ${place}) > 0`);
    if (order === 'oldest' || after > 0) demand(after, (place) => `position ${order === 'oldest' ? '>' : '<'} ${place}`);
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    return this.#select(undefined, `${where} ORDER BY position ${order === 'oldest' ? 'ASC' : 'DESC'} LIMIT $${values.push(limit)}`, values);
  }

  async ends(): Promise<Ends> {
    const [row] = await this.session.run({
      name: 'ends',
      text: `SELECT coalesce((SELECT position FROM ${this.events} ORDER BY position DESC LIMIT 1), 0) AS events,
        coalesce((SELECT position FROM ${this.events} WHERE nodes IS NOT NULL ORDER BY position DESC LIMIT 1), 0) AS nodes`,
    });
    return row as unknown as Ends;
  }

  async nodes(positions: readonly number[]): Promise<(string | undefined)[]> {
    const rows = await this.session.run({
      name: 'nodes',
      text: `SELECT position, encode(nodes, 'hex') AS nodes FROM ${this.events} WHERE position = ANY ($1::bigint[]) AND nodes IS NOT NULL`,
      values: [positions],
    });
    const found = new Map(rows.map(({ position, nodes }) => [position, nodes as string]));
    return positions.map((position) => found.get(position));
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const [row] = await this.session.run({ name: 'get', text: `SELECT value FROM ${this.entries} WHERE key = $1`, values: [key] });
    return row && bytes(row);
  }

  async list({ prefix, after, reverse = false, limit }: KeyRange): Promise<StorageEntry[]> {
    const { values, conditions } = range(prefix);
    if (after !== undefined) conditions.push(`key ${reverse ? '<' : '>'} $${values.push(after)}`);
    const rows = await this.session.run({
      text: `SELECT key, value, until FROM ${this.entries} WHERE ${conditions.join(' AND ')} ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT $${values.push(limit)}`,
      values,
    });
    return rows.map((row) => ({ key: row['key'] as string, value: bytes(row), ...(row['until'] === null ? {} : { until: row['until'] as number }) }));
  }

  async count(prefix: string): Promise<number> {
    const { values, conditions } = range(prefix);
    const [row] = await this.session.run({ text: `SELECT count(*) AS count FROM ${this.entries} WHERE ${conditions.join(' AND ')}`, values });
    return row?.['count'] as number;
  }

  async #select(name: string | undefined, clauses: string, values: readonly Value[]): Promise<StorageEvent[]> {
    const rows = await this.session.run({
      ...(name === undefined ? {} : { name }),
      text: `SELECT position, stream, version, key, time, body, encode(hash, 'hex') AS hash, encode(nodes, 'hex') AS nodes FROM ${this.events} ${clauses}`,
      values,
    });
    return rows.map(event);
  }
}

/** A member of a body as it is kept beside it: escaped as in JSON, since PostgreSQL has no zero in a text. */
export function asText(member: unknown): string | undefined {
  return typeof member === 'string' ? JSON.stringify(member).slice(1, -1) : undefined;
}

/** Whether PostgreSQL keeps it as it is. */
export function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Keys that begin with a prefix stand together. */
function range(prefix: string): { values: Value[]; conditions: string[] } {
  const end = next(prefix);
  return end === undefined ? { values: [prefix], conditions: ['key >= $1'] } : { values: [prefix, end], conditions: ['key >= $1', 'key < $2'] };
}

/** The least text that comes after all that begin with a prefix; undefined where there is none. */
function next(prefix: string): string | undefined {
  const characters = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (characters.at(-1) === 0x10ffff) characters.pop();
  const last = characters.pop();
  if (last === undefined) return undefined;
  // Halves of surrogate pairs are no characters.
  return String.fromCodePoint(...characters, last === 0xd7ff ? 0xe000 : last + 1);
}

function event({ key, nodes, ...rest }: Row): StorageEvent {
  return { ...(rest as unknown as StorageEvent), nodes: (nodes as string | null) ?? '', ...(key === null ? {} : { key: key as string }) };
}

/** Of its own, and no Buffer: others compare what they get. */
function bytes({ value }: Row): Uint8Array {
  const { buffer, byteOffset, byteLength } = value as Buffer;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
