import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { coded } from '@toka/sdk';
import { getPassword } from 'pgpass/lib/helper.js';
import type { Address } from './address.ts';

/** The password for an address, looked for when the server asks for one: `passfile`, `PGPASSWORD`, `PGPASSFILE`, `~/.pgpass`. */
export async function findPassword(address: Address): Promise<string> {
  const { passwordFile } = address;
  if (passwordFile !== undefined) return (await fromFile(passwordFile, address)) ?? missing(`${passwordFile} has none for it`);
  const { PGPASSWORD, PGPASSFILE } = process.env;
  if (PGPASSWORD !== undefined && PGPASSWORD !== '') return PGPASSWORD;
  const file = PGPASSFILE !== undefined && PGPASSFILE !== '' ? PGPASSFILE : join(homedir(), '.pgpass');
  const found = statSync(file, { throwIfNoEntry: false }) && (await fromFile(file, address));
  return found ?? missing(`neither PGPASSWORD nor ${file} has one`);
}

async function fromFile(file: string, { host, port, database, user }: Address): Promise<string | undefined> {
  const text = readPrivate(file);
  // PostgreSQL's own programs look for a Unix socket under this name.
  const name = host.startsWith('/') ? 'localhost' : host;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  getPassword({ host: name, port, database, user }, Readable.from([text]), resolve);
  return promise;
}

function readPrivate(file: string): string {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) === 0) return readFileSync(file, 'utf8');
  } catch (cause) {
    throw coded('STORAGE_UNAVAILABLE', `the file with the password cannot be read: ${file}`, { cause });
  }
  throw coded('STORAGE_UNAVAILABLE', `expected a file that only its owner can read, found one that others can: ${file}`, { hint: `chmod 600 ${file}` });
}

function missing(why: string): never {
  throw coded('STORAGE_UNAVAILABLE', `PostgreSQL asks for a password, and ${why}`);
}
