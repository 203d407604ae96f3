import type { Documents, SearchPage, SearchResult, SearchTerm } from '@toka/sdk';
import type { Session, Value } from './connections.ts';
import { DOCUMENTS } from './schema.ts';

/** The id under which the mark stands, which no document has. */
const MARK = '';

/** PostgreSQL keeps so many places of a word, and counts up to there: https://www.postgresql.org/docs/current/textsearch-limitations.html */
const PLACES = 255;
const LAST_PLACE = 16_383;

/** The documents of a schema inside of a transaction that holds the lock; the table is made with the first. */
export class SqlDocuments implements Documents {
  readonly #session: Pick<Session, 'run' | 'script'>;
  readonly #schema: string;
  readonly #table: string;

  constructor(session: Pick<Session, 'run' | 'script'>, schema: string) {
    this.#session = session;
    this.#schema = schema;
    this.#table = tableOf(schema);
  }

  async put(id: string, text: string): Promise<void> {
    await this.#set(id, text, lexemes(text));
  }

  async remove(id: string): Promise<void> {
    if (await this.#isThere()) await this.#session.run({ text: `DELETE FROM ${this.#table} WHERE id = $1`, values: [id] });
  }

  async clear(): Promise<void> {
    if (await this.#isThere()) await this.#session.run({ text: `DELETE FROM ${this.#table}` });
  }

  async marked(): Promise<string> {
    return (await this.#isThere()) ? markOf(this.#session, this.#schema) : '';
  }

  async mark(note: string): Promise<void> {
    await this.#set(MARK, note, '');
  }

  async #set(id: string, words: string, vector: string): Promise<void> {
    if (!(await this.#isThere())) await this.#session.script(DOCUMENTS.replaceAll('$', () => `"${this.#schema}"`));
    await this.#session.run({
      text: `INSERT INTO ${this.#table} (id, words, lexemes) VALUES ($1, $2, $3::tsvector)
        ON CONFLICT (id) DO UPDATE SET words = excluded.words, lexemes = excluded.lexemes`,
      values: [id, words, vector],
    });
  }

  async #isThere(): Promise<boolean> {
    return hasDocuments(this.#session, this.#schema);
  }
}

/** Searches within one moment, in which the planner may use the index of words, which leads to rows by a bitmap alone. */
export async function search(session: Session, schema: string, terms: readonly Required<SearchTerm>[], { limit, skip }: Required<SearchPage>): Promise<SearchResult> {
  if (!(await hasDocuments(session, schema))) return { hits: [], mark: '' };
  await session.script('SET LOCAL enable_bitmapscan = on');
  const values: Value[] = [terms.map(queryOf).join(' & '), limit, skip];
  // Places beyond the last one are all the same, so it is the text that says what follows what.
  const phrases = terms.filter(({ text }) => text.includes(' ')).map(({ text, prefix }) => ` AND strpos(' ' || words || ' ', $${values.push(` ${text}${prefix ? '' : ' '}`)}) > 0`);
  const rows = await session.run({
    text: `SELECT id, ts_rank(lexemes, $1::tsquery, 1) AS rank FROM ${tableOf(schema)} WHERE lexemes @@ $1::tsquery${phrases.join('')} ORDER BY 2 DESC, id DESC LIMIT $2 OFFSET $3`,
    values,
  });
  return { hits: rows.map((row) => ({ id: String(row['id']), rank: Number(row['rank']) })), mark: await markOf(session, schema) };
}

/** Whether there are any, and what they take. */
export async function hasDocuments(session: Pick<Session, 'run'>, schema: string): Promise<boolean> {
  const [row] = await session.run({ text: 'SELECT to_regclass($1) IS NOT NULL AS "isThere"', values: [tableOf(schema)] });
  return row?.['isThere'] === true;
}

export function tableOf(schema: string): string {
  return `"${schema}".documents`;
}

async function markOf(session: Pick<Session, 'run'>, schema: string): Promise<string> {
  const [row] = await session.run({ text: `SELECT words FROM ${tableOf(schema)} WHERE id = $1`, values: [MARK] });
  return row ? String(row['words']) : '';
}

/** Words hold nothing but letters, digits, marks and _, so none can end the quotes. */
function queryOf({ text, prefix }: Required<SearchTerm>): string {
  const words = text.split(' ').map((word) => `'${word}'`);
  return words.join(' & ') + (prefix ? ':*' : '');
}

/** The words with their places, as PostgreSQL reads them. */
function lexemes(text: string): string {
  const places = new Map<string, number[]>();
  if (text === '') return '';
  for (const [at, word] of text.split(' ').entries()) {
    const own = places.get(word) ?? [];
    if (own.length < PLACES && at < LAST_PLACE) own.push(at + 1);
    places.set(word, own);
  }
  return Array.from(places, ([word, own]) => `'${word}'${own.length === 0 ? '' : `:${own.join(',')}`}`).join(' ');
}
