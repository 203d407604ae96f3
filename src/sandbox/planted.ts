import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { PROTECTED } from '../capability/protected.ts';
import { projectFolders } from './mounts.ts';
import type { SandboxPlan } from './plan.ts';

/**
 * Watches for files that a run makes where there were none and that other programs obey (a git hook, an editor's tasks, a shell's start-up file).
 * What exists is mounted read-only; what does not exist yet cannot be.
 *
 * @returns a function that tells, after the run, which are new
 */
export function watchForPlanted({ mounts, cwd }: Pick<SandboxPlan, 'mounts' | 'cwd'>): () => string[] {
  const written = mounts.filter(({ access }) => access === 'write');
  const folders = new Set(written.flatMap(({ path }) => projectFolders(path, cwd)));
  const absent = [...folders].flatMap((folder) => PROTECTED.map((name) => join(folder, name))).filter((path) => !exists(path));
  return () => absent.filter(exists);
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A file, or a folder that this user may not look into, has nothing below it to obey.
    return false;
  }
}
