import type { JsonObject } from '../json.ts';
import type { ModelEvent, ModelMessage, ModelRequest, Provider } from '../provider.ts';
import { refused, same } from './expect.ts';

/**
 * What the service behind a provider does in a check. `text`: it answers `Hello, world` in at least two pieces and counts 5 tokens in, 2 out.
 * `tool-call`: it asks for the tool `weather` with `{"city": "Oslo"}` (only where tools are supported). `auth`: it refuses the key.
 * `rate-limit`: it is busy for two seconds. `unavailable`: it fails. `context`: the conversation is too long. `garbled`: it answers what nobody
 * understands. `broken-off`: it ends the connection after the first piece of text. `endless`: it sends the first piece, and then nothing.
 */
export type ProviderScenario = 'text' | 'tool-call' | 'auth' | 'rate-limit' | 'unavailable' | 'context' | 'garbled' | 'broken-off' | 'endless';

/** A service that plays a scenario, in the protocol of the provider: a small HTTP server on this machine, mostly. */
export interface ProviderPlace {
  /** What the provider is configured with, so that it finds the service. */
  readonly config: JsonObject;
  /** Variables that it is granted. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
  /** A model to be asked. */
  readonly model: string;
  /** The messages that the service was sent last, in whatever form; they must hold the texts of the request. */
  received?(): string;
  /** Is called when the check has ended. */
  close?(): Promise<void>;
}

/** A rule for providers. */
export interface ProviderCheck {
  /** Stable, for reports. */
  readonly id: string;
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Rejects with the reason where it does not hold. */
  run(provider: Provider, make: (scenario: ProviderScenario) => Promise<ProviderPlace>): Promise<void>;
}

const QUESTION: readonly ModelMessage[] = [
  { role: 'system', text: 'Be brief.' },
  { role: 'user', parts: [{ type: 'text', text: 'Say hello.' }] },
];
const WEATHER = {
  name: 'weather',
  description: 'The weather of a city',
  params: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
} as const;
const PATIENCE_MS = 5000;

/**
 * What every provider must hold to, whatever service stands behind it.
 *
 * @example
 * import { test } from 'node:test';
 * import { providerChecks } from '@toka/sdk/testing';
 *
 * for (const { name, run } of providerChecks) test(name, () => run(provider, serveScenario));
 */
export const providerChecks: readonly ProviderCheck[] = [
  check('provider/text', 'text comes in pieces, and then its end', 'text', async (ask, place) => {
    const events = await collect(ask());
    same(textOf(events), 'Hello, world', 'the text');
    same(events.filter(({ type }) => type === 'text').length > 1, true, 'whether it came in pieces');
    same(events.at(-1), { type: 'finish', reason: 'stop' }, 'the last event');
    for (const text of place.received === undefined ? [] : ['Be brief.', 'Say hello.']) same(place.received?.().includes(text), true, `whether the service was sent "${text}"`);
  }),
  check('provider/usage', 'what the service counts is told', 'text', async (ask) => {
    const usage = (await collect(ask())).findLast(({ type }) => type === 'usage');
    same(usage?.type === 'usage' && [usage.inputTokens, usage.outputTokens], [5, 2], 'the tokens in and out');
  }),
  check('provider/tool-call', 'a tool call comes whole, with its parameters read, and its result can be sent', 'tool-call', async (ask, _place, provider) => {
    if (!provider.supports.tools) return refused('PROVIDER_REQUEST', async () => collect(ask({ tools: [WEATHER] })), 'a request with tools');
    const events = await collect(ask({ tools: [WEATHER] }));
    const call = events.find((event) => event.type === 'tool-call');
    same(call && { name: call.name, params: call.params, named: call.id !== '' }, { name: 'weather', params: { city: 'Oslo' }, named: true }, 'the call');
    same(events.at(-1), { type: 'finish', reason: 'tool-calls' }, 'the last event');
    if (!call) return undefined;
    const { id, name } = call;
    await collect(ask({ tools: [WEATHER], messages: [...QUESTION, { role: 'assistant', parts: [call] }, { role: 'tool', results: [{ id, name, output: { celsius: 4 } }] }] }));
    return undefined;
  }),
  check('provider/supports', 'what it does not support is refused', 'text', async (ask, _place, { supports }) => {
    const picture: ModelMessage = { role: 'user', parts: [{ type: 'image', mediaType: 'image/png', data: new Uint8Array([137, 80, 78, 71]) }] };
    if (!supports.images) await refused('PROVIDER_REQUEST', async () => collect(ask({ messages: [picture] })), 'a request with an image');
    if (!supports.schema) await refused('PROVIDER_REQUEST', async () => collect(ask({ schema: { type: 'object' } })), 'a request with a schema');
    if (supports.images) await collect(ask({ messages: [picture] }));
    if (supports.schema) await collect(ask({ schema: { type: 'object' } }));
  }),
  refusal('provider/auth', 'a key that is refused', 'auth', 'PROVIDER_AUTH'),
  check('provider/rate-limit', 'a busy service is told by its code, with the time to wait', 'rate-limit', async (ask) => {
    await refused('PROVIDER_RATE_LIMIT', async () => collect(ask()), 'the request');
    const { retryAfterMs } = await thrownBy(async () => collect(ask()));
    same(retryAfterMs, 2000, 'retryAfterMs');
  }),
  refusal('provider/unavailable', 'a service that fails', 'unavailable', 'PROVIDER_UNAVAILABLE'),
  refusal('provider/context', 'a conversation that is too long', 'context', 'PROVIDER_CONTEXT'),
  refusal('provider/garbled', 'an answer that nobody understands', 'garbled', 'PROVIDER_REPLY'),
  refusal('provider/broken-off', 'an answer that breaks off', 'broken-off', 'PROVIDER_REPLY'),
  {
    id: 'provider/abort',
    name: 'whoever aborts waits no longer, and is told the reason',
    run: async (provider, make) =>
      within(await make('endless'), async (place) => {
        const stop = new AbortController();
        const reason = new Error('nobody waits');
        const found = (async () => {
          for await (const { type } of provider.stream(request(place), host(place, stop.signal))) if (type === 'text') stop.abort(reason);
        })();
        same(await late(found.then(() => 'an end', (error: unknown) => error)), reason, 'what an aborted request ends with');
      }),
  },
];

type Ask = (more?: Partial<ModelRequest>) => AsyncIterable<ModelEvent>;

function check(id: string, name: string, scenario: ProviderScenario, work: (ask: Ask, place: ProviderPlace, provider: Provider) => Promise<void>): ProviderCheck {
  return {
    id,
    name,
    run: async (provider, make) =>
      within(await make(scenario), async (place) => {
        const ask: Ask = (more) => provider.stream({ ...request(place), ...more }, host(place, new AbortController().signal));
        same((await late(work(ask, place, provider))) === LATE, false, `whether it took more than ${PATIENCE_MS} ms`);
      }),
  };
}

function refusal(id: string, what: string, scenario: ProviderScenario, code: string): ProviderCheck {
  return check(id, `${what} is told by its code`, scenario, async (ask) => refused(code, async () => collect(ask()), what));
}

async function within(place: ProviderPlace, work: (place: ProviderPlace) => Promise<void>): Promise<void> {
  try {
    await work(place);
  } finally {
    await place.close?.();
  }
}

function request({ model }: ProviderPlace): ModelRequest {
  return { model, messages: QUESTION };
}

function host({ config, env = {} }: ProviderPlace, signal: AbortSignal) {
  return { signal, config, env: (name: string) => (Object.hasOwn(env, name) ? env[name] : undefined) };
}

async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

async function thrownBy(call: () => Promise<unknown>): Promise<{ readonly retryAfterMs?: unknown }> {
  return call().then(
    () => ({}),
    (error: unknown) => error as { readonly retryAfterMs?: unknown },
  );
}

const LATE = Symbol('late');

async function late<T>(work: Promise<T>): Promise<T | typeof LATE> {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(resolve, PATIENCE_MS, LATE);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
