import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { extract, list } from 'tar';
import { TokaError } from '../../errors.ts';
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
  if (size > MAX_PACKED) throw unsafe(file, `at most ${MAX_PACKED} bytes`, `${size}`);
  const faults: TokaError[] = [];
  let [bytes, entries] = [0, 0];
  const look = (entry: { readonly path: string; readonly type: string; readonly size: number }): void => {
    bytes += entry.size;
    entries += 1;
    const parts = entry.path.split('/');
    if (!KINDS.includes(entry.type)) faults.push(unsafe(file, 'files and folders', `${entry.type} ${quote(entry.path)}`));
    if (parts.includes('..') || parts[0] === '' || /[\\\0]/.test(entry.path)) faults.push(unsafe(file, 'paths inside the package', quote(entry.path)));
  };
  try {
    await list({ file, strict: true, onReadEntry: look });
  } catch (cause) {
    throw unsafe(file, 'a tarball as npm pack makes them', (cause as Error).message, cause);
  }
  if (bytes > MAX_UNPACKED) faults.push(unsafe(file, `at most ${MAX_UNPACKED} bytes unpacked`, `${bytes}`));
  if (entries > MAX_ENTRIES || entries === 0) faults.push(unsafe(file, `at most ${MAX_ENTRIES} files, and at least one`, `${entries}`));
  const [fault] = faults;
  if (fault) throw fault;
  mkdirSync(folder, { recursive: true });
  await extract({ file, cwd: folder, strip: 1, strict: true });
}

function unsafe(file: string, expected: string, found: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_PLUGIN_UNSAFE', `the package ${file}: expected ${expected}, found ${found}`, {
    cause,
    hint: 'nothing was installed; ask the author of the plugin, or install another version of it',
  });
}
