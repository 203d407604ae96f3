import { readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { hexDigest } from '../digest.ts';
import { readTextFile } from '../manifest/read.ts';
import { TokaError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { onOneLine, plain } from '../manifest/plain.ts';
import { bundledFile, bundledOf } from './bundled.ts';
import type { Declared, ManifestFile } from './declare.ts';
import { BUSY_MS, INDEX_SCHEMA, sourcesKey, stampOf, TOOL_COLUMNS, writeListing } from './index-file.ts';
import { toolTerms } from './search/tool-terms.ts';
import { type IndexOptions, RESERVED_FOLDERS, type Source } from './sources.ts';

/** Folder times are coarse: a folder changed this short a time ago may change again without its time changing. */
const RACY_MS = 30;
const MAX_FOLDER_DEPTH = 6;

/**
 * Builds an index from the sources and puts it in place in one step; what has not changed since the last build is taken from there.
 *
 * @throws TokaError TOKA_STATE_UNAVAILABLE if it cannot be written.
 */
export async function buildIndex(file: string, sources: readonly Source[], options: IndexOptions): Promise<void> {
  const before = previous(file, sourcesKey(sources, options.tokaVersion));
  const shared = previous(bundledFile(file), sourcesKey(bundledOf(sources), options.tokaVersion));
  const known = before.stamps.size > 0 ? before : shared;
  try {
    await build(file, sources, { ...options, before, shared, known });
  } catch (thrown) {
    if (known.stamps.size === 0) throw thrown;
    // What was there may be damaged, or have been replaced meanwhile.
    await build(file, sources, { ...options, before, shared, known: nothing(file) });
  }
}

async function build(file: string, sources: readonly Source[], { before, known, shared, ...options }: IndexOptions & Record<'before' | 'known' | 'shared', Previous>): Promise<void> {
  const { tokaVersion } = options;
  // Everything whose time tells whether the index is out of date: folders, the package.json and the hook of each plugin, manifests to be corrected.
  const folders: string[] = [];
  const found: Found[] = [];
  const bundled: Found[] = [];
  for (const source of sources) {
    const here = await declare(source, folders, known.stamps, options);
    found.push(...here);
    if (source.kind === 'bundled') bundled.push(...here);
  }
  try {
    put(file, { key: sourcesKey(sources, tokaVersion), folders, found, validators: before.validators, known: known.file });
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot write the index ${file}`, {
      cause,
      hint: 'check the permissions and the free space of that folder, or set XDG_CACHE_HOME to another one',
    });
  }
  if (bundled.some(({ file: path, stamp }) => shared.stamps.get(path) !== stamp)) {
    try {
      put(bundledFile(file), { key: sourcesKey(bundledOf(sources), tokaVersion), folders: [], found: bundled, validators: shared.validators, known: file });
    } catch {
      // Then the next project reads them itself.
    }
  }
}

function put(file: string, content: Content): void {
  const temporary = `${file}.${process.pid}.${Date.now()}`;
  try {
    makeFolder(dirname(file), 0o700);
    write(temporary, content);
    renameSync(temporary, file);
  } catch (cause) {
    remove(temporary);
    throw cause;
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Where nothing can be written there is nothing to remove.
  }
}

/** A file that is declared as in the index from before: its rows are copied. */
interface Kept {
  readonly file: string;
  readonly stamp: string;
  readonly isKept: true;
}

type Found = (Declared & { readonly isKept?: undefined }) | Kept;

interface Previous {
  readonly file: string;
  /** The stamp of each file that can be taken from there. */
  readonly stamps: ReadonlyMap<string, string>;
  readonly validators: readonly (readonly [string, string])[];
}

const nothing = (file: string): Previous => ({ file, stamps: new Map(), validators: [] });

function previous(file: string, key: string): Previous {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
    if (db.prepare(`SELECT value FROM meta WHERE key = 'sources'`).get()?.['value'] !== key) return nothing(file);
    const files = db.prepare('SELECT path, stamp FROM files WHERE problem IS NULL AND NOT asks').all();
    const validators = db.prepare('SELECT schema, code FROM validators').all();
    return {
      file,
      stamps: new Map(files.map(({ path, stamp }) => [String(path), String(stamp)] as const)),
      validators: validators.map((row) => [String(row['schema']), String(row['code'])] as const),
    };
  } catch {
    // No index, or a damaged one: everything is read anew.
    return nothing(file);
  } finally {
    db?.close();
  }
}

async function declare(source: Source, folders: string[], known: Previous['stamps'], options: IndexOptions): Promise<Found[]> {
  const asBefore = (file: string, stamp: string): Kept | undefined => (known.get(file) === stamp ? { file, stamp, isKept: true } : undefined);
  if (source.type === 'package') {
    const { packageFile } = source;
    folders.push(packageFile);
    const stamp = stampOf(packageFile);
    const kept = asBefore(packageFile, stamp);
    if (kept) return [kept];
    const declared = await (await import('./declare.ts')).declarePackage(source, stamp, options);
    folders.push(...(declared.watched ?? []));
    return [declared];
  }
  const files = manifestFiles(source.folder, folders).map((file): ManifestFile => ({ file, stamp: stampOf(file), source }));
  const others = files.filter(({ file, stamp }) => !asBefore(file, stamp));
  const changed = others.length === 0 ? [] : await (await import('./declare.ts')).declareManifests(others, options);
  const anew = new Map(changed.map((each) => [each.file, each]));
  return files.flatMap(({ file, stamp }) => anew.get(file) ?? asBefore(file, stamp) ?? []);
}

/** Every file that declares a tool: YAML always, JSON where it says so, since folders of scripts hold other JSON files too. */
export function manifestFiles(folder: string, folders: string[] = [], depth = 0): string[] {
  folders.push(folder);
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const skip = entry.name.startsWith('.') || entry.name === 'node_modules' || (depth === 0 && RESERVED_FOLDERS.includes(entry.name));
      return skip || depth >= MAX_FOLDER_DEPTH ? [] : manifestFiles(path, folders, depth + 1);
    }
    if (!entry.isFile()) return [];
    const extension = extname(entry.name);
    if (extension === '.yaml' || extension === '.yml') return [path];
    return extension === '.json' && declaresItself(path) ? [path] : [];
  });
}

function declaresItself(file: string): boolean {
  const read = readTextFile(file);
  return 'text' in read && read.text.includes('"toka/v');
}

interface Content {
  readonly key: string;
  readonly folders: readonly string[];
  readonly found: readonly Found[];
  readonly validators: Previous['validators'];
  /** The index that rows are copied from. */
  readonly known: string;
}

function write(file: string, { folders, found, key, known, validators }: Content): void {
  const db = new DatabaseSync(file);
  try {
    if (found.some(({ isKept }) => isKept)) attach(db, known);
    db.exec(`PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF; PRAGMA temp_store = MEMORY; BEGIN; ${INDEX_SCHEMA}`);
    db.prepare(`INSERT INTO meta VALUES ('sources', ?)`).run(key);
    const folderRow = db.prepare('INSERT OR IGNORE INTO folders VALUES (?, ?)');
    for (const folder of folders) folderRow.run(folder, settledStamp(folder));
    const validatorRow = db.prepare('INSERT INTO validators VALUES (?, ?)');
    for (const [schema, code] of validators) validatorRow.run(schema, code);
    copyTools(db, found);
    writeTools(db, found);
    db.exec(COMPLETED);
    writeListing(db);
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

function attach(db: DatabaseSync, file: string): void {
  const url = pathToFileURL(file);
  url.search = 'mode=ro';
  db.prepare('ATTACH ? AS before').run(url.href);
}

function settledStamp(folder: string): string {
  const stamp = stampOf(folder);
  const changedMs = Number(BigInt(stamp.split('-')[0] === 'absent' ? 0 : (stamp.split('-')[0] ?? 0)) / 1_000_000n);
  return Date.now() - changedMs < RACY_MS ? 'unsettled' : stamp;
}

/** The id of the first tool of a file: tools are in the order of their files, whether they are copied or new. */
const firstId = (at: number): number => 1 + at * 1_000_000;

const COPIED = `
  INSERT INTO files SELECT f.* FROM before.files AS f JOIN kept ON kept.path = f.path AND kept.stamp = f.stamp;
  CREATE TEMP TABLE moved AS
    SELECT o.id AS was, kept.first + row_number() OVER (PARTITION BY o.file ORDER BY o.id) - 1 AS id FROM kept JOIN before.tools AS o ON o.file = kept.path;
  INSERT INTO tools (id, ${TOOL_COLUMNS}) SELECT moved.id, ${TOOL_COLUMNS} FROM moved JOIN before.tools AS o ON o.id = moved.was;
  INSERT INTO tools_text (rowid, terms) SELECT moved.id, terms FROM moved JOIN before.tools_text AS x ON x.rowid = moved.was`;

const CHECKED = `SELECT (SELECT count(*) FROM kept WHERE path NOT IN (SELECT path FROM files)) AS lost, (SELECT count(*) FROM tools WHERE NOT json_valid(json)) AS unreadable`;

/** What is known once all tools are there: which of them are named by their qualified name, because others have theirs too, and how much text there is. */
const COMPLETED = `
  CREATE TEMP TABLE shared AS SELECT name FROM tools GROUP BY name HAVING count(*) > 1;
  UPDATE tools SET label = name WHERE label <> name AND name NOT IN (SELECT name FROM shared);
  UPDATE tools SET label = qualified WHERE name IN (SELECT name FROM shared);
  INSERT INTO meta SELECT 'text', json_object('entries', count(*), 'terms', coalesce(sum(CASE terms WHEN '' THEN 0 ELSE length(terms) - length(replace(terms, ' ', '')) + 1 END), 0)) FROM tools_text`;

/** Copies what is as it was: SQLite takes a fifth of the time in which JavaScript would read it and write it again. */
function copyTools(db: DatabaseSync, found: readonly Found[]): void {
  if (!found.some(({ isKept }) => isKept)) return;
  db.exec('CREATE TEMP TABLE kept (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, first INTEGER NOT NULL)');
  const keptRow = db.prepare('INSERT OR IGNORE INTO kept VALUES (?, ?, ?)');
  for (const [at, { file, isKept, stamp }] of found.entries()) if (isKept) keptRow.run(file, stamp, firstId(at));
  db.exec(COPIED);
  const { lost, unreadable } = db.prepare(CHECKED).get() as { lost: number; unreadable: number };
  if (lost + unreadable > 0) throw new Error(`in the index that was there ${lost} files are no longer, and ${unreadable} tools cannot be read`);
}

function writeTools(db: DatabaseSync, found: readonly Found[]): void {
  const fileRow = db.prepare('INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?, ?)');
  const folderRow = db.prepare('INSERT OR IGNORE INTO folders VALUES (?, ?)');
  const toolRow = db.prepare(`INSERT INTO tools (id, ${TOOL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const textRow = db.prepare('INSERT INTO tools_text (rowid, terms) VALUES (?, ?)');
  for (const [at, declared] of found.entries()) {
    if (declared.isKept) continue;
    const { file, problem, source, stamp, tools, watched } = declared;
    for (const [number, tool] of tools.entries()) {
      const id = firstId(at) + number;
      const json = JSON.stringify(tool);
      const capabilities = JSON.stringify([...tool.capabilities.required, ...tool.capabilities.optional]);
      toolRow.run(
        id, tool.qualified, tool.name, tool.source, tool.origin.kind, tool.category, tool.version, tool.effect, tool.level, capabilities,
        tool.description, file, hexDigest(json), json, tool.name, onOneLine(plain(tool.category)), onOneLine(plain(tool.description.split('\n')[0] ?? '')),
      );
      textRow.run(id, toolTerms(tool).join(' '));
    }
    fileRow.run(file, source, stamp, problem ?? null, watched ? 1 : 0);
    if (problem !== undefined) folderRow.run(file, stamp);
  }
}
