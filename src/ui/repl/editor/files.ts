import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import fuzzysort, { type Snapshot } from 'fuzzysort';
import { isSecretBearing } from '../../../capability/secrets.ts';

/** As many as are worth looking through at each key. */
const MAX_FILES = 100_000;
const MAX_FOUND = 20;
const SKIPPED = new Set(['.git', 'node_modules', '.toka']);

/** The files of a project, for completion; they are listed when they are asked for. */
export class ProjectFiles {
  readonly #root: string;
  readonly #onListed: () => void;
  #found: { readonly paths: readonly string[]; readonly snapshot: Snapshot } | undefined;
  #isListing = false;

  constructor(root: string, onListed: () => void) {
    this.#root = root;
    this.#onListed = onListed;
  }

  /** Those that match, the best first; none as long as they are not listed. */
  find(written: string): readonly string[] {
    // Each word begins with none: files that have come since are found.
    if (written === '' || !this.#found) void this.#list();
    if (!this.#found) return [];
    if (written === '') return this.#found.paths.slice(0, MAX_FOUND);
    return fuzzysort.go(written, this.#found.snapshot, { limit: MAX_FOUND, threshold: 0.2 }).map(({ target }) => target);
  }

  async #list(): Promise<void> {
    if (this.#isListing) return;
    this.#isListing = true;
    const { filesByGit } = await import('./outside.ts');
    const all = (await filesByGit(this.#root)) ?? byWalking(this.#root);
    const paths = all.filter((path) => !isSecretBearing(join(this.#root, path))).slice(0, MAX_FILES);
    this.#found = { paths, snapshot: fuzzysort.snapshot(paths) };
    this.#isListing = false;
    this.#onListed();
  }
}

function byWalking(root: string): string[] {
  const paths: string[] = [];
  const folders = [root];
  for (let folder = folders.shift(); folder !== undefined && paths.length < MAX_FILES; folder = folders.shift()) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) folders.push(path);
      else if (entry.isFile()) paths.push(relative(root, path));
    }
  }
  return paths;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
