import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing, as `mkdirSync` with `recursive` does, which never returns where a folder is there in which
 * none can be made (`/proc`). Throws the error of the operating system.
 *
 * @param mode Of each that is made, less what the mask of the process takes away. Default 0o777.
 * @returns The topmost that was made; undefined where all were there.
 */
export function makeFolder(path: string, mode = 0o777): string | undefined {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    const found = statSync(at, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) break;
    if (found || dirname(at) === at) {
      mkdirSync(path, mode);
      return path;
    }
    missing.push(at);
  }
  for (const folder of missing.toReversed()) makeOne(folder, mode);
  return missing.at(-1);
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    // Another process may have been faster.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
