import { getSystemErrorMessage } from 'node:util';
import { TokaError, type ErrorCode } from '../errors.ts';

interface SystemError extends Error {
  readonly code: string;
  readonly errno: number;
}

/** The operating system's code of a thrown error (`ENOENT`), or the empty string. */
export function systemCode(thrown: unknown): string {
  const code = thrown instanceof Error ? (thrown as Partial<SystemError>).code : undefined;
  return typeof code === 'string' ? code : '';
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'the system gives this user no permission: check owner and mode of the file and its folders',
  EBUSY: 'another program holds it: close that program and run again',
  EDQUOT: 'the disk quota is used up: free some space and run again',
  EFBIG: 'the file system does not take files of this size',
  EINVAL: 'the file system does not take this name: use another one',
  EIO: 'the disk reports a fault: check the disk and the system log',
  ELOOP: 'the symlinks point at each other: fix or remove one of them',
  EMFILE: 'too many files are open: raise `ulimit -n` or run fewer tools at once',
  ENAMETOOLONG: 'the name is too long for the file system: use a shorter one',
  ENFILE: 'too many files are open on this machine: run again later',
  ENOSPC: 'the disk is full: free some space and run again',
  EPERM: 'the system forbids it for this user: check owner, mode and attributes of the file and its folder',
  EROFS: 'the file system is mounted read-only: write somewhere else or mount it writable',
};

const OWN_CODE: Readonly<Record<string, ErrorCode>> = {
  EEXIST: 'TOKA_FS_EXISTS',
  ENOENT: 'TOKA_FS_NOT_FOUND',
  ENOTDIR: 'TOKA_FS_NOT_FOUND',
};

/** Turns what a file operation threw into an error of the table; errors that are of the table already pass unchanged. */
export function fsError(thrown: unknown, verb: string, path: string): TokaError {
  if (thrown instanceof TokaError) return thrown;
  const system = systemCode(thrown);
  const code = OWN_CODE[system];
  if (code === 'TOKA_FS_NOT_FOUND') return notFound(path, thrown);
  if (code === 'TOKA_FS_EXISTS') return exists(path, thrown);
  return new TokaError('TOKA_FS_FAILED', `cannot ${verb} ${path}: ${reasonOf(thrown)}`, {
    hint: ADVICE[system] ?? 'check the path and its folder, then run again',
    cause: thrown,
    data: { path, ...(system === '' ? {} : { system }) },
  });
}

/** Without the path that the system was told: files are reached through descriptors, whose paths say nothing to a person. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code, errno } = thrown as Partial<SystemError>;
  return code === undefined || errno === undefined ? thrown.message : `${code}: ${getSystemErrorMessage(errno)}`;
}

export function notFound(path: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_FS_NOT_FOUND', `expected a file or folder at ${path}, found nothing`, {
    hint: 'check the spelling; a relative path starts at the folder the run was started in',
    cause,
    data: { path },
  });
}

export function exists(path: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_FS_EXISTS', `expected nothing at ${path}, found a file`, {
    hint: 'choose another name, or ask for the file to be replaced',
    cause,
    data: { path },
  });
}

export function notFile(path: string, found: string): TokaError {
  return new TokaError('TOKA_FS_NOT_FILE', `expected a regular file at ${path}, found ${found}`, {
    hint: 'name a regular file',
    data: { path, found },
  });
}

export function notDirectory(path: string, found: string): TokaError {
  return new TokaError('TOKA_FS_NOT_DIRECTORY', `expected a folder at ${path}, found ${found}`, {
    hint: 'name a folder',
    data: { path, found },
  });
}

export function tooLarge(path: string, bytes: number, maxBytes: number): TokaError {
  return new TokaError('TOKA_FS_TOO_LARGE', `expected at most ${maxBytes} bytes from ${path}, found ${bytes}`, {
    hint: 'read it in parts (start and length), stream it, or raise maxBytes',
    data: { path, bytes, maxBytes },
  });
}

/** The file system moved under our hands more often than we try again. */
export function unstable(path: string): TokaError {
  return new TokaError('TOKA_FS_FAILED', `${path} was replaced again and again while it was opened`, {
    hint: 'stop the program that keeps replacing it, then run again',
    data: { path },
  });
}
