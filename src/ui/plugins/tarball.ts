import { readFileSync, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { extract, Parser } from 'tar';
import { TokaError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { quote } from '../../manifest/issue.ts';

/** More than this is no plugin: bytes packed, bytes unpacked, files. */
const MAX_PACKED = 128 * 1024 ** 2;
const MAX_UNPACKED = 512 * 1024 ** 2;
const MAX_ENTRIES = 20_000;

/** What a package may consist of; a link could lead anywhere. */
const KINDS: readonly string[] = ['File', 'OldFile', 'ContiguousFile', 'Directory'];

/** SHA-512 of a file, in the words of Subresource Integrity, as registries write it. */
export function integrityOf(file: string): string {
  return `sha512-${process.getBuiltinModule('node:crypto').hash('sha512', readFileSync(file), 'base64')}`;
}

/**
 * Unpacks the tarball of a package into a folder, once all of it was looked at.
 *
 * @throws TokaError TOKA_PLUGIN_UNSAFE
 */
export async function unpack(file: string, folder: string): Promise<void> {
  const { size } = statSync(file);
  if (size > MAX_PACKED) throw unsafe(`at most ${MAX_PACKED} bytes`, `${size}`);
  await look(file);
  makeFolder(folder);
  // How much there is of it was counted above; how well that packs is no fault.
  await extract({ file, cwd: folder, strip: 1, strict: true, maxDecompressionRatio: Infinity, filter: withUsualMode });
}

/** Whatever a package says: readable by all, and nobody but its owner may write it, as npm has it. */
function withUsualMode(_path: string, entry: { mode?: number; readonly type?: string }): boolean {
  const least = entry.type === 'Directory' ? 0o755 : 0o644;
  entry.mode = ((entry.mode ?? 0) | least) & 0o755;
  return true;
}

/** Looks at every entry. What is unpacked is counted as it comes: a small file can hold much. */
async function look(file: string): Promise<void> {
  const faults: TokaError[] = [];
  let [bytes, entries] = [0, 0];
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      entries += 1;
      faults.push(...faultsOf(entry));
      entry.resume();
    },
  });
  parser.on('error', (error: Error) => faults.push(unsafe('a tarball as npm pack makes them', error.message, error)));
  try {
    const gunzip = createGunzip();
    gunzip.end(readFileSync(file));
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_UNPACKED) break;
      parser.write(chunk);
    }
    parser.end();
  } catch (cause) {
    throw unsafe('a tarball as npm pack makes them', (cause as Error).message, cause);
  }
  if (bytes > MAX_UNPACKED) throw unsafe(`at most ${MAX_UNPACKED} bytes unpacked`, 'more');
  if (entries > MAX_ENTRIES || entries === 0) faults.push(unsafe(`at most ${MAX_ENTRIES} files, and at least one`, `${entries}`));
  const [fault] = faults;
  if (fault) throw fault;
}

function faultsOf({ path, type }: { readonly path: string; readonly type: string }): TokaError[] {
  const parts = path.split('/');
  const isOutside = parts.includes('..') || parts[0] === '' || /[\\\0]/.test(path);
  return [
    ...(KINDS.includes(type) ? [] : [unsafe('files and folders', `${type} ${quote(path)}`)]),
    ...(isOutside ? [unsafe('paths inside the package', quote(path))] : []),
  ];
}

function unsafe(expected: string, found: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_PLUGIN_UNSAFE', `the package: expected ${expected}, found ${found}`, {
    cause,
    hint: 'nothing was installed; ask the author of the plugin, or install another version of it',
  });
}
