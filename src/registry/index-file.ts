import { rmSync, statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { TokaError } from '../errors.ts';
import { expandAlias } from '../manifest/aliases.ts';
import type { Tool } from '../manifest/tool.ts';
import type { Likeness } from './search/meaning.ts';
import { Ranking, type Whole } from './search/rank.ts';
import { termsOf } from './search/terms.ts';
import type { Source } from './sources.ts';

/** Changes whenever the tables or the form of a stored tool change; an index of another version is built anew. */
const INDEX_VERSION = '7';

/** How long to wait for another process that stores a validator, milliseconds. */
export const BUSY_MS = 5000;
const SQLITE_BUSY = 5;

// `tools_name` and `tools_line` hold all that lists show, so that one of 10,000 tools does not go through 30 MB of manifests. `label` is the
// name that means this tool alone; `heading` and `summary` are category and description on one line, with nothing that could steer a terminal.
// `asks` marks a package whose hook is asked each time that an index is built.
export const INDEX_SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE folders (path TEXT PRIMARY KEY, stamp TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE files (path TEXT PRIMARY KEY, source TEXT NOT NULL, stamp TEXT NOT NULL, problem TEXT, asks INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE tools (
    id INTEGER PRIMARY KEY, qualified TEXT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, category TEXT NOT NULL,
    version TEXT NOT NULL, effect TEXT NOT NULL, level TEXT NOT NULL, capabilities TEXT NOT NULL, description TEXT NOT NULL,
    file TEXT NOT NULL, hash TEXT NOT NULL, json TEXT NOT NULL, label TEXT NOT NULL, heading TEXT NOT NULL, summary TEXT NOT NULL
  ) STRICT;
  CREATE INDEX files_problem ON files (path) WHERE problem IS NOT NULL;
  CREATE TABLE listing (text BLOB NOT NULL) STRICT;
  CREATE INDEX tools_name ON tools (name, source, qualified, kind, category, version, effect, level, capabilities, description);
  CREATE INDEX tools_line ON tools (name, source, category, label, heading, effect, summary);
  CREATE INDEX tools_qualified ON tools (qualified);
  CREATE INDEX tools_file ON tools (file);
  CREATE TABLE validators (schema TEXT PRIMARY KEY, code TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE tools_text USING fts5 (terms);
`;

/** All that is kept of a tool beside its id. */
export const TOOL_COLUMNS = 'qualified, name, source, kind, category, version, effect, level, capabilities, description, file, hash, json, label, heading, summary';

/** What a line of a list shows of a tool, each with its title. */
export const HEADS = { label: 'NAME', source: 'SOURCE', heading: 'CATEGORY', effect: 'EFFECT', summary: 'DESCRIPTION' };

/**
 * The table of the tools of a category and a source (null: of all), the columns padded to the width of their widest cell or title: SQLite lays
 * out 10,000 lines in the time in which JavaScript has read a third of them.
 */
const TABLE = tableQuery(Object.keys(HEADS));

/** Writes the table of all tools down, so that to list them takes no longer than to read it. */
export function writeListing(db: DatabaseSync): void {
  const { text } = db.prepare(TABLE).get({ ...HEADS, ofCategory: null, ofSource: null }) as { text: Uint8Array };
  db.prepare('INSERT INTO listing VALUES (?)').run(text);
}

function tableQuery(columns: readonly string[]): string {
  const wide = columns.map((column) => `max(max(length(${column})), length(:${column})) AS w_${column}`).join(', ');
  const last = columns.length - 1;
  const line = (cell: (column: string) => string): string => `printf('${'%-!*s  '.repeat(last)}%s', ${columns.map((column, at) => (at < last ? `w_${column}, ` : '') + cell(column)).join(', ')})`;
  return `WITH chosen AS (SELECT ${columns.join(', ')} FROM tools INDEXED BY tools_line WHERE (:ofCategory IS NULL OR category = :ofCategory) AND (:ofSource IS NULL OR source = :ofSource) ORDER BY name, source),
      wide AS (SELECT ${wide} FROM chosen)
    SELECT CAST((SELECT ${line((column) => `:${column}`)} FROM wide) || coalesce(char(10) || (SELECT group_concat(${line((column) => column)}, char(10)) FROM chosen, wide), '') AS BLOB) AS text`;
}

/** One line of a list of tools. */
export interface ToolRow {
  readonly name: string;
  readonly qualified: string;
  readonly source: string;
  readonly kind: Tool['origin']['kind'];
  readonly category: string;
  readonly version: string;
  readonly effect: Tool['effect'];
  readonly level: Tool['level'];
  readonly capabilities: readonly string[];
  readonly description: string;
}

/** A tool and the digest of all that its manifest declares. */
export interface IndexedTool {
  readonly tool: Tool;
  readonly hash: string;
}

/** Why a manifest is left out: the parts of the error that loading it raised. */
export interface ManifestProblem extends Pick<TokaError, 'code' | 'message' | 'hint' | 'where' | 'data'> {
  readonly file: string;
  /** What qualifies the names of its tools; empty for a package, which says it itself. */
  readonly source: string;
}

/** Which sources an index was built from, and by which toka: another key means another index. */
export function sourcesKey(sources: readonly Source[], tokaVersion: string): string {
  return JSON.stringify([INDEX_VERSION, tokaVersion, sources]);
}

/** What tells whether a file or folder has changed, whatever its other time was set to; `absent` where there is none. */
export function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.mtimeNs}-${stat.ctimeNs}-${stat.size}-${stat.ino}` : 'absent';
}

/** A read-only view of an index. */
export class RegistryIndex {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #key: string;
  #all: readonly IndexedTool[] | undefined;
  #tools: readonly Tool[] | undefined;
  #stampOf: StatementSync | undefined;

  private constructor(db: DatabaseSync, file: string, key: string) {
    this.#db = db;
    this.#file = file;
    this.#key = key;
  }

  /** Opens an index; `undefined` where there is none, or it is damaged, or the folders it was built from have changed (`evenIfStale`: also then). */
  static open(file: string, key: string, { evenIfStale = false } = {}): RegistryIndex | undefined {
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
      const index = new RegistryIndex(db, file, key);
      if (evenIfStale || index.isFresh()) return index;
    } catch {
      // An index holds nothing that cannot be built anew, so any fault of it has one answer.
    }
    db?.close();
    return undefined;
  }

  /** Whether it was built from the sources that are asked for, and no file has come into their folders, or gone, since. */
  isFresh(): boolean {
    const built = this.#db.prepare(`SELECT value FROM meta WHERE key = 'sources'`).get();
    if (built?.['value'] !== this.#key) return false;
    const folders = this.#db.prepare('SELECT path, stamp FROM folders').all();
    return folders.every(({ path, stamp }) => stampOf(String(path)) === stamp);
  }

  /**
   * Reads from the database. A damaged one is removed, so that the next is built anew.
   *
   * @throws TokaError TOKA_INTEGRITY, TOKA_STATE_UNAVAILABLE where another process holds it for long
   */
  #read<T>(read: (db: DatabaseSync) => T): T {
    try {
      return read(this.#db);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ERR_INVALID_STATE') throw cause;
      if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) throw busy(this.#file, cause);
      rmSync(this.#file, { force: true });
      throw new TokaError('TOKA_INTEGRITY', `the index ${this.#file} was damaged and has been removed`, {
        cause,
        hint: 'run the command again: the index is then built anew from the manifests',
      });
    }
  }

  close(): void {
    this.#db.close();
  }

  list(filter: { readonly category?: string | undefined; readonly source?: string | undefined; readonly capability?: string | undefined } = {}): ToolRow[] {
    const rows = this.#read((db) =>
      db
        .prepare(
          `SELECT name, qualified, source, kind, category, version, effect, level, capabilities, description FROM tools
           WHERE (?1 IS NULL OR category = ?1) AND (?2 IS NULL OR source = ?2) ORDER BY name, source`,
        )
        .all(filter.category ?? null, filter.source ?? null)
        .map(toRow),
    );
    const { capability } = filter;
    const wanted = capability === undefined ? [] : expandAlias(capability);
    return rows.filter((row) => wanted.every((prefix) => row.capabilities.some((each) => startsWithParts(each, prefix))));
  }

  /** The same as the text of a table without a line break at its end, in UTF-8: its first line is the head. */
  table({ category, source }: { readonly category?: string | undefined; readonly source?: string | undefined } = {}): Uint8Array {
    if (category === undefined && source === undefined) return this.#read((db) => db.prepare('SELECT text FROM listing').get()?.['text'] as Uint8Array);
    return this.#read((db) => db.prepare(TABLE).get({ ...HEADS, ofCategory: category ?? null, ofSource: source ?? null })?.['text'] as Uint8Array);
  }

  /** The names that several tools have. */
  clashes(): ReadonlySet<string> {
    return new Set(this.#column('SELECT DISTINCT name AS value FROM tools INDEXED BY tools_line WHERE label <> name'));
  }

  /** Every tool of that name, or the one with that qualified name. */
  find(name: string): IndexedTool[] {
    const column = name.includes('/') ? 'qualified' : 'name';
    return this.#read((db) =>
      db
        .prepare(`SELECT json, hash FROM tools WHERE ${column} = ? ORDER BY qualified`)
        .all(name)
        .map(toIndexed),
    );
  }

  /** The tools with this tag. */
  tagged(tag: string): Tool[] {
    return this.#read((db) =>
      db
        .prepare(`SELECT json FROM tools WHERE EXISTS (SELECT 1 FROM json_each(tools.json, '$.tags') AS tag WHERE tag.value = ?) ORDER BY name`)
        .all(tag)
        .map(({ json }) => JSON.parse(String(json)) as Tool),
    );
  }

  /** Every tool; the same objects each time. */
  all(): readonly IndexedTool[] {
    this.#all ??= this.#read((db) => db.prepare('SELECT json, hash FROM tools ORDER BY qualified').all().map(toIndexed));
    return this.#all;
  }

  /** The same without their hashes, the same list each time. */
  tools(): readonly Tool[] {
    this.#tools ??= this.all().map(({ tool }) => tool);
    return this.#tools;
  }

  names(): string[] {
    return this.#column('SELECT DISTINCT name AS value FROM tools ORDER BY name');
  }

  /** By what they are and do, best first; `likeness` tells what they mean, as far as that is known. */
  search(query: string, limit: number, likeness?: Likeness): (ToolRow & { readonly score: number })[] {
    const terms = termsOf(query);
    if (terms.length === 0 && !likeness) return [];
    return this.#read((db) => {
      // By words alone only what has one of them is read: SQLite finds it, and it is ranked as everywhere.
      const all = 'SELECT id, qualified, terms FROM tools_text JOIN tools ON id = tools_text.rowid';
      const found = likeness ? db.prepare(`${all} ORDER BY id`).all() : db.prepare(`${all} WHERE tools_text MATCH ? ORDER BY id`).all(terms.map((term) => `"${term}"*`).join(' OR '));
      const entries = found.map(({ id, qualified, terms: text }) => ({ item: { id: Number(id), qualified: String(qualified) }, terms: String(text).split(' ') }));
      const whole = JSON.parse(String(db.prepare(`SELECT value FROM meta WHERE key = 'text'`).get()?.['value'])) as Whole;
      const row = db.prepare('SELECT name, qualified, source, kind, category, version, effect, level, capabilities, description FROM tools WHERE id = ?');
      const ranked = new Ranking(entries, whole).search(query, limit, likeness && (({ qualified }) => likeness.get(qualified) ?? 0));
      return ranked.map(({ item, score }) => ({ ...toRow(row.get(item.id) as Record<string, unknown>), score }));
    });
  }

  /** The manifests that could not be read. */
  problems(): ManifestProblem[] {
    return this.#read((db) => db.prepare('SELECT path, source, problem FROM files WHERE problem IS NOT NULL ORDER BY path').all()).map(
      ({ path, source, problem }) => ({ file: String(path), source: String(source), ...(JSON.parse(String(problem)) as Omit<ManifestProblem, 'file' | 'source'>) }),
    );
  }

  /** Every file that declares, or should declare, a tool; what packages declare is not among them. */
  manifests(): string[] {
    return this.#column(`SELECT path AS value FROM files WHERE source <> '' ORDER BY path`);
  }

  /** Whether the file that declares a tool is the one that was indexed. */
  isCurrent(tool: Tool): boolean {
    const row = this.#read((db) => (this.#stampOf ??= db.prepare('SELECT stamp FROM files WHERE path = ?')).get(tool.origin.file));
    return row?.['stamp'] === stampOf(tool.origin.file);
  }

  /** Whether every file is the one that was indexed: one look at each. */
  isAllCurrent(): boolean {
    const rows = this.#read((db) => db.prepare('SELECT path, stamp FROM files').all());
    return rows.every(({ path, stamp }) => stampOf(String(path)) === stamp);
  }

  /** The compiled validator of a schema, given as JSON, where one has been stored. */
  validator(schema: string): string | undefined {
    const row = this.#read((db) => db.prepare('SELECT code FROM validators WHERE schema = ?').get(schema));
    return row ? String(row['code']) : undefined;
  }

  #column(sql: string): string[] {
    return this.#read((db) => db.prepare(sql).all()).map(({ value }) => String(value));
  }
}

function busy(file: string, cause: unknown): TokaError {
  return new TokaError('TOKA_STATE_UNAVAILABLE', `the index ${file} is locked by another process`, { cause, hint: 'run the command again' });
}

function toIndexed({ json, hash }: Record<string, unknown>): IndexedTool {
  return { tool: JSON.parse(String(json)) as Tool, hash: String(hash) };
}

function toRow(row: Record<string, unknown>): ToolRow {
  return Object.assign(row, { capabilities: JSON.parse(String(row['capabilities'])) as string[] }) as unknown as ToolRow;
}

function startsWithParts(capability: string, prefix: string): boolean {
  return capability === prefix || capability.startsWith(`${prefix}:`);
}
