import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What a location that is a path takes on disk, with the log that SQLite keeps beside it; undefined where there is nothing. */
export function sizeOf(location: string): number | undefined {
  if (!lstatSync(location, { throwIfNoEntry: false })) return undefined;
  return bytesIn(location) + bytesIn(`${location}-wal`);
}

function bytesIn(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0);
}
