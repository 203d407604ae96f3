import path from 'node:path';
import { isCoded, type FileEntry, type ToolContext } from '@toka/sdk';

export type Looked =
  | { readonly status: 'file' | 'directory'; readonly path: string }
  /** There is such an entry, but its name is written otherwise. */
  | { readonly status: 'case'; readonly path: string; readonly type: 'file' | 'directory' }
  /** `outside` the project, `denied` by the grants, or `missing`. */
  | { readonly status: 'denied' | 'missing' | 'outside' };

/** The project's files. Names are compared with the listing of each folder, so that a case-insensitive file system hides nothing. */
export class Tree {
  readonly #ctx: ToolContext;
  readonly #folders = new Map<string, Promise<ReadonlyMap<string, FileEntry> | undefined>>();
  #files: Promise<readonly string[]> | undefined;

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
    const exact = names.get(name);
    if (exact !== undefined) return exact;
    const folded = fold(name);
    for (const [other, entry] of names) if (fold(other) === folded) return entry;
    return undefined;
  }

  #names(folder: string): Promise<ReadonlyMap<string, FileEntry> | undefined> {
    let found = this.#folders.get(folder);
    if (found === undefined) {
      found = this.#list(folder);
      this.#folders.set(folder, found);
    }
    return found;
  }

  async #list(folder: string): Promise<ReadonlyMap<string, FileEntry> | undefined> {
    try {
      return new Map((await this.#ctx.fs.list(folder)).map((entry) => [entry.name, entry]));
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
  files(): Promise<readonly string[]> {
    this.#files ??= this.#walk();
    return this.#files;
  }

  async #walk(): Promise<readonly string[]> {
    const files: string[] = [];
    for await (const entry of this.#ctx.fs.walk(this.#ctx.root, { hidden: true })) {
      this.#ctx.signal.throwIfAborted();
      if (entry.type === 'file' && !entry.path.split(path.sep).includes('node_modules')) files.push(entry.path);
    }
    return files;
  }
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
