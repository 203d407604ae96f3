import { providerError } from '@toka/sdk';

/** More than the longest answer takes in any of the protocols. */
const MOST_BYTES = 64 * 1024 * 1024;

/** `fetch` that follows no redirection, which would take the key along, and passes on nothing that is no UTF-8 or has no end. */
export const strictFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'manual' });
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    throw providerError('PROVIDER_REQUEST', `expected an answer, found a redirection (${response.status})`, { hint: 'redirections are not followed: write the address that it leads to as baseURL' });
  }
  if (!response.body) return response;
  return new Response(response.body.pipeThrough(checked()), response);
};

function checked(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let read = 0;
  const demand = (bytes: Uint8Array | undefined): void => {
    try {
      decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw providerError('PROVIDER_REPLY', 'expected UTF-8, found bytes that are none', { cause });
    }
  };
  return new TransformStream({
    transform(bytes, controller) {
      read += bytes.length;
      if (read > MOST_BYTES) throw providerError('PROVIDER_REPLY', `expected an answer of at most ${MOST_BYTES} bytes, found one that went on`);
      demand(bytes);
      controller.enqueue(bytes);
    },
    flush: () => demand(undefined),
  });
}
