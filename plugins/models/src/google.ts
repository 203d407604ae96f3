import { createGoogle } from '@ai-sdk/google';
import { defineProvider } from '@toka/sdk';
import { ask } from './lib/ask.ts';
import { configSchema, keyOf, reasoningOf, textOf } from './lib/config.ts';
import { strictFetch } from './lib/fetch.ts';

const KEY = 'GEMINI_API_KEY';

export default defineProvider({
  id: 'google',
  summary: 'Ask the Gemini models of Google',
  catalog: './catalog/google.json',
  supports: { tools: true, images: true, schema: true },
  capabilities: { required: ['net:connect:generativelanguage.googleapis.com:443'], optional: [`env:read:${KEY}`, 'env:read:GOOGLE_GENERATIVE_AI_API_KEY'] },
  configSchema: configSchema(),
  async *stream(request, host) {
    const { config, signal } = host;
    const baseURL = textOf(config, 'baseURL') ?? 'https://generativelanguage.googleapis.com/v1beta';
    const model = createGoogle({ apiKey: keyOf(host, KEY), baseURL, fetch: strictFetch })(request.model);
    yield* ask(model, request, { signal, keyName: KEY, adapt: (options) => ({ ...options, ...reasoningOf(config) }) });
  },
});
