import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Larger files are not searched, so that the suite stays fast. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Whatever a process has said, by the name of its stream. */
type Said = Readonly<Record<string, string | Uint8Array | undefined>>;

/** Secrets that nobody grants to anything: in the environment of toka, in a file of its home, and the private keys that it makes there. */
export interface Planted {
  /** Belongs into the environment of every process. */
  readonly env: { readonly PLANTED_SECRET: string };
  /** Throws if one of the texts holds a secret, as it is, in hexadecimal or in base64. */
  demandAbsent(texts: Said): void;
  /** Throws if a file holds a secret that was written since the last time; the keyring holds its own keys. */
  demandUnwritten(): void;
  /** The same value, once what its process has said was searched. */
  searched<T extends { readonly stdout?: string | Uint8Array | undefined; readonly stderr?: string | Uint8Array | undefined }>(ended: T): T;
}

/** @param folders Where toka may write. */
export function plant(home: string, folders: readonly string[]): Planted {
  const variable = `planted-${randomBytes(16).toString('hex')}`;
  const password = `planted-${randomBytes(16).toString('hex')}`;
  const netrc = join(home, '.netrc');
  writeFileSync(netrc, `machine example.com login somebody password ${password}\n`, { mode: 0o600 });
  const forms = new Map([
    ['the variable PLANTED_SECRET', formsOf(Buffer.from(variable))],
    ['the password in ~/.netrc', formsOf(Buffer.from(password))],
  ]);
  // What was there before cannot hold them.
  const searchedAt = new Map(folders.flatMap(filesIn).map((file) => [file, versionOf(file)]));

  // Those of before a rotation too: they stay secret.
  const learnKeys = (): void => {
    for (const file of folders.flatMap(filesIn).filter(isKeyring)) {
      for (const [, key = ''] of contentOf(file).matchAll(/"private":\s*"([\w-]{43})"/g)) {
        const name = `the private key ${key.slice(0, 4)}…`;
        if (!forms.has(name)) forms.set(name, formsOf(Buffer.from(key, 'base64url')));
      }
    }
  };
  const demandAbsent: Planted['demandAbsent'] = (texts) => {
    learnKeys();
    for (const [where, text] of Object.entries(texts)) search(forms, where, text);
  };
  return {
    env: { PLANTED_SECRET: variable },
    demandAbsent,
    demandUnwritten: () => {
      learnKeys();
      for (const file of folders.flatMap(filesIn)) {
        const version = versionOf(file);
        if (file === netrc || isKeyring(file) || searchedAt.get(file) === version) continue;
        searchedAt.set(file, version);
        search(forms, file, contentOf(file));
      }
    },
    searched: (ended) => {
      demandAbsent({ stdout: ended.stdout, stderr: ended.stderr });
      return ended;
    },
  };
}

function search(forms: ReadonlyMap<string, readonly string[]>, where: string, said: string | Uint8Array | undefined): void {
  if (said === undefined) return;
  const text = typeof said === 'string' ? said : Buffer.from(said).toString('latin1');
  for (const [name, written] of forms) {
    if (written.some((form) => text.includes(form))) throw new Error(`${name} leaked into ${where}`);
  }
}

/** How bytes may be written: as they are, in hexadecimal, in base64 wherever they begin in what was encoded. */
function formsOf(bytes: Buffer): string[] {
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
  });
  const hex = bytes.toString('hex');
  return [bytes.toString('latin1'), hex, hex.toUpperCase(), ...new Set(base64.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]))];
}

function isKeyring(file: string): boolean {
  return basename(file) === 'keyring.json';
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

function versionOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return `${stats?.ino} ${stats?.size} ${stats?.mtimeMs}`;
}

function contentOf(file: string): string {
  try {
    return statSync(file).size > MAX_BYTES ? '' : readFileSync(file, 'latin1');
  } catch {
    // Gone in the meantime.
    return '';
  }
}
