import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/**
 * Reads the packages of the repository, the root first.
 *
 * @param {string} root
 * @returns {{ folder: string, manifest: Record<string, any> }[]} With folders relative to the root; the root's is `.`.
 */
export function readWorkspaces(root) {
  const read = (folder) => ({ folder, manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) });
  const patterns = read('.').manifest.workspaces.map((pattern) => posix.join(pattern, 'package.json'));
  return globSync(patterns, { cwd: root })
    .map((file) => dirname(file).replaceAll('\\', '/'))
    .toSorted()
    .map(read);
}
