import { realpathSync } from 'node:fs';
import { isSecretBearing } from '../../capability/secrets.ts';
import { readTextFile } from '../../manifest/read.ts';

/** A text that toka reads by itself for a model, or why it does not: a link in a cloned repository may lead to a key. */
export type OwnText = { readonly text: string } | { readonly problem: string } | undefined;

/**
 * Reads a small text of a folder.
 *
 * @param folder What the file must lie in, links followed.
 * @returns undefined where there is none.
 */
export function readOwnText(file: string, folder: string, limit: number): OwnText {
  try {
    const real = realpathSync.native(file);
    if (!real.startsWith(`${realpathSync.native(folder)}/`)) return { problem: 'it is a link that leads out of its folder' };
    if (isSecretBearing(real)) return { problem: 'it is a link to a file that bears secrets' };
  } catch {
    return undefined;
  }
  const read = readTextFile(file, limit);
  if ('text' in read) return read;
  const { expected, found } = read.issue;
  return { problem: `expected ${expected ?? 'a text'}${found === undefined ? '' : `, found ${found}`}` };
}
