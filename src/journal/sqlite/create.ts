import { closeSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { unavailable } from './failures.ts';
import { create } from './schema.ts';

/**
 * Makes an empty journal. It is built beside its place and linked there, so that nobody ever sees half of one and of several processes
 * at once one wins; an empty file is therefore always a damaged journal.
 *
 * @param file Where, absolute; one that is there stays.
 * @throws TokaError `TOKA_STATE_UNAVAILABLE` on a file system without hard links. Other errors come as the system reports them.
 */
export function createDatabase(file: string): void {
  const draft = `${file}.new-${process.pid}-${process.hrtime.bigint()}`;
  try {
    closeSync(openSync(draft, 'wx', 0o600));
    build(draft);
    link(draft, file);
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true });
  }
  syncPath(dirname(file));
}

function build(draft: string): void {
  const db = new DatabaseSync(draft);
  try {
    db.exec('PRAGMA synchronous = FULL; BEGIN');
    create(db);
    db.exec('COMMIT; PRAGMA journal_mode = WAL');
  } finally {
    db.close();
  }
}

function link(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') {
      throw unavailable(file, 'its file system has no hard links', error, 'move the project to a file system of this machine');
    }
    throw error;
  }
}

/** Writes to the disk what is known of a file or a folder. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
