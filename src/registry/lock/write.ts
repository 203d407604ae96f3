import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { TokaError } from '../../errors.ts';
import type { LockEntry, LockFile } from '../../manifest/lock-file.ts';

/** A lock of these tools, sorted by their code units, which is the same on every machine. */
export function lockOf(tools: Readonly<Record<string, LockEntry>>): LockFile {
  return { lockVersion: 1, tools: Object.fromEntries(Object.entries(tools).toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The text of a lock: a member on each line, so that a change in git shows what changed. Tools stand in the order given. */
export function printLock({ lockVersion, tools }: LockFile): string {
  return `${JSON.stringify({ lockVersion, tools }, undefined, 2)}\n`;
}

/**
 * Puts a text in place of a file in one step: whoever reads meanwhile sees the old or the new one.
 *
 * @throws TokaError TOKA_FS_FAILED
 */
export function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.${Date.now()}`;
  try {
    const fd = openSync(temporary, 'wx', 0o666);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (cause) {
    remove(temporary);
    throw new TokaError('TOKA_FS_FAILED', `cannot write ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'check the permissions and the free space of that folder',
    });
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Where nothing can be written there is nothing to remove.
  }
}
