import type { FetchOptions, FetchResult } from '@toka/sdk';
import { parseEndpoint } from '../capability/hosts.ts';
import { TokaError } from '../errors.ts';

const MAX_BYTES = 16 * 1024 * 1024;

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * The server that an address names, in the spelling of grants.
 *
 * @throws TokaError TOKA_FETCH_FAILED for what is no address of the web
 */
export function serverOf(address: string): { readonly host: string; readonly port: number } {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const port = url && (url.port === '' ? PORTS[url.protocol] : Number(url.port));
  if (!url || port === undefined || PORTS[url.protocol] === undefined) throw failed(`expected an address that begins with http:// or https://, found ${address.slice(0, 200)}`);
  return { host: parseEndpoint(`${url.hostname}:${port}`).host, port };
}

/** Fetches an answer with all of its body. The way there is the sandbox's own: what it does not lead to is not reached. */
export async function fetchWhole(address: string, { method = 'GET', headers = {}, body, maxBytes = MAX_BYTES }: FetchOptions, signal: AbortSignal): Promise<FetchResult> {
  try {
    const response = await fetch(address, { method, headers, signal, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Uint8Array.from(body) }) });
    const { status, url } = response;
    const kept = [...response.headers].filter(([name]) => name !== 'set-cookie');
    return fetched({ url, status, headers: Object.fromEntries(kept) }, await bodyOf(response, maxBytes));
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof TokaError) throw thrown;
    const { cause, message } = thrown as Error;
    throw failed(`${address} could not be fetched: ${cause instanceof Error ? cause.message : message}`, thrown);
  }
}

/** What a tool gets of an answer. */
export function fetched(answer: Pick<FetchResult, 'headers' | 'status' | 'url'>, body: Uint8Array = new Uint8Array(0)): FetchResult {
  return { ...answer, body, text: () => new TextDecoder().decode(body) };
}

async function bodyOf({ body, url }: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.byteLength;
    if (length > maxBytes) throw failed(`${url} answers with more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function failed(message: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_FETCH_FAILED', message, { cause, hint: 'is the server there, and may the run reach it? a refused connection is told on stderr' });
}
