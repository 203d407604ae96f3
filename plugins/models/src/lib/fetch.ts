import { providerError } from '@toka/sdk';

/** `fetch` that follows no redirection, which would take the key along, and passes on nothing that is no UTF-8. */
export const strictFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'error' });
  if (!response.body) return response;
  return new Response(response.body.pipeThrough(onlyUtf8()), response);
};

function onlyUtf8(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const demand = (bytes: Uint8Array | undefined): void => {
    try {
      decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw providerError('PROVIDER_REPLY', 'expected UTF-8, found bytes that are none', { cause });
    }
  };
  return new TransformStream({
    transform(bytes, controller) {
      demand(bytes);
      controller.enqueue(bytes);
    },
    flush: () => demand(undefined),
  });
}
