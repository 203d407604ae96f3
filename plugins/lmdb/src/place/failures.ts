import { constants } from 'node:os';
import { coded, type CodedError, isCoded } from '@toka/sdk';

/** Return codes of LMDB (lmdb.h) for what is not as LMDB has written it. */
const DAMAGED = new Set([-30797, -30796, -30793, -30786, -30784, -30779, -30778]);

const { ENOSPC, EDQUOT, EACCES, EROFS } = constants.errno;
const REASONS: Readonly<Record<number, string>> = {
  [ENOSPC]: 'the disk is full',
  [EDQUOT]: 'the quota of the disk is used up',
  [EACCES]: 'access is denied',
  [EROFS]: 'it is read-only',
  [-30790]: 'too many processes read in it',
};
const HINTS: Readonly<Record<number, string>> = {
  [ENOSPC]: 'free some disk space; nothing was lost, and the next call tries again',
  [EDQUOT]: 'free some disk space; nothing was lost, and the next call tries again',
};

/**
 * Gives what LMDB or the file system reported a code of ours.
 *
 * @returns `STORAGE_DAMAGED` for what is damaged, `STORAGE_UNAVAILABLE` for all that may pass; anything else as it was.
 */
export function translate(thrown: unknown, folder: string): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { code, errno } = thrown as { code?: unknown; errno?: unknown };
  if (isCoded(thrown) && thrown.code.startsWith('STORAGE_')) return thrown;
  // The file system reports with negative numbers, LMDB with positive ones.
  const reported = typeof code === 'number' ? code : typeof errno === 'number' ? -errno : undefined;
  if (reported === undefined) return thrown;
  if (DAMAGED.has(reported)) return damaged(folder, thrown.message, thrown);
  const reason = REASONS[reported];
  return unavailable(folder, reason === undefined ? thrown.message : `${reason} (${thrown.message})`, HINTS[reported], thrown);
}

/** What is there is not what it should be. */
export function damaged(folder: string, found: string, cause?: unknown): CodedError {
  return coded('STORAGE_DAMAGED', `expected a storage of toka in ${folder}, found that ${found}`, {
    hint: `nothing was changed; move the folder aside, and restore a backup in its place: mv '${folder}' '${folder}.damaged'`,
    cause,
  });
}

/** It may be well, but cannot be used now. */
export function unavailable(folder: string, found: string, hint?: string, cause?: unknown): CodedError {
  return coded('STORAGE_UNAVAILABLE', `expected to use the storage ${folder}: ${found}`, {
    hint: hint ?? 'make the folder readable and writable for you; nothing was lost, and the next call tries again',
    cause,
  });
}
