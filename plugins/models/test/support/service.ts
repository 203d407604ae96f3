import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type FixtureOpts, type FixtureResponse, LLMock } from '@copilotkit/aimock';
import type { JsonObject } from '@toka/sdk';
import type { ProviderPlace, ProviderScenario } from '@toka/sdk/testing';

export type Service = 'anthropic' | 'google' | 'openai' | 'openai-compatible';

/** Where each protocol stands on a server of all of them, and the variable of its key. */
const PATHS: Readonly<Record<Service, string>> = { anthropic: '/v1', google: '/v1beta', openai: '/v1', 'openai-compatible': '/v1' };
const KEYS: Readonly<Record<Service, string>> = { anthropic: 'ANTHROPIC_API_KEY', google: 'GEMINI_API_KEY', openai: 'OPENAI_API_KEY', 'openai-compatible': 'OPENAI_COMPATIBLE_API_KEY' };
const MODELS: Readonly<Record<Service, string>> = { anthropic: 'claude-sonnet-4-5', google: 'gemini-2.5-flash', openai: 'gpt-5', 'openai-compatible': 'small' };

const USAGE = { prompt_tokens: 5, completion_tokens: 2, input_tokens: 5, output_tokens: 2, promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 };
const refusal = (status: number, code: string, message: string): FixtureResponse => ({ error: { message, type: code, code }, status, retryAfter: 2 });

/** What is answered in each scenario that the server of all protocols can play. */
const ANSWERS: Readonly<Partial<Record<ProviderScenario, { readonly response: FixtureResponse; readonly opts?: FixtureOpts }>>> = {
  text: { response: { content: 'Hello, world', usage: USAGE }, opts: { chunkSize: 7 } },
  'tool-call': { response: { toolCalls: [{ name: 'weather', arguments: '{"city":"Oslo"}', id: 'call_1' }], usage: USAGE }, opts: { chunkSize: 7 } },
  auth: { response: refusal(401, 'authentication_error', 'invalid key') },
  'rate-limit': { response: refusal(429, 'rate_limit_error', 'too many requests') },
  unavailable: { response: refusal(503, 'overloaded_error', 'overloaded') },
  context: { response: refusal(400, 'context_length_exceeded', 'prompt is too long') },
  garbled: { response: { content: 'Hello' }, opts: { chaos: { malformedRate: 1 } } },
};

/** The first piece of an answer in each protocol, as it is sent. */
export const FIRST_PIECE: Readonly<Record<Service, string>> = {
  anthropic: frames(
    { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], model: 'claude', stop_reason: null, stop_sequence: null, usage: { input_tokens: 5, output_tokens: 0 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello, ' } },
  ),
  google: frames({ candidates: [{ content: { role: 'model', parts: [{ text: 'Hello, ' }] }, index: 0 }] }),
  openai: frames(
    { type: 'response.created', response: { id: 'resp_1', created_at: 1, model: 'gpt-5' } },
    { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] } },
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'Hello, ' },
  ),
  'openai-compatible': frames({ id: '1', object: 'chat.completion.chunk', created: 1, model: 'small', choices: [{ index: 0, delta: { content: 'Hello, ' }, finish_reason: null }] }),
};

function frames(...events: readonly JsonObject[]): string {
  return events.map((event) => `${typeof event['type'] === 'string' ? `event: ${event['type']}\n` : ''}data: ${JSON.stringify(event)}\n\n`).join('');
}

/** Plays a scenario in the protocol of a service. */
export async function serve(service: Service | 'scripted', scenario: ProviderScenario): Promise<ProviderPlace> {
  if (service === 'scripted') return script(scenario);
  const { response, opts } = ANSWERS[scenario] ?? {};
  if (!response) return stream(service, [Buffer.from(FIRST_PIECE[service])], { isEndless: scenario === 'endless' });
  const mock = new LLMock({ port: 0 });
  mock.on({ hasToolResult: true }, { content: 'It is cold', usage: USAGE });
  mock.on({}, response, opts);
  await mock.start();
  return {
    ...configured(service, mock.url),
    received: () => JSON.stringify(mock.getLastRequest()?.body),
    close: async () => mock.stop(),
  };
}

/** Sends these bytes as an answer, one write each. */
export async function stream(service: Service, pieces: readonly Uint8Array[], { isEndless = false, status = 200, headers = {} }: { readonly isEndless?: boolean; readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<ProviderPlace> {
  let received = '';
  const server = createServer((request, response) => {
    void (async () => {
      received = await text(request);
      response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
      for (const piece of pieces) response.write(piece);
      if (!isEndless) response.end();
    })();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...configured(service, `http://127.0.0.1:${port}`),
    received: () => received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

export function configured(service: Service, url: string): ProviderPlace {
  return { config: { baseURL: `${url}${PATHS[service]}` }, env: { [KEYS[service]]: 'sk-planted-key-of-the-tests' }, model: MODELS[service] };
}

const SCRIPTS: Readonly<Record<ProviderScenario, JsonObject>> = {
  text: { text: 'Hello, world', chunkChars: 7, usage: { inputTokens: 5, outputTokens: 2 } },
  'tool-call': { calls: [{ tool: 'weather', params: { city: 'Oslo' } }] },
  auth: { error: { code: 'PROVIDER_AUTH' } },
  'rate-limit': { error: { code: 'PROVIDER_RATE_LIMIT', retryAfterMs: 2000 } },
  unavailable: { error: { code: 'PROVIDER_UNAVAILABLE' } },
  context: { error: { code: 'PROVIDER_CONTEXT' } },
  garbled: { error: { code: 'PROVIDER_REPLY' } },
  'broken-off': { text: 'Hello, ', end: 'break' },
  endless: { text: 'Hello, ', end: 'hang' },
};

async function script(scenario: ProviderScenario): Promise<ProviderPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'toka-script-'));
  writeFileSync(join(folder, 'play.json'), JSON.stringify([SCRIPTS[scenario], { text: 'It is cold' }]));
  return { config: { folder }, model: 'play.json', close: async () => rmSync(folder, { recursive: true }) };
}
