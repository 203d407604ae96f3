import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { FileEntry, FileInfo, ToolContext, ToolFs, WalkOptions } from '../context.ts';
import { coded } from '../errors.ts';

/** What a tool is given in a test. */
export interface TestContextOptions {
  /** The only folder that the tool sees: its `cwd` and `root`. */
  readonly folder: string;
  /** Whether the tool may write there. Default false. */
  readonly writes?: boolean;
  /** Default: one that is never aborted. */
  readonly signal?: AbortSignal;
  /** Variables that it is granted. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
}

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Makes a context for tests of tools, with the files of one folder. Processes and other tools are refused: toka alone can run them as it does.
 * `.gitignore` is not looked at.
 *
 * @example
 * const { lines } = await lineCount.run({ path: 'notes.txt' }, testContext({ folder }));
 */
export function testContext({ folder, writes = false, signal = new AbortController().signal, env = {} }: TestContextOptions): ToolContext {
  return {
    runId: '00000000-0000-7000-8000-000000000000',
    idempotencyKey: '00000000-0000-7000-8000-000000000000/0',
    cwd: folder,
    root: folder,
    signal,
    capabilities: [],
    missing: [],
    fs: testFs(folder, writes, signal),
    spawn: async ([program]) => Promise.reject(denied(`proc:exec:${program}`)),
    call: async (tool) => Promise.reject(denied(`tool:call:${tool}`)),
    fetch: async (url) => Promise.reject(denied(`net:connect:${new URL(url).host}`)),
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    now: Date.now,
    log: () => undefined,
    progress: () => undefined,
  };
}

function denied(capability: string): Error {
  return coded('TOKA_CAPABILITY_DENIED', `a test of a tool grants no ${capability}`);
}

function testFs(folder: string, writes: boolean, signal: AbortSignal): ToolFs {
  const isInside = (path: string): boolean => path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  /** By its real path, as far as it exists. */
  const locate = async (action: 'read' | 'write', path: string): Promise<string> => {
    signal.throwIfAborted();
    const wanted = resolve(folder, path);
    const real = await realpath(wanted).catch(async () => join(await realpath(dirname(wanted)).catch(() => dirname(wanted)), basename(wanted)));
    if (isInside(real) && (action === 'read' || writes)) return real;
    throw denied(`fs:${action}:${path}`);
  };
  const read: ToolFs['read'] = async (path, { start = 0, length, maxBytes = MAX_BYTES } = {}) => {
    const file = await fileAt(await locate('read', path), path);
    const handle = await open(file.path);
    try {
      const size = Math.max(0, Math.min(length ?? Infinity, file.size - start));
      if (size > maxBytes) throw coded('TOKA_FS_TOO_LARGE', `${path} has ${size} bytes, at most ${maxBytes} are read`);
      const { buffer, bytesRead } = await handle.read(new Uint8Array(size), 0, size, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  };
  return {
    can: (action, path) => isInside(resolve(folder, path)) && (action === 'read' || writes),
    read,
    readText: async (path, options) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(await read(path, options)),
    async *stream(path, { start = 0, end } = {}) {
      const { path: file } = await fileAt(await locate('read', path), path);
      yield* createReadStream(file, { start, ...(end === undefined ? {} : { end: end - 1 }) }) as AsyncIterable<Uint8Array>;
    },
    async write(path, data, { exclusive = false, parents = false } = {}) {
      const file = await locate('write', path);
      if (parents) await mkdir(dirname(file), { recursive: true });
      await writeFile(file, data, { flag: exclusive ? 'wx' : 'w' }).catch(failed(path));
    },
    stat: async (path) => infoOf(await locate('read', path)),
    list: async (path) => entriesOf(await locate('read', path), path),
    async *walk(path, options) {
      yield* below(await locate('read', path), path, options ?? {}, 1);
    },
  };
}

async function fileAt(path: string, given: string): Promise<{ readonly path: string; readonly size: number }> {
  const found = await stat(path).catch(failed(given));
  if (!found.isFile()) throw coded('TOKA_FS_NOT_FILE', `${given} is no file`);
  return { path, size: found.size };
}

async function infoOf(path: string): Promise<FileInfo | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  const { size, mtimeMs, mode } = found;
  return { type: found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other', size, mtimeMs, mode: mode & 0o7777 };
}

async function entriesOf(path: string, given: string): Promise<FileEntry[]> {
  const found = await readdir(path, { withFileTypes: true }).catch(failed(given));
  return found
    .map((entry): FileEntry => {
      const type = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'symlink' : 'other';
      return { name: entry.name, path: join(path, entry.name), type };
    })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

async function* below(path: string, given: string, options: WalkOptions, level: number): AsyncGenerator<FileEntry> {
  const { depth = Infinity, directories = false, extensions, hidden = false } = options;
  for (const entry of await entriesOf(path, given)) {
    if (entry.name.startsWith('.') && !hidden) continue;
    if (entry.type === 'directory') {
      if (directories) yield entry;
      if (level < depth) yield* below(entry.path, entry.path, options, level + 1);
    } else if (extensions === undefined || extensions.some((ending) => entry.name.endsWith(ending))) yield entry;
  }
}

const CODES: Readonly<Record<string, string>> = { ENOENT: 'TOKA_FS_NOT_FOUND', EEXIST: 'TOKA_FS_EXISTS', ENOTDIR: 'TOKA_FS_NOT_DIRECTORY', EISDIR: 'TOKA_FS_NOT_FILE' };

function failed(path: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw coded(CODES[cause.code ?? ''] ?? 'TOKA_FS_FAILED', `${path}: ${cause.message}`, { cause });
  };
}

/** What lies in a folder, by its path there: the content of files, and what else there is. */
export async function contentOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    found[path.slice(folder.length + 1)] = entry.isFile() ? `${mode} ${await readFile(path, 'base64')}` : String(mode);
  }
  return found;
}
