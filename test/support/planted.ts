import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Larger files are not searched, so that the suite stays fast. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Secrets that nobody grants to anything: in the environment of toka, in a file of its home, and the private keys that it makes there. */
export interface Planted {
  readonly env: Readonly<Record<string, string>>;
  /** Throws if one of the texts holds a secret. */
  demandAbsent(texts: Readonly<Record<string, string>>): void;
  /** Throws if a file in toka's own folders holds a secret; the keyring holds its own keys. */
  demandUnwritten(): void;
}

/** @param folders Toka's own folders, where it may write. */
export function plant(home: string, folders: readonly string[]): Planted {
  const variable = `planted-${randomBytes(16).toString('hex')}`;
  const password = `planted-${randomBytes(16).toString('hex')}`;
  writeFileSync(join(home, '.netrc'), `machine example.com login somebody password ${password}\n`, { mode: 0o600 });
  const secrets = (): Record<string, string> => ({
    'the variable PLANTED_SECRET': variable,
    'the password in ~/.netrc': password,
    ...Object.fromEntries(folders.flatMap(filesIn).filter(isKeyring).flatMap(privateKeys)),
  });
  const demandAbsent: Planted['demandAbsent'] = (texts) => {
    for (const [name, secret] of Object.entries(secrets())) {
      for (const [where, text] of Object.entries(texts)) if (text.includes(secret)) throw new Error(`${name} leaked into ${where}`);
    }
  };
  return {
    env: { PLANTED_SECRET: variable },
    demandAbsent,
    demandUnwritten: () => {
      for (const file of folders.flatMap(filesIn)) if (!isKeyring(file)) demandAbsent({ [file]: contentOf(file) });
    },
  };
}

function isKeyring(file: string): boolean {
  return basename(file) === 'keyring.json';
}

function privateKeys(file: string): [string, string][] {
  const keys = [...contentOf(file).matchAll(/"private": "([\w-]{43})"/g)];
  return keys.map(([, key = ''], at) => [`private key ${at + 1} of ${file}`, key]);
}

/** The files of a folder, and below it; none where it is gone. */
function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function contentOf(file: string): string {
  try {
    return statSync(file).size > MAX_BYTES ? '' : readFileSync(file, 'latin1');
  } catch {
    // Gone in the meantime.
    return '';
  }
}
