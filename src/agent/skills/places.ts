import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A folder that skills, or commands, come from. */
export interface Place {
  readonly folder: string;
  /** What it must lie in, links followed. */
  readonly within: string;
  readonly isTrusted: boolean;
}

export interface Surroundings {
  /** The user's folder for toka, and their home. */
  readonly config: string;
  readonly home: string;
  readonly root: string;
  readonly isProjectTrusted: boolean;
}

/** Where the field keeps them, the nearest first: the first of a name counts. */
export function placesOf(kind: 'skills' | 'commands', { config, home, root, isProjectTrusted }: Surroundings): Place[] {
  const project = ['.toka', '.agents', '.claude'].map((name) => ({ folder: join(root, name, kind), within: root, isTrusted: isProjectTrusted }));
  const user = [config, join(home, '.agents'), join(home, '.claude')].map((name) => ({ folder: join(name, kind), within: home, isTrusted: true }));
  const own = { folder: join(config, kind), within: config, isTrusted: true };
  return [...project, own, ...user.slice(1)];
}

/** The names in a folder, in order; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
