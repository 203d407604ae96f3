import { providerError, type ProviderErrorCode } from '@toka/sdk';

const CODES: Readonly<Record<number, ProviderErrorCode>> = { 401: 'PROVIDER_AUTH', 403: 'PROVIDER_AUTH', 429: 'PROVIDER_RATE_LIMIT' };

/** Turns what the server refuses into an error with a code. */
export async function demandOk(response: Response): Promise<void> {
  if (response.ok) return;
  const { error } = (await response.json().catch(() => ({}))) as { readonly error?: { readonly code?: unknown; readonly message?: unknown } };
  const message = typeof error?.message === 'string' ? error.message : `the server answered ${response.status}`;
  const refused = error?.code === 'context_length_exceeded' ? 'PROVIDER_CONTEXT' : 'PROVIDER_REQUEST';
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw providerError(CODES[response.status] ?? (response.status >= 500 ? 'PROVIDER_UNAVAILABLE' : refused), message, Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {});
}
