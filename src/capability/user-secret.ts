import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { privateFolder, readPrivate, writePrivate } from './private-file.ts';

/**
 * A secret of this user, made when it is first asked for.
 *
 * @returns 64 hexadecimal digits.
 * @throws TokaError TOKA_FILE_UNSAFE, TOKA_STATE_UNAVAILABLE
 */
export function userSecret(file: string): string {
  const found = readPrivate(file)?.trim();
  if (found !== undefined && /^[0-9a-f]{64}$/.test(found)) return found;
  privateFolder(dirname(file));
  writePrivate(file, randomBytes(32).toString('hex'));
  return readPrivate(file)?.trim() ?? '';
}
