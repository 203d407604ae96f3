import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { defineProvider, providerError } from '@toka/sdk';
import { ask } from './lib/ask.ts';
import { configSchema, reasoningOf, textOf } from './lib/config.ts';
import { strictFetch } from './lib/fetch.ts';

const KEY = 'OPENAI_COMPATIBLE_API_KEY';

export default defineProvider({
  id: 'openai-compatible',
  summary: 'Ask the models of a server that speaks the chat protocol of OpenAI: Ollama, vLLM, llama-server, LM Studio',
  supports: { tools: true, images: true, schema: true },
  capabilities: { required: ['net:connect:*'], optional: [`env:read:${KEY}`] },
  configSchema: configSchema({}, ['baseURL']),
  async *stream(request, { config, env, signal }) {
    const baseURL = textOf(config, 'baseURL');
    if (baseURL === undefined) throw providerError('PROVIDER_REQUEST', 'expected the address of a server, found none', { hint: 'name it under models.providers as baseURL' });
    const apiKey = env(KEY);
    // Metadata stands under this name, whatever the server is called.
    const server = createOpenAICompatible({ name: 'server', baseURL, includeUsage: true, supportsStructuredOutputs: true, fetch: strictFetch, ...(apiKey === undefined ? {} : { apiKey }) });
    yield* ask(server(request.model), request, { signal, keyName: KEY, adapt: (options) => ({ ...options, ...reasoningOf(config) }) });
  },
});
