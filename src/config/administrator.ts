import { fstatSync, lstatSync, openSync, closeSync, constants, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { TokaError } from '../errors.ts';
import { problemsError, toProblem } from '../manifest/problems.ts';
import { readTextFile } from '../manifest/read.ts';
import type { Layer } from './layers.ts';
import type { CheckCapability } from './parse.ts';

/** Where the administrator of this machine says what nobody may. */
export interface AdministratorFile {
  /** Absolute. */
  readonly file: string;
  /** The user who alone may write it, by number. */
  readonly owner: number;
}

export const ADMINISTRATOR_FILE: AdministratorFile = { file: '/etc/toka/policy.yaml', owner: 0 };

/**
 * Reads the administrator's file. It is read anew each time: what the user could change (a cache) has no part in it.
 *
 * @returns `undefined` where there is none.
 * @throws TokaError TOKA_POLICY_UNSAFE if others could have written it, or it cannot be read; TOKA_CONFIG_INVALID
 */
export async function loadAdministrator({ file, owner }: AdministratorFile, checkCapability?: CheckCapability): Promise<Layer | undefined> {
  if (!isThere(file)) return undefined;
  requireOwned(dirname(file), statOf(dirname(file)), owner);
  requireOwned(file, opened(file), owner);
  const read = readTextFile(file);
  if ('issue' in read) throw problemsError('TOKA_CONFIG_INVALID', file, [toProblem(read.issue)]);
  const { parseConfig } = await import('./parse.ts');
  return { origin: 'administrator', file, config: parseConfig(read.text, file, checkCapability, { narrowsOnly: true }), trusted: true };
}

function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw unsafe(file, 'it cannot be looked at', cause);
  }
}

function statOf(folder: string): Stats {
  try {
    return statSync(folder);
  } catch (cause) {
    throw unsafe(folder, 'it cannot be looked at', cause);
  }
}

function opened(file: string): Stats {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw unsafe(file, 'it cannot be read, or is a link', cause);
  }
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Only the owner can put another file in the place of one that stands in a folder of his. */
function requireOwned(path: string, { uid, mode }: Stats, owner: number): void {
  if (uid !== owner) throw unsafe(path, `it belongs to user ${uid}, not to user ${owner}`);
  if ((mode & 0o022) !== 0) throw unsafe(path, `others may write it (mode ${(mode & 0o777).toString(8)})`);
}

function unsafe(path: string, why: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_POLICY_UNSAFE', `${path} holds the administrator's policy, but ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    where: { file: path },
    hint: 'ask whoever looks after this machine to run: chown root:root and chmod go-w on it and on its folder; until then nothing runs',
  });
}
