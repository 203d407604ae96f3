import type { ProviderError } from '@toka/sdk';

const RETRIES = { PROVIDER_RATE_LIMIT: 5, PROVIDER_UNAVAILABLE: 3, PROVIDER_REPLY: 2, PROVIDER_AUTH: 0, PROVIDER_CONTEXT: 0, PROVIDER_REQUEST: 0 } as const;
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Who says that it takes longer is not waited for. */
const PATIENCE_MS = 60_000;

/**
 * How long to wait until the same is asked again, in milliseconds; undefined where it is not.
 *
 * @param tries How often it was asked.
 * @param random From 0 up to 1.
 */
export function waitAfter({ code, retryAfterMs }: ProviderError, tries: number, random: () => number): number | undefined {
  if (tries > RETRIES[code]) return undefined;
  // Full jitter: many who were refused together do not come again together.
  const jitter = Math.round(random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** tries));
  if (retryAfterMs === undefined) return jitter;
  return retryAfterMs > PATIENCE_MS ? undefined : retryAfterMs + Math.min(jitter, FIRST_MS);
}
