import { coded, type CodedError } from '@toka/sdk';

/** What the SQLSTATE of an error begins with, and what it comes to: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const MEANINGS: readonly (readonly [state: string, code: string, hint?: string])[] = [
  ['22021', 'STORAGE_INVALID'],
  ['54', 'STORAGE_INVALID'],
  ['XX001', 'STORAGE_DAMAGED'],
  ['XX002', 'STORAGE_DAMAGED'],
  ['3F000', 'STORAGE_DAMAGED'],
  ['42P01', 'STORAGE_DAMAGED'],
  ['42703', 'STORAGE_DAMAGED'],
  ['25006', 'STORAGE_UNAVAILABLE', 'name the server that can be written to, or open it to read'],
  ['28', 'STORAGE_UNAVAILABLE', 'check the user, the password and pg_hba.conf'],
  ['42501', 'STORAGE_UNAVAILABLE', 'grant the user what is missing, or let somebody who may create the schema'],
  ['53', 'STORAGE_UNAVAILABLE', 'PostgreSQL lacks space, memory or connections'],
  ['57014', 'STORAGE_UNAVAILABLE', 'raise timeout= in the address if PostgreSQL is only slow'],
];

/** Gives an error of PostgreSQL, its client or the network the code that it has for users of a storage. */
export function translate(error: unknown, place: string): CodedError {
  if (isOurs(error)) return error;
  const { message, code: state = '' } = error as { message: string; code?: string };
  const [, code = 'STORAGE_UNAVAILABLE', hint] = MEANINGS.find(([begins]) => isState(state) && state.startsWith(begins)) ?? [];
  return coded(code, `${place}: ${message || state}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

/** PostgreSQL's errors and those of Node.js have codes too. */
function isOurs(error: unknown): error is CodedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('STORAGE_');
}

function isState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code);
}
