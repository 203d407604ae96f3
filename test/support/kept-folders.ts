import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Copies folders as they are now into a further one, and returns what puts them back: for tests that share what took long to make. */
export function keepFolders(folders: readonly string[], into: string): () => void {
  const copy = (from: string, to: string): void => cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  const kept = folders.map((folder) => [folder, mkdtempSync(join(into, 'kept-'))] as const);
  for (const [folder, copied] of kept) copy(folder, copied);
  return () => {
    for (const [folder, copied] of kept) {
      rmSync(folder, { recursive: true, force: true });
      copy(copied, folder);
    }
  };
}
