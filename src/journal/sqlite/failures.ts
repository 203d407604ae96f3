import { coded, type CodedError, isCoded } from '@toka/sdk';

interface SqliteError extends Error {
  readonly code: string;
  /** SQLite's extended result code. */
  readonly errcode?: number;
}

/** Primary result codes, https://www.sqlite.org/rescode.html, that mean "not now" rather than "damaged". */
const UNAVAILABLE: Readonly<Record<number, string>> = {
  3: 'access is denied',
  5: 'another process has kept it locked',
  6: 'another connection has kept it locked',
  7: 'there is not enough memory',
  8: 'it is read-only',
  10: 'the disk reports an error',
  13: 'the disk is full',
  14: 'it cannot be opened',
  22: 'the file system does not support files of that size',
};
const HINTS: Readonly<Record<number, string>> = {
  5: 'wait until the other process is done, or end it',
  13: 'free some disk space; nothing was lost, and the next run tries again',
};
/** What is no database or a broken one, and rows that contradict one another. */
const DAMAGED = new Set([11, 19, 24, 26]);
/** SQLITE_CORRUPT_VTAB: of virtual tables there are none but those of the search. */
const DAMAGED_SEARCH = 267;

/**
 * Gives what SQLite or the file system reported a code of the contract.
 *
 * @param thrown What was caught.
 * @param file The journal's file.
 * @returns `STORAGE_DAMAGED` for a damaged file, `STORAGE_UNAVAILABLE` for all that may pass; anything else as it was.
 */
export function translate(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { code, errcode } = thrown as SqliteError;
  if (code === 'ERR_OUT_OF_RANGE') return damaged(file, 'it holds a number that no journal holds', thrown);
  if (code !== 'ERR_SQLITE_ERROR') return 'syscall' in thrown && isCoded(thrown) ? unavailable(file, thrown.message, thrown) : thrown;
  if (errcode === DAMAGED_SEARCH) return damagedSearch(file, thrown.message, thrown);
  const primary = (errcode ?? 0) & 0xff;
  if (DAMAGED.has(primary)) return damaged(file, thrown.message, thrown);
  const reason = UNAVAILABLE[primary];
  return reason === undefined ? thrown : unavailable(file, `${reason} (${thrown.message})`, thrown, HINTS[primary]);
}

/** The file is not what it should be. */
export function damaged(file: string, found: string, cause?: unknown): CodedError {
  return coded('STORAGE_DAMAGED', `expected a journal of toka in ${file}, found that ${found}`, {
    hint: `nothing was changed; move it aside with its log, and the next run starts a new one: ${moveAside(file)}`,
    cause,
  });
}

/** The words that searches find are not what they should be; they can be made anew from the record. */
export function damagedSearch(file: string, found: string, cause?: unknown): CodedError {
  return coded('STORAGE_DAMAGED', `expected what searches are made from in ${file}, found that it is damaged (${found})`, {
    hint: 'nothing was changed; toka runs search WORD --rebuild makes it anew',
    cause,
  });
}

function moveAside(file: string): string {
  return `mkdir '${file}.damaged' && mv '${file}' '${file}'-* '${file}.damaged'`;
}

/** The file may be well, but cannot be used now. */
export function unavailable(file: string, found: string, cause?: unknown, hint?: string): CodedError {
  return coded('STORAGE_UNAVAILABLE', `expected to use the journal ${file}: ${found}`, {
    hint: hint ?? 'make the folder readable and writable for you; nothing was lost, and the next run tries again',
    cause,
  });
}
