import { refused } from './errors.ts';
import type { Host, Refusal } from './host.ts';
import { parseJson, quote } from './json.ts';
import { encode } from './utf8.ts';

/** Keeps a file of that name with the run. */
export function makeArtifact(host: Host) {
  return (name: unknown, content: unknown): void => {
    if (typeof name !== 'string') throw new TypeError('expected a text as the name of an artifact');
    const refusal = host.keep(quote(name), bytesOf(content));
    if (refusal !== '') throw refused(parseJson(refusal) as Refusal);
  };
}

function bytesOf(content: unknown): ArrayBuffer {
  if (typeof content === 'string') return encode(content).buffer;
  if (content instanceof Uint8Array) return new Uint8Array(content).buffer;
  throw new TypeError('expected a text or a Uint8Array as the content of an artifact');
}
