import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MAX_BYTES } from '../capability/token/envelope.ts';
import { readTokenFile } from '../capability/token/open.ts';
import { MAX_LIFETIME } from '../capability/token/tokens.ts';
import { TokaError } from '../errors.ts';
import { parseDuration } from '../manifest/units.ts';
import type { Door } from './door.ts';

/** A token is given as a file or on standard input, never as a word: everybody on the machine can read the words of a command line. */
export async function readToken(from: string, door: Door): Promise<string> {
  if (from !== '-') return readTokenFile(resolve(door.cwd, from));
  let text = '';
  for await (const chunk of door.stdin) {
    text += String(chunk);
    // More than this is no token, whatever comes.
    if (text.length > MAX_BYTES + 2) break;
  }
  return text.trimEnd();
}

/** Writes a new file that only its user can read, never over another. */
export function writeToken(file: string, text: string): void {
  try {
    const fd = openSync(file, 'wx', 0o600);
    try {
      writeFileSync(fd, `${text}\n`);
    } catch (error) {
      // What was begun would be in the way of the next try.
      rmSync(file);
      throw error;
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new TokaError(exists ? 'TOKA_FS_EXISTS' : 'TOKA_FS_FAILED', exists ? `${file} exists already` : `cannot write ${file}: ${(cause as Error).message}`, {
      cause,
      hint: exists ? 'name a new file: who else could read this one is not known' : 'check the path, and the permissions and the free space of its folder',
    });
  }
}

/** What `--ttl` says, in seconds. */
export function lifetimeOf(text: string): number {
  const seconds = Math.floor((parseDuration(text) ?? 0) / 1000);
  if (seconds >= 1 && seconds <= MAX_LIFETIME) return seconds;
  throw new TokaError('TOKA_USAGE', `--ttl takes a duration from 1s to ${MAX_LIFETIME / 3600}h, found "${text}"`, { hint: 'write for instance --ttl 1h' });
}
