import { dirname, join, relative } from 'node:path';
import type { MemoryFile } from '../../pipeline/agent/port.ts';
import { readOwnText } from './own-text.ts';

/** Bytes of one file of memory, and of all together: they stand in each request. */
const MAX_BYTES = 32 * 1024;
const MAX_TOTAL = 64 * 1024;
/** Names of such a file, the preferred first; one in each folder counts. */
const NAMES = ['AGENTS.md', 'CLAUDE.md'];

export interface MemoryPlaces {
  /** The user's folder for toka. */
  readonly config: string;
  /** The project's root, and the folder that is worked in. */
  readonly root: string;
  readonly cwd: string;
  readonly isProjectTrusted: boolean;
}

export interface Memory {
  readonly memory: readonly MemoryFile[];
  readonly problems: readonly string[];
}

/** The memory of the user and of each folder from the root down to where the agent works, the nearest last. */
export function loadMemory({ config, root, cwd, isProjectTrusted }: MemoryPlaces): Memory {
  const memory: MemoryFile[] = [];
  const problems: string[] = [];
  let left = MAX_TOTAL;
  const take = (folder: string, within: string, path: (name: string) => string, isTrusted: boolean): void => {
    for (const name of NAMES) {
      const found = readOwnText(join(folder, name), within, Math.min(MAX_BYTES, left));
      if (!found) continue;
      if ('problem' in found) problems.push(`${path(name)} is left out: ${found.problem}`);
      else if (found.text.trim() !== '') {
        memory.push({ path: path(name), text: found.text, isTrusted });
        left -= Buffer.byteLength(found.text);
      }
      return;
    }
  };
  take(config, config, (name) => `your own ${name}`, true);
  for (const folder of foldersTo(root, cwd)) take(folder, root, (name) => relative(root, join(folder, name)), isProjectTrusted);
  return { memory, problems };
}

function foldersTo(root: string, cwd: string): string[] {
  if (cwd === root || !cwd.startsWith(`${root}/`)) return [root];
  return [...foldersTo(root, dirname(cwd)), cwd];
}
