import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksum } from '../checksum.ts';
import { makeFolder } from '../make-folder.ts';

/**
 * Which tools of this user ran in a sandbox lately: a folder for each name, and in it, for each folder that toka was started in, what that sandbox was
 * made of. The next run of one gets its sandbox while its command is still being loaded. It is a guess: a sandbox that was made in vain has run
 * nothing, and ends with its process.
 */
const FOLDER = 'sandboxes';

/** The forms of names that can be the name of a folder anywhere. */
const NAME = /^[a-z0-9][a-z0-9-]{0,99}$/;

/** The name of the tool stands behind few flags. */
const WORDS = 8;

const RUNS_NOTHING = ['--dry-run', '--help', '-h', '--engine', '--detach'];

/** What is known of the sandbox that a run is likely to need. */
export interface SandboxGuess {
  /** What it was made of. */
  readonly text: string | undefined;
  /** Keeps that for the next run. */
  keep(text: string): void;
}

/**
 * @param words what stands behind `toka run`
 * @returns undefined for a run that is likely to need no sandbox
 */
export function guessSandbox(cache: string, words: readonly string[]): SandboxGuess | undefined {
  if (words.some((word) => RUNS_NOTHING.includes(word))) return undefined;
  const name = words.slice(0, WORDS).find((word) => NAME.test(word) && existsSync(join(cache, FOLDER, word)));
  if (name === undefined) return undefined;
  const file = join(cache, FOLDER, name, checksum(workingFolder()));
  return { text: read(file), keep: (text) => keep(file, text) };
}

/** Remembers that a tool runs in a sandbox. */
export function rememberSandboxed(cache: string, name: string): void {
  const folder = join(cache, FOLDER, name);
  if (!NAME.test(name) || existsSync(folder)) return;
  try {
    makeFolder(folder, 0o700);
  } catch {
    // It is not remembered then, which only costs time.
  }
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    // It was removed; the run will say so.
    return '';
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function keep(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch {
    // It is not kept then, which only costs time.
  }
}
