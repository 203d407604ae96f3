import type { DatabaseSync } from 'node:sqlite';

/** "toka" in ASCII, in the header of each journal. */
export const APPLICATION_ID = 0x746f6b61;

/**
 * What each version adds to the one before; a schema is all of them together. `events` is the truth. `runs` is a summary written in the same
 * commit: `head` and `hash` are the last event's seq and chain hash, `state` the reducer's state as JSON. A change of the reducer's state is a
 * new version, whose step writes `state` anew. Positions have no gaps. `ledger` holds what is counted beside the events; it proves nothing.
 */
const VERSIONS: readonly Readonly<Record<string, string>>[] = [
  {
    events: `CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  body TEXT NOT NULL,
  hash BLOB NOT NULL,
  UNIQUE (run, seq)
) STRICT`,
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
  },
  {
    ledger: `CREATE TABLE ledger (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  until INTEGER
) STRICT, WITHOUT ROWID`,
  },
];

/** The version that this toka writes; it reads those before. */
export const SCHEMA_VERSION: number = VERSIONS.length;

/** Brings the schema from a version to the present one; to be called inside a transaction. */
export function migrate(db: DatabaseSync, from: number): void {
  for (const step of VERSIONS.slice(from)) for (const statement of Object.values(step)) db.exec(statement);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/**
 * Finds what a schema holds beyond ours, or lacks. A repository may bring its own journal, with triggers and views that would act for us.
 *
 * @param version That of the file.
 * @returns The first name that is not as it should be, or undefined.
 */
export function findForeignObject(db: DatabaseSync, version: number): string | undefined {
  const statements: Readonly<Record<string, string>> = Object.assign({}, ...VERSIONS.slice(0, version)) as Record<string, string>;
  const rows = db.prepare('SELECT name, sql FROM sqlite_schema').all() as { name: string; sql: string | null }[];
  const foreign = rows.find(({ name, sql }) => (sql === null ? !name.startsWith('sqlite_autoindex_') : statements[name] !== sql));
  if (foreign) return foreign.name;
  return Object.keys(statements).find((name) => !rows.some((row) => row.name === name));
}
