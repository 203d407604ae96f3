import { LLMock } from '@copilotkit/aimock';
import type { AssistantPart, ModelEvent, ModelMessage, ModelRequest, Provider } from '@toka/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import anthropic from '../src/anthropic.ts';
import google from '../src/google.ts';
import compatible from '../src/openai-compatible.ts';
import openai from '../src/openai.ts';
import { configured, FIRST_PIECE, type Service, stream } from './support/service.ts';

const SERVICES: readonly (readonly [Service, Provider])[] = [
  ['anthropic', anthropic],
  ['google', google],
  ['openai', openai],
  ['openai-compatible', compatible],
];

let mock: LLMock;
beforeEach(async () => {
  mock = new LLMock({ port: 0 });
  await mock.start();
});
afterEach(async () => mock.stop());

const user = (text: string): ModelMessage => ({ role: 'user', parts: [{ type: 'text', text }] });
const TOOLS = ['files/reader', 'web/fetch'].map((name) => ({ name, description: name, params: { type: 'object', properties: { path: { type: 'string' } } } }));

type Asking = Partial<ModelRequest> & { readonly signal?: AbortSignal; readonly options?: Readonly<Record<string, string>> };

async function ask([service, provider]: readonly [Service, Provider], { signal = new AbortController().signal, options = {}, ...request }: Asking = {}, place = configured(service, mock.url)): Promise<ModelEvent[]> {
  const { config, env = {}, model } = place;
  const events: ModelEvent[] = [];
  for await (const event of provider.stream({ model, messages: [user('Go.')], ...request }, { signal, config: { ...config, ...options }, env: (name) => env[name] })) events.push(event);
  return events;
}

const sent = (): string => JSON.stringify(mock.getLastRequest()?.body);

describe.each(SERVICES)('%s', (service, provider) => {
  const at = [service, provider] as const;

  test('several calls at once come each with its own id and its own name', async () => {
    mock.on({}, { toolCalls: [{ name: 'files_reader', arguments: '{"path":"a"}' }, { name: 'web_fetch', arguments: '{"path":"b"}' }] });
    const calls = (await ask(at, { tools: TOOLS })).filter((event) => event.type === 'tool-call');
    expect(calls.map(({ name, params }) => [name, params])).toEqual([['files/reader', { path: 'a' }], ['web/fetch', { path: 'b' }]]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  });

  test('the results of calls go back to them', async () => {
    mock.on({ hasToolResult: true }, { content: 'done' });
    const calls: readonly AssistantPart[] = ['a', 'b'].map((path, index) => ({ type: 'tool-call', id: `call_${index}`, name: 'files/reader', params: { path } }));
    const results = ['text of a', { lines: 3 }].map((output, index) => ({ id: `call_${index}`, name: 'files/reader', output, isError: index === 1 }));
    const events = await ask(at, { tools: TOOLS, messages: [user('Go.'), { role: 'assistant', parts: calls }, { role: 'tool', results }] });
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    expect(sent()).toContain('text of a');
  });

  test('a picture is sent, and what the agent has thought goes back', async () => {
    const place = await stream(service, [Buffer.from(FIRST_PIECE[service])]);
    const metadata = { anthropic: { signature: 'signed' }, openai: { itemId: 'rs_1', reasoningEncryptedContent: 'signed' } };
    const thought: ModelMessage = { role: 'assistant', parts: [{ type: 'reasoning', text: 'Let me see', metadata }, { type: 'text', text: 'So' }] };
    const messages: readonly ModelMessage[] = [{ role: 'user', parts: [{ type: 'image', mediaType: 'image/png', data: Buffer.from('picture') }] }, thought, user('Go on.')];
    await expect(ask(at, { messages, options: { reasoning: 'low' } }, place)).rejects.toMatchObject({ code: 'PROVIDER_REPLY' });
    expect(place.received?.()).toContain(Buffer.from('picture').toString('base64'));
    if (service === 'anthropic' || service === 'openai') expect(place.received?.()).toContain('signed');
    if (service === 'anthropic') expect(place.received?.()).toContain('"cache_control":{"type":"ephemeral"}');
    await place.close?.();
  });

  test('what the answer must look like, where it stops and how long it may be are sent', async () => {
    const place = await stream(service, [Buffer.from(FIRST_PIECE[service])]);
    const schema = { type: 'object', properties: { needle: { type: 'integer' } }, required: ['needle'], additionalProperties: false };
    await expect(ask(at, { schema, maxOutputTokens: 77, ...(service === 'openai' ? {} : { stop: ['HALT'] }) }, place)).rejects.toMatchObject({ code: 'PROVIDER_REPLY' });
    const body = place.received?.() ?? '';
    expect(['needle', '77', ...(service === 'openai' ? [] : ['HALT'])].filter((text) => !body.includes(text))).toEqual([]);
    await place.close?.();
  });

  test('an answer by a schema comes as text', async () => {
    mock.on({}, { content: '{"a":1}' });
    const events = await ask(at, { schema: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false } });
    expect(JSON.parse(events.map((event) => (event.type === 'text' ? event.text : '')).join(''))).toEqual({ a: 1 });
  });

  test.each([
    ['retry-after', '3', 3000],
    ['retry-after-ms', '1234', 1234],
    ['retry-after', new Date(Date.now() + 3_600_000).toUTCString(), expect.closeTo(3_600_000, -5)],
  ])('how long to wait is read from %s: %s', async (name, value, retryAfterMs) => {
    const place = await stream(service, [Buffer.from('{"error":{"message":"busy","code":429}}')], { status: 429, headers: { 'content-type': 'application/json', [name]: value } });
    await expect(ask(at, {}, place)).rejects.toMatchObject({ code: 'PROVIDER_RATE_LIMIT', retryAfterMs });
    await place.close?.();
  });

  test('a time to wait below zero is none', async () => {
    const place = await stream(service, [Buffer.from('{"error":{"message":"busy","code":429}}')], { status: 429, headers: { 'content-type': 'application/json', 'retry-after': '-5' } });
    const refusal = await ask(at, {}, place).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'PROVIDER_RATE_LIMIT' });
    expect(refusal).not.toHaveProperty('retryAfterMs');
    await place.close?.();
  });

  test.each([
    [402, '{"error":{"message":"pay","code":402}}', 'PROVIDER_AUTH'],
    [403, '{"error":{"message":"no","code":403}}', 'PROVIDER_AUTH'],
    [404, '{"error":{"message":"no such model","code":404}}', 'PROVIDER_REQUEST'],
    [429, '{"error":{"message":"no credit","type":"insufficient_quota","code":"insufficient_quota"}}', 'PROVIDER_AUTH'],
    [529, '<html>', 'PROVIDER_UNAVAILABLE'],
  ])('%i %s is told by its code', async (status, body, code) => {
    const place = await stream(service, [Buffer.from(body)], { status, headers: { 'content-type': 'application/json' } });
    await expect(ask(at, {}, place)).rejects.toMatchObject({ code });
    await place.close?.();
  });

  test('bytes that are no UTF-8 are no answer', async () => {
    const place = await stream(service, [Buffer.from(FIRST_PIECE[service]), Buffer.from('data: {"x":"'), Buffer.from([0xe2, 0x82]), Buffer.from('"}\n\n')]);
    await expect(ask(at, {}, place)).rejects.toMatchObject({ code: 'PROVIDER_REPLY' });
    await place.close?.();
  });

  test('a line that has no end is given up before it fills the memory', async () => {
    const rest = Array.from({ length: 65 }, () => Buffer.alloc(1024 * 1024, 'x'));
    const place = await stream(service, [Buffer.from(FIRST_PIECE[service]), Buffer.from('data: '), ...rest]);
    await expect(ask(at, {}, place)).rejects.toMatchObject({ code: 'PROVIDER_REPLY', message: expect.stringContaining('at most') as string });
    await place.close?.();
  });

  test('a letter that is cut between two pieces is whole', async () => {
    const bytes = Buffer.from(FIRST_PIECE[service].replace('Hello, ', 'Grüße, '));
    const cut = bytes.indexOf(Buffer.from('ü')) + 1;
    const place = await stream(service, [bytes.subarray(0, cut), bytes.subarray(cut)]);
    const heard: string[] = [];
    const { config, env = {}, model } = place;
    const reading = async (): Promise<void> => {
      for await (const event of provider.stream({ model, messages: [user('Go.')] }, { signal: new AbortController().signal, config, env: (name) => env[name] })) if (event.type === 'text') heard.push(event.text);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'PROVIDER_REPLY' });
    expect(heard).toEqual(['Grüße, ']);
    await place.close?.();
  });

  test('a redirection is not followed, which would take the key along', async () => {
    mock.on({}, { content: 'Hello' });
    const place = await stream(service, [], { status: 307, headers: { location: `${mock.url}/v1` } });
    await expect(ask(at, {}, place)).rejects.toMatchObject({ code: 'PROVIDER_REQUEST' });
    expect(mock.getRequests()).toHaveLength(0);
    await place.close?.();
  });
});

test.each(SERVICES.filter(([service]) => service.startsWith('openai')))('%s: parameters that are no JSON are kept as they were written', async (service, provider) => {
  mock.on({}, { toolCalls: [{ name: 'files_reader', arguments: '{"path": ' }] });
  const call = (await ask([service, provider], { tools: TOOLS })).find((event) => event.type === 'tool-call');
  expect(call).toMatchObject({ name: 'files/reader', params: {}, malformed: '{"path": ' });
});

test('Claude: its reasoning comes with a signature', async () => {
  mock.on({}, { content: 'Hello', reasoning: 'Let me see', reasoningSignature: 'signed' });
  const events = await ask(['anthropic', anthropic]);
  const reasoning = events.filter((event) => event.type === 'reasoning');
  expect(reasoning.map(({ text }) => text).join('')).toBe('Let me see');
  expect(reasoning.at(-1)?.metadata).toEqual({ anthropic: { signature: 'signed' } });
});

test.each(SERVICES.filter(([service]) => service !== 'anthropic'))('%s: reasoning comes apart from the text', async (service, provider) => {
  mock.on({}, { content: 'Hello', reasoning: 'Let me see' });
  const events = await ask([service, provider], { model: service === 'openai' ? 'gpt-6-luna' : 'any' });
  expect(events.map((event) => (event.type === 'reasoning' ? event.text : '')).join('')).toBe('Let me see');
  expect(events.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe('Hello');
});

test('OpenAI: its older protocol is spoken where that is asked for', async () => {
  mock.on({}, { content: 'Hello' });
  await ask(['openai', openai], { options: { api: 'chat' } });
  expect(mock.getLastRequest()?.path).toBe('/v1/chat/completions');
});

test('names of tools that services do not take are others for them, and each its own', async () => {
  mock.on({}, { toolCalls: [{ name: 'a_b_2', arguments: '{}' }] });
  const tools = ['a/b', 'a.b'].map((name) => ({ name, description: name, params: { type: 'object' } }));
  const call = (await ask(['openai-compatible', compatible], { tools })).find((event) => event.type === 'tool-call');
  expect(call).toMatchObject({ name: 'a.b' });
});
