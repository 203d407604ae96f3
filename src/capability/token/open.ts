import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { TokaError } from '../../errors.ts';
import type { Principal } from '../principal.ts';
import { MAX_BYTES } from './envelope.ts';
import { openRevocations } from './revocations.ts';
import { createTokens, type Tokens, type TokensOptions } from './tokens.ts';

/** Opens a user's tokens; `folder` is that of the keyring, where the list of revoked tokens lies too. */
export function openTokens({ folder, ...options }: Omit<TokensOptions, 'revocations'> & { readonly folder: string }): Tokens {
  return createTokens({ ...options, revocations: openRevocations(join(folder, 'revoked.json')) });
}

/**
 * Reads the text of a token from a file, at most a little more than a token may have.
 *
 * @throws TokaError TOKA_TOKEN_INVALID where it cannot be read.
 */
export function readTokenFile(file: string): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(MAX_BYTES + 2);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(fd, bytes, length, bytes.length - length, null);
      return bytes.toString('utf8', 0, length).trimEnd();
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw new TokaError('TOKA_TOKEN_INVALID', `cannot read a token from ${file}`, { cause, hint: 'check the path, and who may read it' });
  }
}

/**
 * Whoever comes with the token in a file. Where it has a budget, they cannot choose by a flag where its account is: each new journal would give
 * them the whole budget again.
 *
 * @throws TokaError TOKA_CAPABILITY_DENIED, TOKA_TOKEN_INVALID and what else keeps it from holding
 */
export function bearerFrom(file: string, tokens: Tokens, { hasChosenJournal }: { readonly hasChosenJournal: boolean }): Principal {
  const principal = tokens.bearer(readTokenFile(file));
  const [first] = principal.bond?.budgets ?? [];
  if (!first || !hasChosenJournal) return principal;
  throw new TokaError('TOKA_CAPABILITY_DENIED', `the token ${first.token} has a budget, whose account is in the journal of the project: found --storage, which names another`, {
    hint: 'run it without --storage',
  });
}
