import { closeSync, copyFileSync, constants, existsSync, ftruncateSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isCoded } from '@toka/sdk';
import { syncPath } from './create.ts';
import { translate, unavailable } from './failures.ts';
import { findFile, prepareFolder } from './guard.ts';

/** So long other processes may finish what they do, milliseconds. */
const PATIENCE_MS = 5000;

/**
 * Puts a journal in the place of another at once, which is copied to a folder beside before. Whoever opens the old one in between, and waits
 * for its lock, finds it empty, which is no journal: two journals must never share a log.
 *
 * @param file The place.
 * @param fresh A journal that nothing has open, on the same file system.
 * @returns Where the old one is now.
 * @throws `STORAGE_UNAVAILABLE` while another process has it open.
 */
export function exchange(file: string, fresh: string, root?: string): string {
  try {
    prepareFolder(file, root);
    findOrLog(file);
    return swap(file, fresh);
  } catch (error) {
    throw translate(error, file);
  }
}

/** A log without its file is damage that may be replaced like any other. */
function findOrLog(file: string): void {
  try {
    findFile(file, false);
  } catch (error) {
    if (!isCoded(error) || error.code !== 'STORAGE_DAMAGED') throw error;
  }
}

function swap(file: string, fresh: string): string {
  const lock = lockAlone(file);
  try {
    const kept = keep(file);
    const old = existsSync(file) ? openSync(file, 'r+') : undefined;
    try {
      // What is left of a damaged one's log must not be taken for that of the fresh one.
      if (existsSync(`${file}-wal`)) for (const path of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) rmSync(path, { force: true });
      renameSync(fresh, file);
      syncPath(dirname(file));
      if (old !== undefined) ftruncateSync(old, 0);
    } finally {
      if (old !== undefined) closeSync(old);
    }
    return kept;
  } finally {
    lock?.close();
  }
}

/** Keeps everybody else out, with all that was committed in the one file; undefined where it is so damaged that nobody can use it. */
function lockAlone(file: string): DatabaseSync | undefined {
  if (!existsSync(file)) return undefined;
  const db = new DatabaseSync(file, { timeout: PATIENCE_MS });
  try {
    const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = DELETE').get() as { journal_mode: string };
    if (mode !== 'delete') throw inUse(file);
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    return db;
  } catch (error) {
    db.close();
    const reported = translate(error, file);
    if (isCoded(reported) && reported.code === 'STORAGE_DAMAGED') return undefined;
    throw isBusy(error) ? inUse(file, error) : error;
  }
}

function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
}

function inUse(file: string, cause?: unknown): Error {
  return unavailable(file, 'another process has it open', cause, 'end it, and do it again; nothing was changed');
}

function keep(file: string): string {
  const folder = mkdtempSync(`${file}.replaced-`);
  const place = join(folder, basename(file));
  try {
    for (const suffix of ['', '-wal']) {
      if (!existsSync(file + suffix)) continue;
      copyFileSync(file + suffix, place + suffix, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      syncPath(place + suffix);
    }
    syncPath(folder);
    return place;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
