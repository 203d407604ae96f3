import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.ts';

/**
 * Which tools of this user ran in a sandbox lately: an empty file for each name. The next run of one gets its sandbox while its command is
 * still being loaded. It is a guess: a sandbox that was made in vain has run nothing, and ends with its process.
 */
const FOLDER = 'sandboxed';

/** The forms of names that can be the name of a file anywhere. */
const NAME = /^[a-z0-9][a-z0-9-]{0,99}$/;

/** The name of the tool stands behind few flags. */
const WORDS = 8;

const RUNS_NOTHING = ['--dry-run', '--help', '-h', '--engine', '--detach'];

/**
 * Whether a command line asks for a run that is likely to need a sandbox.
 *
 * @param words what stands behind `toka run`
 */
export function isSandboxLikely(cache: string, words: readonly string[]): boolean {
  return !words.some((word) => RUNS_NOTHING.includes(word)) && words.slice(0, WORDS).some((word) => NAME.test(word) && existsSync(join(cache, FOLDER, word)));
}

/** Remembers that a tool runs in a sandbox. */
export function rememberSandboxed(cache: string, name: string): void {
  const file = join(cache, FOLDER, name);
  if (!NAME.test(name) || existsSync(file)) return;
  try {
    makeFolder(join(cache, FOLDER), 0o700);
    writeFileSync(file, '');
  } catch {
    // It is not remembered then, which only costs time.
  }
}
