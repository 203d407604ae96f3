import type { KnownModel } from './catalog.ts';
import type { Prompt } from './port.ts';

/** Fewer bytes than most tokens stand for: what is reserved should be enough. */
const BYTES_OF_TOKEN = 3;
/** What an answer may take where nobody bounds it. */
const OUTPUT_TOKENS = 8192;
/** What services count for a picture, roughly, at the most. */
const IMAGE_TOKENS = 1600;

/** What a call may use at the most, before anybody has counted. */
export function mostOf({ messages, tools = [], schema, maxOutputTokens = OUTPUT_TOKENS }: Prompt, prices: readonly KnownModel['price'][]): { readonly tokens: number; readonly microdollars?: number } {
  let images = 0;
  const text = JSON.stringify([messages, tools, schema ?? null], (_name, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value;
    images += 1;
    return null;
  });
  const input = Math.ceil(Buffer.byteLength(text) / BYTES_OF_TOKEN) + images * IMAGE_TOKENS;
  const costs = prices.map((price) => {
    if (!price) return undefined;
    const { input: perInput, output } = price.above && input > price.above.tokens ? price.above : price;
    return Math.ceil(input * Math.max(perInput, price.cacheWrite ?? 0) + maxOutputTokens * output);
  });
  const known = costs.filter((cost) => cost !== undefined);
  return { tokens: input + maxOutputTokens, ...(known.length > 0 && known.length === costs.length ? { microdollars: Math.max(...known) } : {}) };
}
