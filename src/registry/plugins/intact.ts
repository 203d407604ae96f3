import { type Dirent, lstatSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { hexDigest, nativeDigest } from '../../digest.ts';
import { TokaError } from '../../errors.ts';
import { entriesBelow } from '../../files-below.ts';
import { makeFolder } from '../../make-folder.ts';
import { replaceFile } from '../../replace-file.ts';
import type { InstalledPlugin } from './record.ts';

/** SHA-256 over the names and contents of all files below a folder, in their order; of a link what it says. */
export function filesDigest(root: string): string {
  const sha256 = nativeDigest();
  const lines = filesBelow(root).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const content = entry.isSymbolicLink() ? Buffer.from(`link ${readlinkSync(path)}`) : readFileSync(path);
    return `${sha256(content).toString('hex')} ${relative(root, path)}\n`;
  });
  return sha256(lines.join('')).toString('hex');
}

/**
 * Makes sure that the files of a plugin are those that were installed. Their times and sizes are looked at first; only where one of them is
 * otherwise than at the last look is everything read again.
 *
 * @param cache The user's cache folder: what was found the last time is kept there.
 * @throws TokaError TOKA_INTEGRITY
 */
export function requireIntact(plugin: InstalledPlugin, cache: string): void {
  const { name, version, root, files } = plugin;
  // A linked folder is its developer's, and unverified.
  if (files === undefined) return;
  const known = keptIn(cache, plugin);
  try {
    const key = `${files} ${statKey(root)}`;
    if (read(known) === key) return;
    if (filesDigest(root) === files) {
      remember(cache, known, key);
      return;
    }
  } catch (cause) {
    throw changed(plugin, cause);
  }
  throw changed(plugin, new Error(`the files of ${name} ${version} have another digest`));
}

/** Forgets what was found the last time. */
export function forgetIntact(plugin: InstalledPlugin, cache: string): void {
  rmSync(keptIn(cache, plugin), { force: true });
}

function keptIn(cache: string, { root }: InstalledPlugin): string {
  return join(cache, 'plugins', hexDigest(root));
}

function changed({ name, version, root }: InstalledPlugin, cause: unknown): TokaError {
  return new TokaError('TOKA_INTEGRITY', `the files of the plugin ${name} ${version} in ${root} are not those that were installed, so nothing of it is loaded`, {
    cause,
    hint: `find out what changed them, then install it anew: toka plugins uninstall ${name}, and toka plugins install ${name}`,
    data: { plugin: name },
  });
}

function statKey(root: string): string {
  const lines = filesBelow(root).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeNs, ctimeNs, ino } = lstatSync(path, { bigint: true });
    return `${relative(root, path)} ${size} ${mtimeNs} ${ctimeNs} ${ino}\n`;
  });
  return hexDigest(lines.join(''));
}

function filesBelow(root: string): Dirent[] {
  const place = ({ parentPath, name }: Dirent): string => `${parentPath}/${name}`;
  return [...entriesBelow(root)]
    .filter((entry) => !entry.isDirectory())
    .toSorted((one, other) => (place(one) < place(other) ? -1 : 1));
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** What cannot be kept only costs time. */
function remember(cache: string, file: string, key: string): void {
  try {
    makeFolder(join(cache, 'plugins'), 0o700);
    replaceFile(file, key, 0o600);
  } catch {
    return;
  }
}
