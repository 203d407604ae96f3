import { createOpenAI } from '@ai-sdk/openai';
import { defineProvider } from '@toka/sdk';
import { ask } from './lib/ask.ts';
import { configSchema, keyOf, reasoningOf, textOf } from './lib/config.ts';
import { strictFetch } from './lib/fetch.ts';

const KEY = 'OPENAI_API_KEY';

export default defineProvider({
  id: 'openai',
  summary: 'Ask the models of OpenAI',
  catalog: './catalog/openai.json',
  supports: { tools: true, images: true, schema: true },
  capabilities: { required: ['net:connect:api.openai.com:443'], optional: [`env:read:${KEY}`] },
  configSchema: configSchema({ api: { type: 'string', enum: ['responses', 'chat'], description: 'Which of its protocols is spoken; default: responses' } }),
  async *stream(request, host) {
    const { config, signal } = host;
    const openai = createOpenAI({ apiKey: keyOf(host, KEY), baseURL: textOf(config, 'baseURL') ?? 'https://api.openai.com/v1', fetch: strictFetch });
    const model = config['api'] === 'chat' ? openai.chat(request.model) : openai.responses(request.model);
    // Nothing is left with the service: the conversation, reasoning included, is sent each time. Schemas of tools and of people do not keep to the rules of its strict mode.
    const providerOptions = { openai: { store: false, strictJsonSchema: false } };
    yield* ask(model, request, { signal, keyName: KEY, adapt: (options) => ({ ...options, ...reasoningOf(config), providerOptions }) });
  },
});
