import type { KnownModel } from './catalog.ts';
import type { ModelMost, Prompt } from './port.ts';

/** Fewer bytes than most tokens stand for: what is reserved should be enough. */
const BYTES_OF_TOKEN = 3;
/** What an answer may take where nobody bounds it. */
const OUTPUT_TOKENS = 8192;
/** What services count for a picture, roughly, at the most. */
const IMAGE_TOKENS = 1600;

/** JSON is written several times as quickly where nobody looks at each value. */
export function hasImages({ messages }: Pick<Prompt, 'messages'>): boolean {
  return messages.some((message) => message.role === 'user' && message.parts.some(({ type }) => type === 'image'));
}

/** How many tokens are sent, roughly, and rather too many. */
export function tokensIn({ messages, tools = [], schema }: Prompt): number {
  const all = [messages, tools, schema ?? null];
  if (!hasImages({ messages })) return Math.ceil(Buffer.byteLength(JSON.stringify(all)) / BYTES_OF_TOKEN);
  let images = 0;
  const text = JSON.stringify(all, (_name, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value;
    images += 1;
    return null;
  });
  return Math.ceil(Buffer.byteLength(text) / BYTES_OF_TOKEN) + images * IMAGE_TOKENS;
}

/** What a call may use at the most, before anybody has counted: the dearest of the prices counts. */
export function mostOf(prompt: Prompt, prices: readonly KnownModel['price'][]): ModelMost {
  const inputTokens = tokensIn(prompt);
  const most = { inputTokens, outputTokens: prompt.maxOutputTokens ?? OUTPUT_TOKENS };
  const known = prices.flatMap((price) => (price ? [price.above && inputTokens > price.above.tokens ? price.above : price] : []));
  if (known.length < prices.length || known.length === 0) return most;
  const input = Math.ceil(inputTokens * Math.max(...known.map((price) => Math.max(price.input, price.cacheWrite ?? 0))));
  return { ...most, price: { input, outputToken: Math.max(...known.map(({ output }) => output)) } };
}
