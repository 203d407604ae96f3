import { isCoded, type ProviderError, type ProviderErrorCode } from '@toka/sdk';
import { type ErrorCode, TokaError } from '../errors.ts';
import type { ModelUsage } from './port.ts';
import type { Redactor } from './redact.ts';

const CODES: Readonly<Record<ProviderErrorCode, ErrorCode>> = {
  PROVIDER_AUTH: 'TOKA_PROVIDER_AUTH',
  PROVIDER_CONTEXT: 'TOKA_MODEL_CONTEXT',
  PROVIDER_RATE_LIMIT: 'TOKA_PROVIDER_LIMIT',
  PROVIDER_REPLY: 'TOKA_MODEL_REPLY',
  PROVIDER_REQUEST: 'TOKA_MODEL_REQUEST',
  PROVIDER_UNAVAILABLE: 'TOKA_PROVIDER_UNAVAILABLE',
};

/** Whether something is an error by which a provider tells what went wrong. */
export function isProviderError(thrown: unknown): thrown is ProviderError {
  return isCoded(thrown) && Object.hasOwn(CODES, thrown.code);
}

/** What an error is told with. */
export interface Told {
  readonly redactor: Redactor;
  /** Where the key comes from, and by which names the provider knows it. */
  readonly key: { readonly from: string; readonly names: readonly string[] } | undefined;
  /** What was used nevertheless. */
  readonly spent: ModelUsage;
}

/** The error that a caller is told. */
export function failureOf(route: string, { code, message, hint = nextOf(code), retryAfterMs }: ProviderError, { redactor, key, spent }: Told): TokaError {
  // Without its cause: what libraries keep in their errors holds requests and headers.
  const wait = code === 'PROVIDER_RATE_LIMIT' && retryAfterMs !== undefined && retryAfterMs > 0 ? `, and asks to be left alone for ${Math.ceil(retryAfterMs / 1000)} s` : '';
  return new TokaError(CODES[code], redactor.told(`${route}: ${message}${wait}`), {
    ...(hint === undefined ? {} : { hint: redactor.told(key ? key.names.reduce((text, name) => text.replaceAll(name, key.from), hint) : hint) }),
    data: {
      route,
      provider: route.slice(0, route.indexOf('/')),
      ...(code === 'PROVIDER_AUTH' && key ? { key: key.from } : {}),
      ...(Object.keys(spent).length > 0 ? { usage: spent } : {}),
    },
  });
}

function nextOf(code: ProviderErrorCode): string | undefined {
  if (code === 'PROVIDER_RATE_LIMIT') return 'ask again later, or another model: --model';
  return code === 'PROVIDER_REQUEST' || code === 'PROVIDER_REPLY' ? 'ask another model: --model' : undefined;
}

/** What is said where all that were asked have failed: the first of them was wanted most. */
export function allFailed(failures: readonly TokaError[]): TokaError {
  const [first, ...others] = failures;
  if (!first || others.length === 0) return first ?? new TokaError('TOKA_PROVIDER_UNAVAILABLE', 'there is no model to ask', { hint: 'see toka models list' });
  const { code, hint } = first;
  return new TokaError(code, `none of ${failures.length} models answered: ${failures.map(({ message }) => message).join('; ')}`, {
    cause: first,
    ...(hint === undefined ? {} : { hint }),
    data: { ...first.data, failures: failures.map((each) => ({ code: each.code, message: each.message, ...each.data })) },
  });
}

/** Whether another model may answer what this one did not. A conversation that is too long is for the caller to shorten. */
export function isPassedOn({ code }: TokaError): boolean {
  return code !== 'TOKA_MODEL_CONTEXT' && Object.values(CODES).includes(code);
}
