import { DatabaseSync } from 'node:sqlite';
import { TokaError } from '../errors.ts';

/** So long another process may hold the lock; what is done under it takes milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Does something while no other process does anything under the same lock. SQLite takes it from the operating system, which lets it go when
 * a process dies, however it dies: a lock file of our own would stay.
 *
 * @param file Holds the lock and nothing else; its folder exists.
 */
export function withFileLock<T>(file: string, work: () => T): T {
  const release = holdFileLock(file);
  try {
    return work();
  } finally {
    release();
  }
}

/** The same for work that waits: holds the lock until what is returned is called. */
export function holdFileLock(file: string): () => void {
  const database = locked(file);
  return () => database.close();
}

function locked(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: PATIENCE_MS });
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database?.close();
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot lock ${file}`, { cause, hint: 'is its folder writable, and does another toka hang?' });
  }
}
