import { TokaError } from '../errors.ts';

/**
 * Whoever acts with a token hands on that one, not what its owner may do beside it.
 *
 * @throws TokaError TOKA_TOKEN_DELEGATION
 */
export function demandOwnRight(env: Readonly<Record<string, string | undefined>>): void {
  if ((env['TOKA_TOKEN_FILE'] ?? '') === '') return;
  throw new TokaError('TOKA_TOKEN_DELEGATION', 'TOKA_TOKEN_FILE names a token, and whoever acts with one can only narrow it', {
    hint: 'use toka auth token attenuate; if you act in your own right, unset TOKA_TOKEN_FILE',
  });
}
