import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TokaError } from '../../errors.ts';
import { withFileLock } from '../../journal/file-lock.ts';
import { privateFolder, readPrivate, writePrivate } from '../private-file.ts';

/** The tokens that were taken back. A token whose chain holds one of them is revoked too. */
export interface Revocations {
  /**
   * The first of these ids that was revoked.
   *
   * @throws TokaError Where the list cannot be read or trusted; nothing then counts as not revoked.
   */
  firstOf(chain: readonly string[]): string | undefined;
  /** Keeps the id until `expires`, seconds since 1970; ids that have expired by `now` are forgotten. */
  add(id: string, expires: number, now: number): void;
}

interface RevocationFile {
  readonly version: 1;
  /** When each token would have expired by itself. */
  readonly revoked: Readonly<Record<string, number>>;
}

/** Opens the list; it is read again when the file is another one. */
export function openRevocations(file: string): Revocations {
  let known: { readonly version: string; readonly ids: ReadonlySet<string> } | undefined;
  const current = (): ReadonlySet<string> => {
    const version = versionOf(file);
    if (known?.version !== version) known = { version, ids: new Set(Object.keys(read(file))) };
    return known.ids;
  };
  return {
    firstOf: (chain) => {
      const ids = current();
      return chain.find((id) => ids.has(id));
    },
    add: (id, expires, now) => {
      const folder = dirname(file);
      privateFolder(folder);
      withFileLock(join(folder, 'lock'), () => {
        const kept = Object.entries(read(file)).filter(([, end]) => end >= now);
        const revoked = Object.fromEntries([...kept, [id, expires]]);
        writePrivate(file, `${JSON.stringify({ version: 1, revoked } satisfies RevocationFile, undefined, 2)}\n`);
      });
    },
  };
}

/** Each write makes another file, with a number of its own. */
function versionOf(file: string): string {
  try {
    const info = statSync(file, { bigint: true, throwIfNoEntry: false });
    return info === undefined ? 'none' : [info.ino, info.mtimeNs, info.ctimeNs, info.size].join(' ');
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot look at ${file}`, { cause, hint: 'check the permissions of its folder' });
  }
}

function read(file: string): RevocationFile['revoked'] {
  const text = readPrivate(file);
  if (text === undefined) return {};
  try {
    const parsed = JSON.parse(text) as Partial<Record<keyof RevocationFile, unknown>> | null;
    if (parsed?.version === 1 && isList(parsed.revoked)) return parsed.revoked;
  } catch {
    // Falls through to the same answer as a well-formed file of another shape.
  }
  throw new TokaError('TOKA_INTEGRITY', `${file} is not a list of revoked tokens (version 1)`, {
    hint: 'restore it from a backup; if there is none, end all tokens with toka auth keys rotate --overlap 0s, then move it away',
  });
}

function isList(value: unknown): value is RevocationFile['revoked'] {
  return typeof value === 'object' && value !== null && Object.entries(value).every(([id, end]) => isTokenId(id) && Number.isSafeInteger(end));
}

/** Whether a text has the form of a token's id. */
export function isTokenId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}
