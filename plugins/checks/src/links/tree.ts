import path from 'node:path';
import { isCoded, type FileEntry, type ToolContext } from '@toka/sdk';
import type { Files } from './nearest.ts';

export type Looked =
  | { readonly status: 'file' | 'directory'; readonly path: string }
  /** There is such an entry, but its name is written otherwise. */
  | { readonly status: 'case'; readonly path: string; readonly type: 'file' | 'directory' }
  /** `outside` the project, `denied` by the grants, or `missing`. */
  | { readonly status: 'denied' | 'missing' | 'outside' };

/** The entries of a folder, by their names as written and regardless of case. */
interface Names {
  readonly exact: ReadonlyMap<string, FileEntry>;
  readonly folded: ReadonlyMap<string, FileEntry>;
}

/** The project's files. Names are compared with the listing of each folder, so that a case-insensitive file system hides nothing. */
export class Tree {
  readonly #ctx: ToolContext;
  readonly #folders = new Map<string, Promise<Names | undefined>>();
  #files: Promise<Files> | undefined;

  constructor(ctx: ToolContext) {
    this.#ctx = ctx;
  }

  /** Looks a path up, part by part from the project's root. */
  async lookup(target: string): Promise<Looked> {
    const { root } = this.#ctx;
    const relative = path.relative(root, target);
    if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) return { status: 'outside' };
    let at = root;
    let exact = true;
    let type: 'directory' | 'file' = 'directory';
    for (const part of relative.split(path.sep).filter((name) => name !== '')) {
      if (type === 'file') return { status: 'missing' };
      const entry = await this.#entry(at, part);
      if (entry === undefined) return { status: this.#ctx.fs.can('read', path.join(at, part)) ? 'missing' : 'denied' };
      if (entry.name !== part) exact = false;
      at = path.join(at, entry.name);
      const kind = await this.#typeOf(entry, at);
      if (kind === 'missing' || kind === 'outside') return { status: kind };
      type = kind;
    }
    return exact ? { status: type, path: at } : { status: 'case', path: at, type };
  }

  async #entry(folder: string, name: string): Promise<FileEntry | undefined> {
    const names = await this.#names(folder);
    if (names === undefined) return undefined;
    return names.exact.get(name) ?? names.folded.get(fold(name));
  }

  #names(folder: string): Promise<Names | undefined> {
    let found = this.#folders.get(folder);
    if (found === undefined) {
      found = this.#list(folder);
      this.#folders.set(folder, found);
    }
    return found;
  }

  async #list(folder: string): Promise<Names | undefined> {
    try {
      const entries = await this.#ctx.fs.list(folder);
      return {
        exact: new Map(entries.map((entry) => [entry.name, entry])),
        folded: new Map(entries.map((entry) => [fold(entry.name), entry])),
      };
    } catch (error) {
      if (isCoded(error)) return undefined;
      throw error;
    }
  }

  async #typeOf(entry: FileEntry, at: string): Promise<'directory' | 'file' | 'missing' | 'outside'> {
    if (entry.type !== 'symlink') return entry.type === 'directory' ? 'directory' : 'file';
    try {
      const info = await this.#ctx.fs.stat(at);
      if (info === undefined) return 'missing';
      return info.type === 'directory' ? 'directory' : 'file';
    } catch (error) {
      if (isCoded(error)) return error.code === 'TOKA_CAPABILITY_DENIED' ? 'outside' : 'missing';
      throw error;
    }
  }

  /** Every file of the project that git doesn't ignore; read once, when a suggestion is first wanted. */
  files(): Promise<Files> {
    this.#files ??= this.#walk();
    return this.#files;
  }

  async #walk(): Promise<Files> {
    const byName = new Map<string, string[]>();
    const byFolder = new Map<string, string[]>();
    for await (const entry of this.#ctx.fs.walk(this.#ctx.root, { hidden: true })) {
      this.#ctx.signal.throwIfAborted();
      if (entry.type !== 'file' || entry.path.split(path.sep).includes('node_modules')) continue;
      add(byName, entry.name, entry.path);
      add(byFolder, path.dirname(entry.path), entry.path);
    }
    return { byFolder, byName };
  }
}

function add(map: Map<string, string[]>, key: string, file: string): void {
  const files = map.get(key);
  if (files === undefined) map.set(key, [file]);
  else files.push(file);
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
