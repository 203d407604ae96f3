import type { DatabaseSync } from 'node:sqlite';
import { nativeDigest } from '../../digest.ts';
import { GENESIS, leafHash, type Link } from '../chain.ts';
import { appendLeaf, EMPTY_RANGE } from '../merkle.ts';

/** "toka" in ASCII, in the header of each journal. */
export const APPLICATION_ID = 0x746f6b61;

/** What a version of the format holds, by name, as SQLite keeps the text. */
type Statements = Readonly<Record<string, string>>;

/** `events` is the truth. Positions have no gaps. */
const RECORD: Statements = {
  events: `CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  body TEXT NOT NULL,
  hash BLOB NOT NULL,
  UNIQUE (run, seq)
) STRICT`,
};

/** What format 1 kept beside the events. */
const SUMMARIES: Statements = {
  runs: `CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  head INTEGER NOT NULL,
  hash BLOB NOT NULL,
  status TEXT NOT NULL AS (state ->> '$.status') STORED,
  tool TEXT AS (state ->> '$.tool') STORED,
  parent TEXT AS (state ->> '$.parent') STORED,
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
  runs_parent: 'CREATE INDEX runs_parent ON runs (parent, id) WHERE parent IS NOT NULL',
  blobs: `CREATE TABLE blobs (
  hash BLOB PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT`,
};

/** `log` holds the nodes of each position, apart from its event, so that what is taken out can still be named. */
const LOG: Statements = {
  log: `CREATE TABLE log (
  position INTEGER PRIMARY KEY,
  nodes BLOB NOT NULL
) STRICT`,
};

/** What format 2 kept beside the events and the log. */
const COUNTS: Statements = {
  checkpoints: `CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL
) STRICT`,
  ledger: `CREATE TABLE ledger (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  until INTEGER
) STRICT, WITHOUT ROWID`,
};

/** All that is no event, by key; and the keys by which an event is known to its stream. */
const ENTRIES: Statements = {
  entries: `CREATE TABLE entries (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL,
  until INTEGER
) STRICT, WITHOUT ROWID`,
  entries_until: 'CREATE INDEX entries_until ON entries (until) WHERE until IS NOT NULL',
};
const EVENT_KEYS: Statements = {
  events_key: 'CREATE UNIQUE INDEX events_key ON events (run, key) WHERE key IS NOT NULL',
};

/** Adding a column leaves this behind. */
const RECORD_WITH_KEYS: Statements = { events: (RECORD['events'] ?? '').replace('hash BLOB NOT NULL', 'hash BLOB NOT NULL, key TEXT') };

/** Brings what format 2 kept in tables of its own to where `keys.ts` says; what is damaged stays as damaged as it was. */
const MOVE = `
INSERT INTO entries (key, value) SELECT 'run/' || id, CAST('{"head":' || head || ',"hash":"' || lower(hex(hash)) || '","state":' || state || '}' AS BLOB) FROM runs;
INSERT INTO entries (key, value) SELECT 'child/' || parent || '/' || id, x'' FROM runs WHERE parent IS NOT NULL;
INSERT INTO entries (key, value) SELECT 'blob/' || lower(hex(hash)), bytes FROM blobs;
INSERT INTO entries (key, value) SELECT 'checkpoint/' || printf('%016d', size), CAST(note AS BLOB) FROM checkpoints;
INSERT INTO entries (key, value, until) SELECT 'ledger/' || key, CAST(value AS BLOB), until FROM ledger;
DROP TABLE runs; DROP TABLE blobs; DROP TABLE checkpoints; DROP TABLE ledger`;

/**
 * Texts that are found by their words, from the first one on. They follow from the rest, so they are no part of a format; the words are kept
 * by FTS5 (https://www.sqlite.org/fts5.html), which makes the tables with an underscore and keeps no text.
 */
const DOCUMENTS: Statements = {
  documents: `CREATE TABLE documents (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE
) STRICT`,
  document_mark: `CREATE TABLE document_mark (
  mark TEXT NOT NULL
) STRICT`,
  document_words: `CREATE VIRTUAL TABLE document_words USING fts5 (words, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'")`,
};
const WORD_TABLES: Statements = {
  document_words_data: "CREATE TABLE 'document_words_data'(id INTEGER PRIMARY KEY, block BLOB)",
  document_words_idx: "CREATE TABLE 'document_words_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID",
  document_words_docsize: "CREATE TABLE 'document_words_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER)",
  document_words_config: "CREATE TABLE 'document_words_config'(k PRIMARY KEY, v) WITHOUT ROWID",
};

/** The formats that there were, oldest first: what each holds, and what brings a journal of the one before to it. */
const FORMATS: readonly { readonly holds: Statements; adopt?(db: DatabaseSync): void }[] = [
  { holds: { ...RECORD, ...SUMMARIES } },
  {
    holds: { ...RECORD, ...SUMMARIES, ...LOG, ...COUNTS },
    adopt(db) {
      make(db, { ...LOG, ...COUNTS });
      fillLog(db);
    },
  },
  {
    holds: { ...RECORD_WITH_KEYS, ...LOG, ...ENTRIES, ...EVENT_KEYS },
    adopt(db) {
      db.exec('ALTER TABLE events ADD COLUMN key TEXT');
      make(db, { ...ENTRIES, ...EVENT_KEYS });
      db.exec(MOVE);
    },
  },
];

/** The version that this toka writes; it reads all up to it. */
export const SCHEMA_VERSION: number = FORMATS.length;

/** Makes an empty journal of the present format; to be called inside a transaction. */
export function create(db: DatabaseSync): void {
  make(db, FORMATS.at(-1)?.holds ?? {});
  sign(db);
}

/** Makes room for documents; to be called inside a transaction. */
export function createDocuments(db: DatabaseSync): void {
  make(db, DOCUMENTS);
}

/** Removes all documents and their room. */
export function dropDocuments(db: DatabaseSync): void {
  for (const name of Object.keys(DOCUMENTS)) db.exec(`DROP TABLE ${name}`);
}

/** Brings the schema from a version to the present one; to be called inside a transaction. */
export function migrate(db: DatabaseSync, from: number): void {
  for (const { adopt } of FORMATS.slice(from)) adopt?.(db);
  sign(db);
}

/** Makes a copy in memory, in the present format, of a journal of an older one. */
export function modernCopy(db: DatabaseSync, version: number, copy: DatabaseSync): void {
  make(copy, FORMATS[version - 1]?.holds ?? {});
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[]) {
    // Without the columns that follow from others.
    const columns = (db.prepare('SELECT name FROM pragma_table_info(?)').all(name) as { name: string }[]).map((column) => column.name);
    const insert = copy.prepare(`INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
    for (const row of db.prepare(`SELECT ${columns.join(', ')} FROM ${name}`).iterate()) insert.run(...Object.values(row));
  }
  migrate(copy, version);
}

/**
 * Finds what a schema holds beyond ours, or lacks. A repository may bring its own journal, with triggers and views that would act for us.
 *
 * @param version Of the format that the file says it has.
 * @returns The first name that is not as it should be, or undefined.
 */
export function findForeignObject(db: DatabaseSync, version: number): string | undefined {
  const rows = db.prepare('SELECT name, sql FROM sqlite_schema').all() as { name: string; sql: string | null }[];
  const hasDocuments = version === SCHEMA_VERSION && rows.some(({ name }) => name === 'documents');
  const own = { ...FORMATS[version - 1]?.holds, ...(hasDocuments && { ...DOCUMENTS, ...WORD_TABLES }) };
  const foreign = rows.find(({ name, sql }) => (sql === null ? !name.startsWith('sqlite_autoindex_') : own[name] !== sql));
  if (foreign) return foreign.name;
  return Object.keys(own).find((name) => !rows.some((row) => row.name === name));
}

function sign(db: DatabaseSync): void {
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
}

function make(db: DatabaseSync, statements: Statements): void {
  for (const statement of Object.values(statements)) db.exec(statement);
}

/** Makes the log of a journal that had none. Where an event is missing so are its nodes, for verification to find. */
function fillLog(db: DatabaseSync): void {
  const hash = nativeDigest();
  const put = db.prepare('INSERT INTO log (position, nodes) VALUES (?, ?)');
  let range = EMPTY_RANGE;
  const events = db.prepare('SELECT position, run, seq, time, body FROM events ORDER BY position').iterate();
  for (const { position, ...link } of events as Iterable<Link & { readonly position: number }>) {
    while (range.size + 1 < position) ({ range } = appendLeaf(range, GENESIS, hash));
    const grown = appendLeaf(range, leafHash(link, hash), hash);
    put.run(position, Buffer.concat(grown.nodes));
    range = grown.range;
  }
}
