import { defineProvider, providerError } from '@toka/sdk';
import { demandOk } from './lib/failures.ts';
import { toBody } from './lib/request.ts';
import { eventsOf } from './lib/reply.ts';

export default defineProvider({
  id: 'chat-server',
  summary: 'Ask models of a server with the chat completions protocol',
  supports: { tools: true, images: true, schema: true },
  capabilities: { required: ['net:connect:*:443'], optional: ['env:read:CHAT_SERVER_KEY'] },
  configSchema: {
    type: 'object',
    properties: { url: { type: 'string', description: 'Where the server is, without /chat/completions' } },
    required: ['url'],
    additionalProperties: false,
  },
  async *stream(request, { signal, config, env }) {
    const url = `${config['url'] as string}/chat/completions`;
    const key = env('CHAT_SERVER_KEY');
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(toBody(request)), signal }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw providerError('PROVIDER_UNAVAILABLE', `${url} cannot be reached`, { cause, hint: 'check the address, and the network' });
    });
    await demandOk(response);
    if (!response.body) throw providerError('PROVIDER_REPLY', 'expected an answer with a body, found none');
    yield* eventsOf(response.body);
  },
});
