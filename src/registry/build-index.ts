import { readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { hexDigest } from '../digest.ts';
import { readTextFile } from '../manifest/read.ts';
import { TokaError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { onOneLine, plain } from '../manifest/plain.ts';
import type { Tool } from '../manifest/tool.ts';
import { bundledFile, bundledOf } from './bundled.ts';
import type { Declared, ManifestFile } from './declare.ts';
import { BUSY_MS, INDEX_SCHEMA, sourcesKey, stampOf, writeListing } from './index-file.ts';
import type { Whole } from './search/rank.ts';
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
  const { tokaVersion } = options;
  // Everything whose time tells whether the index is out of date: folders, the package.json and the hook of each plugin, manifests to be corrected.
  const folders: string[] = [];
  const before = previous(file, sourcesKey(sources, tokaVersion));
  const shared = previous(bundledFile(file), sourcesKey(bundledOf(sources), tokaVersion));
  const known = before.files.size > 0 ? before.files : shared.files;
  const declared: Declared[] = [];
  const bundled: Declared[] = [];
  for (const source of sources) {
    const found = await declare(source, folders, known, options);
    declared.push(...found);
    if (source.kind === 'bundled') bundled.push(...found);
  }
  try {
    put(file, sourcesKey(sources, tokaVersion), folders, declared, before.validators);
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot write the index ${file}`, {
      cause,
      hint: 'check the permissions and the free space of that folder, or set XDG_CACHE_HOME to another one',
    });
  }
  if (bundled.some(({ file: path, stamp }) => shared.files.get(path)?.stamp !== stamp)) {
    try {
      put(bundledFile(file), sourcesKey(bundledOf(sources), tokaVersion), [], bundled, shared.validators);
    } catch {
      // Then the next project reads them itself.
    }
  }
}

function put(file: string, ...content: Content): void {
  const temporary = `${file}.${process.pid}.${Date.now()}`;
  try {
    makeFolder(dirname(file), 0o700);
    write(temporary, ...content);
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

interface Previous {
  readonly files: ReadonlyMap<string, Declared>;
  readonly validators: readonly (readonly [string, string])[];
}

function previous(file: string, key: string): Previous {
  const files = new Map<string, Declared>();
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
    if (db.prepare(`SELECT value FROM meta WHERE key = 'sources'`).get()?.['value'] !== key) return { files, validators: [] };
    const tools = new Map<string, Tool[]>();
    for (const row of db.prepare('SELECT file, json FROM tools ORDER BY id').all()) {
      const list = tools.get(String(row['file'])) ?? [];
      list.push(JSON.parse(String(row['json'])) as Tool);
      tools.set(String(row['file']), list);
    }
    for (const row of db.prepare('SELECT path, source, stamp FROM files WHERE problem IS NULL AND NOT asks').all()) {
      const path = String(row['path']);
      files.set(path, { file: path, source: String(row['source']), stamp: String(row['stamp']), tools: tools.get(path) ?? [] });
    }
    const validators = db.prepare('SELECT schema, code FROM validators').all();
    return { files, validators: validators.map((row) => [String(row['schema']), String(row['code'])] as const) };
  } catch {
    // No index, or a damaged one: everything is read anew.
    return { files: new Map(), validators: [] };
  } finally {
    db?.close();
  }
}

async function declare(source: Source, folders: string[], known: Previous['files'], options: IndexOptions): Promise<Declared[]> {
  const asBefore = (file: string, stamp: string): Declared | undefined => {
    const before = known.get(file);
    return before?.stamp === stamp ? before : undefined;
  };
  if (source.type === 'package') {
    const { packageFile } = source;
    folders.push(packageFile);
    const stamp = stampOf(packageFile);
    const declared = asBefore(packageFile, stamp) ?? (await (await import('./declare.ts')).declarePackage(source, stamp, options));
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

type Content = readonly [key: string, folders: readonly string[], declared: readonly Declared[], validators: Previous['validators']];

function write(file: string, ...[key, folders, declared, validators]: Content): void {
  const db = new DatabaseSync(file);
  try {
    db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; ${INDEX_SCHEMA}`);
    db.prepare(`INSERT INTO meta VALUES ('sources', ?)`).run(key);
    const folderRow = db.prepare('INSERT OR IGNORE INTO folders VALUES (?, ?)');
    for (const folder of folders) folderRow.run(folder, settledStamp(folder));
    for (const { file: broken, stamp, problem } of declared) if (problem !== undefined) folderRow.run(broken, stamp);
    const validatorRow = db.prepare('INSERT INTO validators VALUES (?, ?)');
    for (const [schema, code] of validators) validatorRow.run(schema, code);
    writeTools(db, declared);
    writeListing(db);
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

function settledStamp(folder: string): string {
  const stamp = stampOf(folder);
  const changedMs = Number(BigInt(stamp.split('-')[0] === 'absent' ? 0 : (stamp.split('-')[0] ?? 0)) / 1_000_000n);
  return Date.now() - changedMs < RACY_MS ? 'unsettled' : stamp;
}

function writeTools(db: DatabaseSync, declared: readonly Declared[]): void {
  const fileRow = db.prepare('INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?, ?)');
  const toolRow = db.prepare('INSERT INTO tools VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const textRow = db.prepare('INSERT INTO tools_text (rowid, terms) VALUES (?, ?)');
  const text = { entries: 0, terms: 0 };
  const labels = qualifiedWhereShared(declared.flatMap(({ tools }) => tools));
  for (const { file, source, stamp, tools, problem, watched } of declared) {
    for (const tool of tools) {
      const json = JSON.stringify(tool);
      const capabilities = JSON.stringify([...tool.capabilities.required, ...tool.capabilities.optional]);
      const { lastInsertRowid } = toolRow.run(
        tool.qualified, tool.name, tool.source, tool.origin.kind, tool.category, tool.version, tool.effect, tool.level, capabilities,
        tool.description, file, hexDigest(json), json, labels.get(tool) ?? tool.name, onOneLine(plain(tool.category)), onOneLine(plain(tool.description.split('\n')[0] ?? '')),
      );
      const terms = toolTerms(tool);
      textRow.run(lastInsertRowid, terms.join(' '));
      text.entries += 1;
      text.terms += terms.length;
    }
    fileRow.run(file, source, stamp, problem ?? null, watched ? 1 : 0);
  }
  db.prepare(`INSERT INTO meta VALUES ('text', ?)`).run(JSON.stringify(text satisfies Whole));
}

/** The qualified name of each tool whose own name others have too. */
function qualifiedWhereShared(tools: readonly Tool[]): ReadonlyMap<Tool, string> {
  const named = Map.groupBy(tools, ({ name }) => name);
  return new Map([...named.values()].filter(({ length }) => length > 1).flatMap((same) => same.map((tool) => [tool, tool.qualified] as const)));
}
