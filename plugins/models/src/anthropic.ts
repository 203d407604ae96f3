import { createAnthropic } from '@ai-sdk/anthropic';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { defineProvider } from '@toka/sdk';
import { ask } from './lib/ask.ts';
import { configSchema, keyOf, reasoningOf, textOf } from './lib/config.ts';
import { strictFetch } from './lib/fetch.ts';

const KEY = 'ANTHROPIC_API_KEY';

export default defineProvider({
  id: 'anthropic',
  summary: 'Ask the models of Anthropic',
  catalog: './catalog/anthropic.json',
  supports: { tools: true, images: true, schema: true },
  capabilities: { required: ['net:connect:api.anthropic.com:443'], optional: [`env:read:${KEY}`] },
  configSchema: configSchema(),
  async *stream(request, host) {
    const { config, signal } = host;
    const baseURL = textOf(config, 'baseURL') ?? 'https://api.anthropic.com/v1';
    const model = createAnthropic({ apiKey: keyOf(host, KEY), baseURL, fetch: strictFetch })(request.model);
    yield* ask(model, request, { signal, keyName: KEY, adapt: (options) => ({ ...cached(options), ...reasoningOf(config) }) });
  },
});

/** Lets the service keep what it has read up to the system's text, and up to the last message: the next request begins with the same. */
function cached(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  const { prompt } = options;
  const marked = [prompt.findLastIndex(({ role }) => role === 'system'), prompt.length - 1];
  return { ...options, prompt: prompt.map((message, index) => (marked.includes(index) ? { ...message, providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } } : message)) };
}
