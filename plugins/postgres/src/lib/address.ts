import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { coded } from '@toka/sdk';

/** Where a storage is, and how to get there. */
export interface Address {
  /** A name, an address, or the absolute path of the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly schema: string;
  readonly tls: ConnectionOptions | false;
  /** The file with passwords that is named; otherwise what PostgreSQL's own programs would read. */
  readonly passwordFile?: string;
  readonly connections: number;
  readonly connectSeconds: number;
  /** How long to wait for an answer, and for the others' transactions. */
  readonly answerSeconds: number;
}

const PARAMETERS = ['host', 'schema', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'passfile', 'connections', 'connect_timeout', 'timeout'];
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * Reads `postgres://USER@HOST:PORT/DATABASE?…`.
 *
 * @throws `STORAGE_INVALID`, which never quotes the address: it may hold a password.
 */
export function parseAddress(location: string): Address {
  // A user without a host means this machine, to PostgreSQL, and nothing, to URLs.
  const complete = location.replace(/^(\w+:\/\/[^/?#@]*@)(?=[:/?]|$)/, '$1localhost');
  const url = URL.canParse(complete) ? new URL(complete) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hash !== '') throw invalid('an address such as postgres://USER@HOST/DATABASE', 'another');
  if (url.password !== '' || /^[^/]*\/\/[^/?]*:[^/?]*@/.test(location) || url.searchParams.has('password')) {
    throw invalid('an address without a password', 'one with a password', 'put it into PGPASSWORD or ~/.pgpass, or name a file of the same form with passfile=');
  }
  const parameters = readParameters(url.searchParams);
  const host = parameters['host'] ?? (decode(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost');
  const user = decode(url.username) || process.env['PGUSER'] || userInfo().username;
  const { schema = 'toka', passfile } = parameters;
  if (!/^(?!pg_)[a-z_][a-z0-9_]{0,39}$/.test(schema)) throw invalid('a schema of at most 40 letters, digits and _, which does not begin with pg_', 'another');
  return {
    host,
    port: Number(url.port || 5432),
    user,
    database: decode(url.pathname.slice(1)) || user,
    schema,
    tls: readTls(host, parameters),
    ...(passfile === undefined ? {} : { passwordFile: passfile }),
    connections: count('connections', parameters['connections'], 4),
    connectSeconds: count('connect_timeout', parameters['connect_timeout'], 10),
    answerSeconds: count('timeout', parameters['timeout'], 60),
  };
}

/** As errors name it. */
export function placeOf({ host, port, database, schema }: Address): string {
  return `the schema ${schema} of the database ${database} at ${host.startsWith('/') ? host : `${host}:${port}`}`;
}

function readParameters(given: URLSearchParams): Partial<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of given) {
    if (!PARAMETERS.includes(name)) throw invalid(`only the parameters ${PARAMETERS.join(', ')}`, 'another', 'look up their meaning in the README of @toka/plugin-postgres');
    if (value === '' || name in parameters) throw invalid(`one value for ${name}`, value === '' ? 'none' : 'several');
    parameters[name] = value;
  }
  return parameters;
}

/** Encrypted, with a certificate for this very host, unless the address says otherwise or nothing leaves this machine. */
function readTls(host: string, { sslmode, sslrootcert, sslcert, sslkey }: Partial<Record<string, string>>): ConnectionOptions | false {
  const isHere = host.startsWith('/') || LOOPBACK.test(host);
  const mode = sslmode ?? (isHere ? 'disable' : 'verify-full');
  const files = {
    ...(sslrootcert === undefined ? {} : { ca: readPem('sslrootcert', sslrootcert) }),
    ...(sslcert === undefined ? {} : { cert: readPem('sslcert', sslcert) }),
    ...(sslkey === undefined ? {} : { key: readPem('sslkey', sslkey) }),
  };
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return { ...files, rejectUnauthorized: false };
    case 'verify-ca':
      return { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...files, rejectUnauthorized: true };
    default:
      throw invalid('verify-full, verify-ca, require or disable as sslmode', 'another', 'modes that fall back to a connection that is not encrypted are not offered');
  }
}

function readPem(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw coded('STORAGE_UNAVAILABLE', `the file that ${name} names cannot be read: ${file}`, { cause });
  }
}

function count(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw invalid(`a whole number from 1 to 999999 as ${name}`, 'something else');
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('an address with % only before two hexadecimal digits', 'another');
  }
}

function invalid(expected: string, found: string, hint?: string): Error {
  return coded('STORAGE_INVALID', `expected ${expected}, found ${found}`, hint === undefined ? {} : { hint });
}
