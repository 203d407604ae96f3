import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Source } from './sources.ts';

const BUSY_MS = 1000;

/** So many schemas are more than toka itself has; a machine on which more are used compiles the others once for each project. */
const MOST_VALIDATORS = 1000;

/** Where an index is kept that all projects share: of the tools that come with toka, with the validators that were compiled for any project. */
export function bundledFile(indexFile: string): string {
  return join(dirname(dirname(indexFile)), 'bundled.db');
}

export function bundledOf(sources: readonly Source[]): Source[] {
  return sources.filter(({ kind }) => kind === 'bundled');
}

/** A validator that was compiled for another project. */
export function sharedValidator(schema: string, indexFile: string): string | undefined {
  try {
    using db = new DatabaseSync(bundledFile(indexFile), { readOnly: true, timeout: BUSY_MS });
    const code = db.prepare('SELECT code FROM validators WHERE schema = ?').get(schema)?.['code'];
    return code === undefined ? undefined : String(code);
  } catch {
    return undefined;
  }
}

/** Stores a compiled validator in an index. */
export function storeValidator(indexFile: string, schema: string, code: string): void {
  insert(indexFile, 'VALUES (?, ?)', schema, code);
}

export function shareValidator(indexFile: string, schema: string, code: string): void {
  insert(bundledFile(indexFile), 'SELECT ?, ? WHERE (SELECT count(*) FROM validators) < ?', schema, code, MOST_VALIDATORS);
}

function insert(file: string, what: string, ...values: readonly (string | number)[]): void {
  try {
    using db = new DatabaseSync(file, { timeout: BUSY_MS });
    // A journal beside the index would be taken for its own by whoever still reads the index that this one has replaced.
    db.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
    db.prepare(`INSERT OR REPLACE INTO validators ${what}`).run(...values);
  } catch {
    // A cache that cannot be written (read-only, busy) costs a later compilation, nothing else.
  }
}
