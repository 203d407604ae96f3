import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isCoded } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { createDatabase } from './create.ts';
import { damaged, translate, unavailable } from './failures.ts';
import { checkFolder, findFile, prepareFolder } from './guard.ts';
import { APPLICATION_ID, create, findForeignObject, migrate, modernCopy, SCHEMA_VERSION } from './schema.ts';

/** The first SQLite without the WAL-reset bug, https://www.sqlite.org/wal.html#walresetbug, which loses commits of several processes. */
const OLDEST_SQLITE = [3, 51, 3] as const;

/** Of which format the file is that a copy in memory was made of. */
const formats = new WeakMap<DatabaseSync, number>();

/** The format of the file that an open database stands for. */
export function formatOf(db: DatabaseSync): number {
  return formats.get(db) ?? SCHEMA_VERSION;
}

export interface DatabaseOptions {
  /** A folder above the file below which no folder may be a symlink. */
  readonly root?: string;
  /** Default false. */
  readonly readOnly?: boolean;
  /** How long to wait for other processes' locks, milliseconds. Default 30,000: SQLite's lock is not fair. */
  readonly busyMs?: number;
}

/**
 * Opens the journal's database, durable and with a schema that is exactly ours; makes one where there is none.
 *
 * @param file Absolute.
 * @returns An open connection. For a reader where there is no file: one that is empty and stays so; where it is of an older format: a copy
 *   in memory of the present one.
 * @throws `STORAGE_UNAVAILABLE`, `STORAGE_DAMAGED`; TokaError `TOKA_RUNTIME_UNAVAILABLE` for an SQLite that is too old.
 */
export function openDatabase(file: string, { root, readOnly = false, busyMs = 30_000 }: DatabaseOptions = {}): DatabaseSync {
  requireSqlite(process.versions.sqlite);
  try {
    if (readOnly) checkFolder(file, root);
    else prepareFolder(file, root);
    if (!findFile(file, readOnly)) {
      if (readOnly) return emptyDatabase();
      createDatabase(file);
    }
    return readOnly ? openForReading(file, busyMs) : openForWriting(file, busyMs);
  } catch (error) {
    throw translate(error, file);
  }
}

/** @throws TokaError `TOKA_RUNTIME_UNAVAILABLE` if the version is older than the first one that is safe for several processes. */
export function requireSqlite(version: string | undefined): void {
  const found = (version ?? '0').split('.').map(Number);
  const difference = OLDEST_SQLITE.map((part, index) => (found[index] ?? 0) - part).find((part) => part !== 0) ?? 0;
  if (difference >= 0) return;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `expected SQLite ${OLDEST_SQLITE.join('.')} or newer in Node, found ${version}`, {
    hint: 'older ones can lose commits when two processes write (sqlite.org/wal.html#walresetbug): use a newer Node',
  });
}

function openForWriting(file: string, busyMs: number): DatabaseSync {
  const db = connect(file, 'mode=rw', { timeout: busyMs });
  try {
    if (configure(db, file) < SCHEMA_VERSION) upgrade(db, file);
    const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
    if (mode !== 'wal') throw unavailable(file, `its file system does not support a write-ahead log (journal mode ${String(mode)})`);
    shortenLog(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Pages of the log, from which on it is worth the two fsyncs to empty it. */
const LONG_LOG = 100;

/**
 * A process that comes alone reads the whole log that is left from those before it, at 10 µs a page, since none of them closes the file.
 * By itself SQLite lets it grow to 1000 pages, which is right for a process that goes on writing.
 */
function shortenLog(db: DatabaseSync): void {
  const { log } = db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as { log: number };
  if (log > LONG_LOG) db.exec('PRAGMA wal_checkpoint(PASSIVE)');
}

/** Brings a journal of an older toka to the present format; of several processes that open it at once, one does so and the others wait. */
function upgrade(db: DatabaseSync, file: string): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const { events, last } = db.prepare('SELECT count(*) AS events, max(position) AS last FROM events').get() as { events: number; last: number | null };
    if (events !== (last ?? 0)) throw damaged(file, `of ${last} events some are missing`);
    migrate(db, versionOf(db));
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

function openForReading(file: string, busyMs: number): DatabaseSync {
  try {
    return openReader(file, 'mode=ro', busyMs);
  } catch (error) {
    // On read-only media SQLite cannot make the shared memory of a write-ahead log; without a log it needs none.
    const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
    if (isStorageError(error) || (log && log.size > 0)) throw error;
    return openReader(file, 'mode=ro&immutable=1', busyMs);
  }
}

function openReader(file: string, parameters: string, busyMs: number): DatabaseSync {
  const db = connect(file, parameters, { readOnly: true, timeout: busyMs });
  try {
    const version = configure(db, file);
    if (version === SCHEMA_VERSION) return db;
    const copy = copied(db, version);
    db.close();
    return copy;
  } catch (error) {
    if (db.isOpen) db.close();
    throw error;
  }
}

function isStorageError(error: unknown): boolean {
  return isCoded(error) && error.code.startsWith('STORAGE_');
}

/** Of one moment, since another process may go on writing. */
function copied(db: DatabaseSync, version: number): DatabaseSync {
  const copy = new DatabaseSync(':memory:');
  db.exec('BEGIN');
  try {
    modernCopy(db, version, copy);
  } finally {
    db.exec('ROLLBACK');
  }
  copy.exec('PRAGMA query_only = ON');
  formats.set(copy, version);
  return copy;
}

function connect(file: string, parameters: string, options: { readOnly?: boolean; timeout: number }): DatabaseSync {
  const url = pathToFileURL(file);
  url.search = parameters;
  return new DatabaseSync(url, { ...options, defensive: true });
}

/** Settings for files of unknown origin: https://www.sqlite.org/security.html. Returns the version of the file's format. */
function configure(db: DatabaseSync, file: string): number {
  db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL');
  const { synchronous } = db.prepare('PRAGMA synchronous').get() as { synchronous: number };
  if (synchronous !== 2) throw unavailable(file, `SQLite does not write durably (synchronous is ${synchronous}, not 2)`);
  // Of one moment: another process may bring an older journal to the present format in between.
  db.exec('BEGIN');
  try {
    return checkFormat(db, file);
  } finally {
    db.exec('ROLLBACK');
  }
}

function checkFormat(db: DatabaseSync, file: string): number {
  const { id, version } = db.prepare('SELECT application_id AS id, user_version AS version FROM pragma_application_id, pragma_user_version').get() as {
    id: number;
    version: number;
  };
  if (id !== APPLICATION_ID || version < 1) throw damaged(file, 'the file is something else');
  if (version > SCHEMA_VERSION) {
    throw unavailable(file, `it was written by a newer toka (format ${version}, known is ${SCHEMA_VERSION})`, undefined, 'update toka');
  }
  const foreign = findForeignObject(db, version);
  if (foreign !== undefined) throw damaged(file, `its schema is not toka's: ${foreign}`);
  return version;
}

function emptyDatabase(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  create(db);
  db.exec('PRAGMA query_only = ON');
  return db;
}
