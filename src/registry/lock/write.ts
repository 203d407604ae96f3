import { TokaError } from '../../errors.ts';
import type { LockEntry, LockFile } from '../../manifest/lock-file.ts';
import { replaceFile } from '../../replace-file.ts';

/** A lock of these tools in the oldest version that holds it, sorted by their code units, which is the same on every machine. */
export function lockOf(tools: Readonly<Record<string, LockEntry>>): LockFile {
  const hasPlugins = Object.values(tools).some(({ integrity }) => integrity !== undefined);
  return { lockVersion: hasPlugins ? 2 : 1, tools: Object.fromEntries(Object.entries(tools).toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The text of a lock: a member on each line, so that a change in git shows what changed. Tools stand in the order given. */
export function printLock({ lockVersion, tools }: LockFile): string {
  return `${JSON.stringify({ lockVersion, tools }, undefined, 2)}\n`;
}

/**
 * Puts a text in place of a lock.
 *
 * @throws TokaError TOKA_FS_FAILED
 */
export function writeLock(file: string, text: string): void {
  try {
    replaceFile(file, text, 0o666);
  } catch (cause) {
    throw new TokaError('TOKA_FS_FAILED', `cannot write ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'check the permissions and the free space of that folder',
    });
  }
}
