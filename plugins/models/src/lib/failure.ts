import { APICallError, EmptyResponseBodyError, InvalidResponseDataError, JSONParseError, TypeValidationError, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import { isCoded, providerError, type ProviderErrorCode } from '@toka/sdk';

/** What went wrong at a service, as toka tells it. */
export function toFailure(thrown: unknown, keyName: string): Error {
  if (isCoded(thrown) && thrown.code.startsWith('PROVIDER_')) return thrown;
  // What a stream throws stands behind the library's own error.
  if (thrown instanceof Error && isCoded(thrown.cause) && thrown.cause.code.startsWith('PROVIDER_')) return thrown.cause;
  if (APICallError.isInstance(thrown)) return ofCall(thrown, keyName);
  if ([JSONParseError, TypeValidationError, InvalidResponseDataError, EmptyResponseBodyError].some((each) => each.isInstance(thrown))) {
    return providerError('PROVIDER_REPLY', 'expected an answer in the protocol of the service, found something else', { cause: thrown });
  }
  if (UnsupportedFunctionalityError.isInstance(thrown)) return providerError('PROVIDER_REQUEST', messageOf(thrown), { cause: thrown });
  return ofFrame(thrown);
}

function ofCall(error: APICallError, keyName: string): Error {
  const { statusCode: status, responseHeaders = {}, responseBody = '' } = error;
  const cause = error;
  if (status === undefined) return providerError('PROVIDER_UNAVAILABLE', `${new URL(error.url).host} cannot be reached`, { cause, hint: 'check the address, and the network' });
  const message = `it answered ${status}: ${error.message.slice(0, 500)}`;
  const code = codeOf(status, responseBody);
  const retryAfterMs = waitOf(responseHeaders, responseBody);
  return providerError(code, message, {
    cause,
    ...(code === 'PROVIDER_AUTH' ? { hint: status === 402 || isUnpaid(responseBody) ? 'the account has no credit left, or has to be paid' : `is the key in ${keyName} right, and may it use this model?` } : {}),
    ...(code === 'PROVIDER_REQUEST' && status === 404 ? { hint: 'is the name of the model right? see toka models list' } : {}),
    ...(retryAfterMs === undefined || (code !== 'PROVIDER_RATE_LIMIT' && code !== 'PROVIDER_UNAVAILABLE') ? {} : { retryAfterMs }),
  });
}

/** Wordings of services for a conversation that is too long. */
const TOO_LONG = /context[_ ](length|window|size)|maximum context|prompt is too long|input (token count|is too long)|too many (input )?tokens|exceed_context_size/i;

function codeOf(status: number, body: string): ProviderErrorCode {
  if (status === 401 || status === 402 || status === 403 || (status === 429 && isUnpaid(body))) return 'PROVIDER_AUTH';
  if (status === 429) return 'PROVIDER_RATE_LIMIT';
  if (status === 408 || status === 409 || status >= 500) return 'PROVIDER_UNAVAILABLE';
  if (status === 413 || TOO_LONG.test(body)) return 'PROVIDER_CONTEXT';
  return status < 400 ? 'PROVIDER_REPLY' : /invalid[_ ]api[_ ]key|api key not valid/i.test(body) ? 'PROVIDER_AUTH' : 'PROVIDER_REQUEST';
}

/** No credit is told as a rate limit by some; waiting does not help there. */
function isUnpaid(body: string): boolean {
  return /insufficient_quota|billing_not_active/.test(body);
}

/** What a service sends in the middle of its answer when it fails. */
function ofFrame(frame: unknown): Error {
  const { type = '', code = '', status = '', message } = facts(frame);
  const words = `${type} ${code} ${status}`;
  const options = { cause: frame };
  const text = `it broke off: ${(message === undefined ? messageOf(frame) : message).slice(0, 500)}`;
  if (/rate_limit|RESOURCE_EXHAUSTED|\b429\b/.test(words)) return providerError('PROVIDER_RATE_LIMIT', text, options);
  if (TOO_LONG.test(`${words} ${text}`)) return providerError('PROVIDER_CONTEXT', text, options);
  return providerError('PROVIDER_UNAVAILABLE', text, options);
}

function facts(frame: unknown): { readonly type?: string; readonly code?: string; readonly status?: string; readonly message?: string } {
  if (typeof frame !== 'object' || frame === null) return {};
  const { error } = frame as { readonly error?: unknown };
  const inner = typeof error === 'object' && error !== null ? error : frame;
  return Object.fromEntries(['type', 'code', 'status', 'message'].flatMap((name) => {
    const value = (inner as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [];
  }));
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown));
}

/** Milliseconds to wait, as a header (of seconds, of milliseconds, of a date) or the answer says. */
function waitOf(headers: Readonly<Record<string, string>>, body: string): number | undefined {
  const exact = Number.parseFloat(headers['retry-after-ms'] ?? '');
  if (exact >= 0) return Math.round(exact);
  const { 'retry-after': after = '' } = headers;
  if (/^\d+(\.\d+)?$/.test(after)) return Math.round(Number(after) * 1000);
  // `Date.parse` takes a number below zero for a date as well.
  const date = /^[A-Z]/i.test(after) ? Date.parse(after) : Number.NaN;
  if (!Number.isNaN(date)) return Math.max(0, date - Date.now());
  const [, seconds] = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(body) ?? [];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}
