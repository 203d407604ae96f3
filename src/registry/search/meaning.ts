import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Search } from '@toka/sdk';
import { hexDigest } from '../../digest.ts';
import { TokaError } from '../../errors.ts';
import { type Contributed, contributedBy, loadContributed } from '../../journal/contributed.ts';
import { makeFolder } from '../../make-folder.ts';
import type { Tool } from '../../manifest/tool.ts';

/** How long to wait for another process that keeps vectors, milliseconds. */
const BUSY_MS = 5000;

/** How much tools mean what is asked for, by their qualified names: 1 the same, 0 nothing. */
export type Likeness = ReadonlyMap<string, number>;

type ListedSearch = Contributed<Pick<Search, 'id' | 'summary'>>;

/** What the first plugin can tell that brings a search; undefined where none does. */
export function openMeaning(packageFiles: readonly string[], cache: string): Meaning | undefined {
  const [listed] = packageFiles.flatMap((file) => contributedBy<Omit<ListedSearch, 'file' | 'plugin'>>(file, 'search'));
  return listed && new Meaning(listed, join(cache, 'meaning.db'));
}

/** Compares texts by what they mean. Vectors are kept by the digest of their text. */
class Meaning {
  readonly #listed: ListedSearch;
  readonly #file: string;
  #search: Search | undefined;
  readonly #vectors = new Map<string, Float32Array>();

  /** @param file Where vectors are kept. */
  constructor(listed: ListedSearch, file: string) {
    this.#listed = listed;
    this.#file = file;
  }

  /** @throws TokaError TOKA_PLUGIN_FAILED, TOKA_RUNTIME_UNAVAILABLE */
  async likeness(query: string, tools: readonly Tool[]): Promise<Likeness> {
    const figures = await this.alike(query, tools.map(textOf));
    return new Map(tools.map(({ qualified }, at) => [qualified, figures[at] ?? 0]));
  }

  /** How much each text means what is asked for. Throws as `likeness`. */
  async alike(query: string, texts: readonly string[]): Promise<number[]> {
    await this.#learn(texts);
    const [question] = await this.#embed([query]);
    return texts.map((text) => cosine(question, this.#vectors.get(text)));
  }

  async #learn(texts: readonly string[]): Promise<void> {
    const unknown = [...new Set(texts)].filter((text) => !this.#vectors.has(text));
    if (unknown.length === 0) return;
    const { revision } = this.#load();
    const keyOf = (text: string): string => hexDigest(`${this.#listed.plugin}\0${this.#listed.id}\0${revision}\0${text}`);
    const kept = this.#keeping((db) => {
      const get = db.prepare('SELECT vector FROM vectors WHERE key = ?');
      return unknown.flatMap((text) => {
        const row = get.get(keyOf(text));
        return row ? [[text, vectorOf(row['vector'] as Uint8Array)] as const] : [];
      });
    });
    for (const [text, vector] of kept) this.#vectors.set(text, vector);
    const missing = unknown.filter((text) => !this.#vectors.has(text));
    const made = missing.length === 0 ? [] : await this.#embed(missing);
    missing.forEach((text, at) => this.#vectors.set(text, made[at] ?? new Float32Array()));
    this.#keeping((db) => {
      const put = db.prepare('INSERT OR REPLACE INTO vectors VALUES (?, ?)');
      db.exec('BEGIN IMMEDIATE');
      missing.forEach((text, at) => put.run(keyOf(text), bytesOf(made[at] ?? new Float32Array())));
      db.exec('COMMIT');
    });
  }

  async #embed(texts: readonly string[]): Promise<Float32Array[]> {
    try {
      const vectors = Array.from(await this.#load().embed(texts), (vector) => Float32Array.from(vector));
      if (vectors.length === texts.length) return vectors;
      throw new TypeError(`${texts.length} texts came to ${vectors.length} vectors`);
    } catch (cause) {
      const { id, plugin } = this.#listed;
      throw new TokaError('TOKA_PLUGIN_FAILED', `the search "${id}" of ${plugin} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, hint: `uninstall ${plugin}: tools are then searched by their words alone` });
    }
  }

  #load(): Search {
    this.#search ??= loadContributed<Search>(this.#listed.file, 'embed');
    if (this.#search) return this.#search;
    throw new TokaError('TOKA_PLUGIN_FAILED', `${this.#listed.file} has no default export made by defineSearch`, { hint: `uninstall ${this.#listed.plugin}` });
  }

  /** What is kept can be made again: where it cannot be read or written, it is. */
  #keeping<T>(work: (db: DatabaseSync) => readonly T[] | void): readonly T[] {
    let db: DatabaseSync | undefined;
    try {
      makeFolder(dirname(this.#file), 0o700);
      db = new DatabaseSync(this.#file, { timeout: BUSY_MS });
      db.exec('CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) STRICT, WITHOUT ROWID');
      return work(db) ?? [];
    } catch {
      return [];
    } finally {
      db?.close();
    }
  }
}

/** What a tool means, in words: its name is found by its words, and beside a sentence only disturbs. */
function textOf({ description }: Tool): string {
  return description;
}

function cosine(one: Float32Array | undefined, other: Float32Array | undefined): number {
  if (!one || one.length !== other?.length) return 0;
  const product = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  const likeness = product(one, other) / Math.sqrt(product(one, one) * product(other, other));
  return Number.isFinite(likeness) ? likeness : 0;
}

function vectorOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
