import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All that lies in a folder, and in the folders in it. Links are among it and are not followed, while `recursive` of Node.js follows them: out of the
 * folder, and round in circles.
 */
export function* entriesBelow(folder: string): Generator<Dirent> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    yield entry;
    if (entry.isDirectory()) yield* entriesBelow(join(folder, entry.name));
  }
}
