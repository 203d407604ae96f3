import { type ModelEvent, providerError } from '@toka/sdk';
import { printDuration } from '../manifest/units.ts';

/** How long is waited for a model, in milliseconds. */
export interface Timeouts {
  /** For the first event. */
  readonly first: number;
  /** Between two events. */
  readonly between: number;
}

/**
 * Goes through what a provider says, and waits for it no longer than the timeouts and the signal allow, whether the provider heeds them or not.
 *
 * @throws ProviderError PROVIDER_UNAVAILABLE where it is silent for too long; the reason of the signal.
 */
export async function* patiently(start: (signal: AbortSignal) => AsyncIterable<ModelEvent>, { first, between }: Timeouts, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  stopped.catch(() => undefined);
  const end = (reason: unknown): void => {
    reject(reason);
    stop.abort(reason);
  };
  const onAbort = (): void => end(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let timer = setTimeout(() => end(silent('started to answer', first)), first);
  const events = start(stop.signal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([events.next(), stopped]);
      clearTimeout(timer);
      if (next.done === true) return;
      yield next.value;
      timer = setTimeout(() => end(silent('went on', between)), between);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    stop.abort();
    // Whether it ends in order is of no interest any more.
    void events.return?.()?.catch(() => undefined);
  }
}

function silent(did: string, ms: number): Error {
  return providerError('PROVIDER_UNAVAILABLE', `nothing ${did} within ${printDuration(ms)}`, { hint: 'try again, or give it more time under models.providers' });
}
