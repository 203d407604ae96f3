import { closeSync, fstatSync, openSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join, parse } from 'node:path';
import type { Script } from 'node:vm';
import { checksum } from './checksum.ts';

/** What is known of the compiled code that is kept of a file. */
interface Note {
  /** The file that it was made of. */
  readonly source: string;
  /** By which uses it was filled: a function that none of them called is not in it. */
  readonly uses: readonly string[];
}

interface Loaded {
  readonly name: string;
  readonly script: Script;
  readonly note: Note;
  /** Where its compiled code is kept. */
  readonly kept: string;
}

/** Where the files of the bundle lie, which name one another in full. */
const OWN = join(import.meta.dirname, 'late');

/** More bytes than most files have. */
const USUAL = 1_048_576;

/** Bytes that are compared at once. */
const PIECE = 32_768;

/** Further uses of a file are not learnt. */
const MOST_USES = 64;

/**
 * Keeps the compiled code of each `.cjs` file that is loaded from now on, with all functions that were called. Node's compile cache holds a
 * file as it is before anything in it runs: nine tenths of the functions are missing there, and are compiled again at each start.
 *
 * @param folder Writable by the user alone: what lies there is run.
 * @param words Of the command line: which flags are among them at the end decides which functions were called.
 * @returns Loads a file of the bundle by its absolute path. Node.js would look for it first, and for packages around it, a third of a millisecond each.
 */
export function keepCompiledCode(folder: string, words: readonly string[]): (filename: string) => unknown {
  const loaded: Loaded[] = [];
  // oxlint-disable-next-line typescript/no-deprecated -- the documented way to say how files are compiled; hooks of node:module can only give text
  const { cache, extensions } = createRequire(import.meta.filename);
  const run = (file: Loaded, module: NodeJS.Module, filename: string): void => {
    loaded.push(file);
    const beside = dirname(filename);
    const require = (id: string): unknown => {
      if (id.startsWith('node:')) return builtin(id);
      return id.startsWith('./') && beside === OWN ? load(join(beside, id)) : createRequire(filename)(id);
    };
    const resolve = (id: string): string => createRequire(filename).resolve(id);
    const body = file.script.runInThisContext() as (...parts: readonly unknown[]) => void;
    body.call(module.exports, module.exports, Object.assign(require, { resolve }), module, filename, beside);
  };
  const load = (filename: string): unknown => {
    const known = cache[filename];
    if (known) return known.exports;
    const file = read(filename, folder);
    if (!file) return createRequire(import.meta.filename)(filename);
    // Whoever asks Node.js for it gets the same one.
    const module = Object.assign(new Module(filename), { filename, loaded: true });
    cache[filename] = module;
    try {
      run(file, module, filename);
    } catch (error) {
      Reflect.deleteProperty(cache, filename);
      throw error;
    }
    return module.exports;
  };
  extensions['.cjs'] = (module, filename) => {
    const file = read(filename, folder);
    if (file) run(file, module, filename);
    else extensions['.js']?.(module, filename);
  };
  process.on('exit', (code) => {
    const use = [...loaded.map(({ name }) => name), ...flagsOf(words), code].join(' ');
    for (const file of loaded) learn(file, use);
  });
  return load;
}

const builtins = new Map<string, unknown>();

/** Each module of a bundle asks for those of Node.js by itself, 170 times in all, and Node.js looks for each anew. */
function builtin(id: string): unknown {
  if (!builtins.has(id)) builtins.set(id, process.getBuiltinModule(id));
  return builtins.get(id);
}

function flagsOf(words: readonly string[]): string[] {
  return words.flatMap((word) => /^--?[a-z]+/.exec(word)?.[0] ?? []).toSorted();
}

/**
 * What the build puts around each of toka's own files: it is the function that is needed here, and runs by itself where Node.js loads it. To
 * wrap a text as it is loaded copies it twice.
 */
export const WRAPPED = {
  before: "(function(run){return typeof module==='object'?run(exports,require,module,__filename,__dirname):run})(function(exports,require,module,__filename,__dirname){",
  after: '\n})',
};

/** `import(…)` works in what Node.js itself compiles only. */
const IMPORTS = /\bimport\((?!\))/;

function read(filename: string, folder: string): Loaded | undefined {
  // Looked at before it is read: what comes in between is then kept under a name that nothing has any more.
  const { size, mtimeMs, ctimeMs, ino } = statSync(filename);
  const body = readWhole(filename).toString('utf8');
  const source = [filename, size, mtimeMs, ctimeMs, ino].join(' ');
  const { name } = parse(filename);
  const kept = join(folder, `${name}-${checksum(filename)}-${process.version}`);
  const found = readKept(kept, source);
  if (!found && IMPORTS.test(body)) return undefined;
  const text = body.startsWith(WRAPPED.before) ? body : `(function(exports,require,module,__filename,__dirname){${body}\n})`;
  const { Script: CompiledScript } = process.getBuiltinModule('node:vm');
  const script = new CompiledScript(text, { filename, ...(found && { cachedData: found.code }) });
  const isGood = found && script.cachedDataRejected === false;
  return { name, script, kept, note: isGood ? found.note : { source, uses: [] } };
}

/**
 * The code, the note as JSON, the length of each in four bytes, and all of that once more. V8 does not notice damage, it crashes: comparing two
 * copies takes a tenth of the time of any checksum that is at hand here.
 */
function readKept(kept: string, source: string): { code: Buffer; note: Note } | undefined {
  try {
    const bytes = readTwice(kept);
    const end = bytes.length - 8;
    const codeLength = bytes.readUInt32LE(end);
    const note = JSON.parse(bytes.toString('utf8', codeLength, codeLength + bytes.readUInt32LE(end + 4))) as Note;
    return note.source === source ? { code: bytes.subarray(0, codeLength), note } : undefined;
  } catch {
    return undefined;
  }
}

/** What is read goes where the last file was: memory that was never used costs more, page by page, than what is read into it. */
let room: Buffer | undefined;

function roomFor(bytes: number): Buffer {
  if (!room || room.length < bytes) room = Buffer.allocUnsafeSlow(Math.max(bytes, USUAL));
  return room;
}

/** @returns The content; good until the next file is read */
function readWhole(file: string): Buffer {
  return withFile(file, (fd, size) => fill(fd, roomFor(size).subarray(0, size)));
}

/** @throws Error where the second half of a file is not the same as the first */
function readTwice(file: string): Buffer {
  return withFile(file, (fd, size) => {
    const half = Math.floor(size / 2);
    const bytes = roomFor(half + PIECE);
    const first = fill(fd, bytes.subarray(0, half));
    for (let at = 0; at < half; at += PIECE) {
      const piece = first.subarray(at, at + PIECE);
      if (!fill(fd, bytes.subarray(half, half + piece.length)).equals(piece)) throw new Error('damaged');
    }
    return first;
  });
}

function withFile<Result>(file: string, use: (fd: number, size: number) => Result): Result {
  const fd = openSync(file, 'r');
  try {
    return use(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

function fill(fd: number, bytes: Buffer): Buffer {
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(fd, bytes, at, bytes.length - at, null);
    if (count === 0) throw new Error('the file became shorter');
    at += count;
  }
  return bytes;
}

function learn({ script, note: { source, uses }, kept }: Loaded, use: string): void {
  if (uses.includes(use) || uses.length >= MOST_USES) return;
  try {
    const code = script.createCachedData();
    const note = Buffer.from(JSON.stringify({ source, uses: [...uses, use] } satisfies Note));
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(code.length);
    lengths.writeUInt32LE(note.length, 4);
    const draft = `${kept}.${process.pid}`;
    const once = [code, note, lengths];
    writeFileSync(draft, Buffer.concat([...once, ...once]), { mode: 0o600 });
    renameSync(draft, kept);
  } catch {
    // Nothing is kept then, which only costs time.
  }
}
