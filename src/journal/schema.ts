import type { DatabaseSync } from 'node:sqlite';
import { fillLog } from './log.ts';

/** "toka" in ASCII, in the header of each journal. */
export const APPLICATION_ID = 0x746f6b61;

/** What a version of the format holds beyond the one before, by name, as SQLite keeps the text. */
type Statements = Readonly<Record<string, string>>;

/**
 * `events` is the truth. `runs` is a summary written in the same commit: `head` and `hash` are the last event's seq and chain hash, `state`
 * the reducer's state as JSON. A change of the reducer's state is a new version, whose step writes `state` anew. Positions have no gaps.
 */
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

/** `log` is written in the commit of the events: `nodes` are the leaf and the roots of the perfect subtrees that end with it (see log.ts). */
const LOG: Statements = {
  log: `CREATE TABLE log (
  position INTEGER PRIMARY KEY,
  nodes BLOB NOT NULL
) STRICT`,
  checkpoints: `CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL
) STRICT`,
};

/** What is counted beside the events (see limits and budgets); it proves nothing. */
const LEDGER: Statements = {
  ledger: `CREATE TABLE ledger (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  until INTEGER
) STRICT, WITHOUT ROWID`,
};

/** What brings a journal from version n to n + 1. */
const STEPS: readonly { readonly adds: Statements; fill?(db: DatabaseSync): void }[] = [{ adds: RECORD }, { adds: { ...LOG, ...LEDGER }, fill: fillLog }];

/** The version that this toka writes; it reads all up to it. */
export const SCHEMA_VERSION: number = STEPS.length;

/** Brings the schema from a version to the present one; to be called inside a transaction. */
export function migrate(db: DatabaseSync, from: number): void {
  for (const { adds, fill } of STEPS.slice(from)) {
    for (const statement of Object.values(adds)) db.exec(statement);
    fill?.(db);
  }
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/**
 * Finds what a schema holds beyond ours, or lacks. A repository may bring its own journal, with triggers and views that would act for us.
 *
 * @param version Of the format that the file says it has.
 * @returns The first name that is not as it should be, or undefined.
 */
export function findForeignObject(db: DatabaseSync, version: number): string | undefined {
  const own: Statements = Object.fromEntries(STEPS.slice(0, version).flatMap(({ adds }) => Object.entries(adds)));
  const rows = db.prepare('SELECT name, sql FROM sqlite_schema').all() as { name: string; sql: string | null }[];
  const foreign = rows.find(({ name, sql }) => (sql === null ? !name.startsWith('sqlite_autoindex_') : own[name] !== sql));
  if (foreign) return foreign.name;
  return Object.keys(own).find((name) => !rows.some((row) => row.name === name));
}
