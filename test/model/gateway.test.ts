import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { defineProvider, type ModelEvent, type ModelMessage, type Provider } from '@toka/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ModelsConfig, NO_MODELS } from '../../src/config/config.ts';
import { type ModelsOptions, openModels } from '../../src/model/gateway.ts';
import type { AskOptions, ModelReply, Models } from '../../src/model/port.ts';

const KEY = 'sk-ant-planted-in-the-environment';
const USAGE = { prompt_tokens: 1000, completion_tokens: 100, input_tokens: 1000, output_tokens: 100 };

let mock: LLMock;
let waits: number[];
let now: number;
beforeEach(async () => {
  mock = new LLMock({ port: 0 });
  await mock.start();
  waits = [];
  now = Date.parse('2026-11-01');
});
afterEach(async () => mock.stop());

const QUESTION: readonly ModelMessage[] = [{ role: 'user', parts: [{ type: 'text', text: 'Say hello.' }] }];

function open(settings: Partial<ModelsConfig> = {}, options: Partial<ModelsOptions> = {}): Models {
  const at = { baseURL: `${mock.url}/v1` };
  const nowhere = { baseURL: 'http://127.0.0.1:9/v1' };
  return openModels({
    packageFiles: [join(import.meta.dirname, '../../plugins/models/package.json')],
    env: { ANTHROPIC_API_KEY: KEY },
    cwd: tmpdir(),
    clock: { now: () => now },
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms);
      now += ms;
    },
    ...options,
    settings: { ...NO_MODELS, ...settings, providers: { anthropic: at, openai: at, ollama: nowhere, lmstudio: nowhere, 'llama-server': nowhere, ...settings.providers } },
  });
}

async function ask(models: Models, name: string, options: Partial<AskOptions> = {}): Promise<ModelReply> {
  return models.ask(await models.candidates(name), { messages: QUESTION }, { signal: new AbortController().signal, onEvent: () => undefined, ...options });
}

const fault = (status: number, retryAfter?: number) => ({ error: { message: `refused ${KEY}`, type: 'some_error' }, status, ...(retryAfter === undefined ? {} : { retryAfter }) });
/** Answers the same, whatever it is asked. */
async function jsonServer(answer: object): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((_request, response) => void response.end(JSON.stringify(answer)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.closeAllConnections() };
}

const textOf = ({ parts }: ModelReply): string => parts.map((part) => (part.type === 'text' ? part.text : '')).join('');

describe('retries', () => {
  test('a refusal for a while is waited for as long as the service says', async () => {
    mock.on({ sequenceIndex: 0 }, fault(429, 7));
    mock.on({}, { content: 'Hello' });
    expect(textOf(await ask(open(), 'anthropic/claude-sonnet-5-5'))).toBe('Hello');
    expect(waits).toEqual([7500]);
  });

  test('a storm of refusals ends, and after growing waits', async () => {
    mock.on({}, fault(429, 0));
    await expect(ask(open(), 'anthropic/claude-sonnet-5-5')).rejects.toMatchObject({ code: 'TOKA_PROVIDER_LIMIT', exitCode: 75 });
    expect(mock.getRequests()).toHaveLength(6);
  });

  test('whoever says that it takes an hour is not waited for, and that is told', async () => {
    mock.on({}, fault(429, 3600));
    await expect(ask(open(), 'anthropic/claude-sonnet-5-5')).rejects.toMatchObject({ code: 'TOKA_PROVIDER_LIMIT', message: expect.stringContaining('3600 s') as string, hint: expect.stringContaining('later') as string });
    expect(waits).toEqual([]);
  });

  test.each([401, 402, 403])('%i is not tried again, and says which variable holds the key', async (status) => {
    mock.on({}, fault(status));
    const error = await ask(open(), 'anthropic/claude-sonnet-5-5').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TOKA_PROVIDER_AUTH', exitCode: 69, data: { key: 'ANTHROPIC_API_KEY' } });
    expect(mock.getRequests()).toHaveLength(1);
  });

  test('an answer that is cut is taken back and asked for again', async () => {
    mock.on({ sequenceIndex: 0 }, { content: 'Hello, I begin and never end' }, { chunkSize: 5, truncateAfterChunks: 5, latency: 5 });
    mock.on({}, { content: 'Hello' });
    const heard: string[] = [];
    const reply = await ask(open(), 'anthropic/claude-sonnet-5-5', { onEvent: ({ type }: ModelEvent | { readonly type: 'restart' }) => heard.push(type) });
    expect(textOf(reply)).toBe('Hello');
    expect(heard).toContain('restart');
  });
});

describe('fallbacks', () => {
  const chain = { fallbacks: { 'anthropic/claude-sonnet-5-5': ['openai/gpt-6-luna'] } };

  test('where a service fails the next model answers, and the reply says which', async () => {
    mock.on({ model: 'claude-sonnet-5-5' }, fault(503));
    mock.on({}, { content: 'Hello' });
    const env = { ANTHROPIC_API_KEY: KEY, OPENAI_API_KEY: 'sk-other-planted' };
    const reply = await ask(open(chain, { env }), 'anthropic/claude-sonnet-5-5');
    expect([reply.route, textOf(reply)]).toEqual(['openai/gpt-6-luna', 'Hello']);
  });

  test('where all fail the first says how', async () => {
    mock.on({}, fault(503));
    const error = await ask(open(chain), 'anthropic/claude-sonnet-5-5').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TOKA_PROVIDER_UNAVAILABLE', exitCode: 69, data: { failures: [{ code: 'TOKA_PROVIDER_UNAVAILABLE' }, { code: 'TOKA_PROVIDER_AUTH' }] } });
  });

  test('a conversation that is too long is for the caller to shorten', async () => {
    mock.on({}, { error: { message: 'prompt is too long', type: 'invalid_request_error' }, status: 400 });
    await expect(ask(open(chain), 'anthropic/claude-sonnet-5-5')).rejects.toMatchObject({ code: 'TOKA_MODEL_CONTEXT', exitCode: 1 });
    expect(mock.getRequests()).toHaveLength(1);
  });
});

describe('patience', () => {
  const silent = (...events: readonly ModelEvent[]): Provider =>
    defineProvider({
      id: 'silent',
      summary: 'Say nothing more',
      supports: { tools: true, images: true, schema: true },
      async *stream() {
        yield* events;
        // Heeds no signal either.
        await Promise.withResolvers<never>().promise;
      },
    });
  const once = { providers: { silent: { timeouts: { first: 20, between: 20 } } } };

  test.each([['at first', []], ['in between', [{ type: 'text', text: 'Hel' }]]] as const)('a model that says nothing %s is given up', async (_when, events) => {
    await expect(ask(open(once, { local: silent(...events) }), 'silent/any')).rejects.toMatchObject({ code: 'TOKA_PROVIDER_UNAVAILABLE' });
  });

  test('an answer that goes on and on is given up as a whole', async () => {
    const endless = defineProvider({
      id: 'silent',
      summary: 'Go on',
      supports: { tools: true, images: true, schema: true },
      async *stream() {
        for (;;) yield await new Promise<ModelEvent>((resolve) => void setTimeout(resolve, 5, { type: 'text', text: 'and ' }));
      },
    });
    await expect(ask(open({ providers: { silent: { timeouts: { total: 40 } } } }, { local: endless }), 'silent/any')).rejects.toMatchObject({ code: 'TOKA_PROVIDER_UNAVAILABLE' });
  });

  test('whoever aborts waits no longer', async () => {
    const stop = new AbortController();
    const reason = new Error('nobody waits');
    await expect(ask(open({}, { local: silent({ type: 'text', text: 'Hel' }) }), 'silent/any', { signal: stop.signal, onEvent: () => stop.abort(reason) })).rejects.toBe(reason);
  });

  test('an answer larger than any is not taken', async () => {
    const huge = silent(...Array.from({ length: 9 }, (): ModelEvent => ({ type: 'text', text: 'x'.repeat(2 ** 20) })));
    await expect(ask(open({}, { local: huge }), 'silent/any')).rejects.toMatchObject({ code: 'TOKA_MODEL_REPLY' });
  });
});

test('a service that fails again and again is left alone for a while', async () => {
  mock.on({}, fault(503));
  const models = open();
  for (let time = 0; time < 2; time += 1) await ask(models, 'anthropic/claude-sonnet-5-5').catch(() => undefined);
  const { length } = mock.getRequests();
  expect(length).toBe(5);
  now += 60_000;
  mock.clearFixtures();
  mock.on({}, { content: 'Hello' });
  expect(textOf(await ask(models, 'anthropic/claude-sonnet-5-5'))).toBe('Hello');
});

test('a limit of requests in a minute is kept by waiting', async () => {
  mock.on({}, { content: 'Hello' });
  const models = open({ providers: { anthropic: { baseURL: `${mock.url}/v1`, limits: { requests: 2 } } } });
  for (let time = 0; time < 3; time += 1) await ask(models, 'anthropic/claude-sonnet-5-5');
  expect(waits).toEqual([60_000]);
});

describe('what was used', () => {
  test('has its price, where that is known', async () => {
    mock.on({}, { content: 'Hello', usage: USAGE });
    expect((await ask(open(), 'anthropic/claude-sonnet-5-5')).usage).toMatchObject({ inputTokens: 1000, outputTokens: 100, microdollars: 3000 });
  });

  test('has none, where nobody knows it', async () => {
    mock.on({}, { content: 'Hello', usage: USAGE });
    expect((await ask(open(), 'anthropic/claude-of-tomorrow')).usage).not.toHaveProperty('microdollars');
  });

  test('costs what the configuration says', async () => {
    mock.on({}, { content: 'Hello', usage: USAGE });
    const models = open({ providers: { anthropic: { baseURL: `${mock.url}/v1`, models: { own: { price: { input: 1, output: 2 } } } } } });
    expect((await ask(models, 'anthropic/own')).usage.microdollars).toBe(1200);
  });
});

describe('roles', () => {
  test('stand for what the configuration says, and those without a word for what work does', async () => {
    const models = open({ roles: { work: ['anthropic/claude-opus-5-5'] } });
    expect([...(await models.candidates('work')), ...(await models.candidates('plan'))].map(({ route }) => route)).toEqual(['anthropic/claude-opus-5-5', 'anthropic/claude-opus-5-5']);
  });

  test('stand for models of the provider whose key is set', async () => {
    const models = open({}, { env: { OPENAI_API_KEY: 'sk-other-planted' } });
    expect(await models.candidates('small')).toEqual([{ route: 'openai/gpt-6-luna', isLanguageModel: true, contextTokens: 1_050_000 }]);
  });

  test('stand for what Ollama has on this machine, with the context that it gives', async () => {
    mock.mount('/api', {
      handleRequest: async (request, response) => {
        const show = { model_info: { 'qwen3.context_length': 40_960 }, parameters: 'num_ctx 16384' };
        response.end(JSON.stringify(request.url?.includes('show') === true ? show : { models: [{ name: 'nomic-embed-text:latest' }, { name: 'qwen3:4b' }] }));
        return true;
      },
    });
    const models = open({ providers: { ollama: { protocol: 'openai-compatible', baseURL: `${mock.url}/v1` } } }, { env: {} });
    expect(await models.candidates('work')).toEqual([{ route: 'ollama/qwen3:4b', isLanguageModel: true, contextTokens: 16_384 }]);
  });

  test.each([
    ['lmstudio', { data: [{ id: 'embed', type: 'embeddings' }, { id: 'phi', type: 'llm', max_context_length: 131_072, loaded_context_length: 4096 }] }],
    ['llama-server', { data: [{ id: 'phi' }], default_generation_settings: { n_ctx: 4096 } }],
  ])('stand for what %s has, with the context that it gives', async (id, answer) => {
    const server = await jsonServer(answer);
    const models = open({ providers: { [id]: { protocol: 'openai-compatible', baseURL: `${server.url}/v1` } } }, { env: {} });
    expect(await models.candidates('work')).toEqual([{ route: `${id}/phi`, isLanguageModel: true, contextTokens: 4096 }]);
    server.close();
  });

  test("stand for toka's own planner where there is nothing else, and it says what it is", async () => {
    const local = defineProvider({ id: 'local', summary: 'Plan', supports: { tools: true, images: false, schema: false }, isLanguageModel: false, stream: async function* () {} });
    expect(await open({}, { env: {}, local }).candidates('work')).toEqual([{ route: 'local/planner', isLanguageModel: false }]);
  });

  test('stand for nothing where there is nothing at all', async () => {
    await expect(open({}, { env: {} }).candidates('work')).rejects.toMatchObject({ code: 'TOKA_PROVIDER_UNAVAILABLE', exitCode: 69 });
  });

  test('that nobody knows are refused', async () => {
    await expect(open().candidates('wrok')).rejects.toMatchObject({ code: 'TOKA_MODEL_UNKNOWN', exitCode: 2 });
  });
});

describe('keys', () => {
  test('are in no error, whatever a service says', async () => {
    mock.on({}, fault(400));
    const error = (await ask(open(), 'anthropic/claude-sonnet-5-5').catch((thrown: unknown) => thrown)) as Error;
    expect(`${error.message} ${JSON.stringify(error)} ${String(error.stack)}`).not.toContain(KEY);
    expect(error).not.toHaveProperty('cause');
  });

  test('are in nothing that is said to a model, or by one, even in pieces', async () => {
    mock.on({}, { content: `it is ${KEY}, is it not` }, { chunkSize: 9 });
    const heard: string[] = [];
    const models = open();
    const result: ModelMessage = { role: 'tool', results: [{ id: '1', name: 'env', output: { ANTHROPIC_API_KEY: KEY } }] };
    const call: ModelMessage = { role: 'assistant', parts: [{ type: 'tool-call', id: '1', name: 'env', params: {} }] };
    const reply = await models.ask(
      await models.candidates('anthropic/claude-sonnet-5-5'),
      { messages: [...QUESTION, call, result] },
      { signal: new AbortController().signal, onEvent: (event) => event.type === 'text' && heard.push(event.text) },
    );
    expect([textOf(reply), heard.join('')]).toEqual(['it is [secret], is it not', 'it is [secret], is it not']);
    expect(JSON.stringify(mock.getLastRequest()?.body)).not.toContain(KEY);
  });

  test('come from a file that only its user can read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'toka-keys-'));
    const keyFile = join(folder, 'keys/anthropic');
    mkdirSync(join(folder, 'keys'), { mode: 0o700 });
    writeFileSync(keyFile, 'sk-from-a-file\n', { mode: 0o600 });
    mock.on({}, { content: 'Hello' });
    const settings = { providers: { anthropic: { baseURL: `${mock.url}/v1`, keyFile } } };
    await ask(open(settings, { env: {} }), 'anthropic/claude-sonnet-5-5');
    expect(mock.getLastRequest()?.headers['x-api-key']).not.toBe(KEY);
    chmodSync(keyFile, 0o644);
    await expect(ask(open(settings, { env: {} }), 'anthropic/claude-sonnet-5-5')).rejects.toMatchObject({ code: 'TOKA_FILE_UNSAFE' });
    rmSync(folder, { recursive: true });
  });

  test("of a provider are not sent to a server that only speaks its protocol", async () => {
    const lab = { protocol: 'anthropic', baseURL: `${mock.url}/v1` };
    await expect(ask(open({ providers: { lab } }), 'lab/any')).rejects.toMatchObject({ code: 'TOKA_PROVIDER_AUTH' });
    expect(mock.getRequests()).toHaveLength(0);
  });
});

test('what is here is told, with where keys come from and never the keys', async () => {
  const overview = await open({}, { env: { ANTHROPIC_API_KEY: KEY } }).overview();
  expect(overview.roles.find(({ role }) => role === 'work')).toEqual({ role: 'work', routes: ['anthropic/claude-sonnet-5-5'], by: 'key' });
  expect(overview.providers.find(({ id }) => id === 'anthropic')).toMatchObject({ state: 'ready', key: { from: 'ANTHROPIC_API_KEY', isSet: true } });
  expect(overview.providers.find(({ id }) => id === 'ollama')).toMatchObject({ state: 'silent', models: [] });
  expect(JSON.stringify(overview)).not.toContain(KEY);
});
