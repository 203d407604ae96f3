import { TAPE_LIMITS } from './taped-call.ts';

type Input = AsyncIterable<Uint8Array> | Uint8Array | undefined;

/** Keeps what a process reads on standard input, up to a limit. */
export function recordInput(limit: number = TAPE_LIMITS.each): { listen(input: Input): Input; kept(): Uint8Array | undefined; isCut(): boolean } {
  let parts: Uint8Array[] | undefined;
  let bytes = 0;
  const keep = (chunk: Uint8Array): void => {
    parts ??= [];
    bytes += chunk.byteLength;
    if (bytes <= limit) parts.push(Uint8Array.from(chunk));
  };
  return {
    listen(input) {
      if (input === undefined) return undefined;
      if (!(input instanceof Uint8Array)) return heard(input, keep);
      keep(input);
      return input;
    },
    kept: () => (parts && bytes <= limit ? Buffer.concat(parts) : undefined),
    isCut: () => bytes > limit,
  };
}

async function* heard(input: AsyncIterable<Uint8Array>, keep: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of input) {
    keep(chunk);
    yield chunk;
  }
}
