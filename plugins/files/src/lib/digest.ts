import { createHash } from 'node:crypto';
import { coded } from '@toka/sdk';

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Guards a change: the file must still be the one that the caller has seen. */
export function checkUnchanged(path: string, expected: string | undefined, found: string | undefined): void {
  if (expected === undefined || expected.toLowerCase() === found) return;
  throw coded('FILE_CHANGED', `expected ${path} with sha256 ${expected.toLowerCase()}, found ${found ?? 'no file'}`, {
    hint: 'it was changed since it was read: read it again and make the change on what it is now',
  });
}
