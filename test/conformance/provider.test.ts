import { defineProvider, type ModelEvent, providerError, type Provider } from '@toka/sdk';
import { providerChecks } from '@toka/sdk/testing';
import { expect, test } from 'vitest';
import sound from '../../templates/plugin-provider/src/chat-server.ts';
import { serve } from '../../templates/plugin-provider/test/server.ts';

/** The template's provider, whose events go through something first. */
function changed(change: (events: AsyncIterable<ModelEvent>) => AsyncIterable<ModelEvent>, more: Partial<Provider> = {}): Provider {
  return { ...sound, ...more, stream: (request, host) => change(sound.stream(request, host)) };
}

function mapped(map: (event: ModelEvent) => ModelEvent | undefined): Provider {
  return changed(async function* (events) {
    for await (const event of events) {
      const other = map(event);
      if (other) yield other;
    }
  });
}

/** One whose errors are others. */
function failing(code: Parameters<typeof providerError>[0], by: Parameters<typeof providerError>[0] = 'PROVIDER_REQUEST'): Provider {
  return changed(async function* (events) {
    try {
      yield* events;
    } catch (error) {
      throw (error as { code?: unknown }).code === code ? providerError(by, 'something else') : error;
    }
  });
}

/** For each check a provider that fails it. */
const FAULTS: Readonly<Record<string, Provider>> = {
  'provider/text': mapped((event) => (event.type === 'text' ? { ...event, text: event.text.trim() } : event)),
  'provider/usage': mapped((event) => (event.type === 'usage' ? undefined : event)),
  'provider/tool-call': mapped((event) => (event.type === 'tool-call' ? { ...event, params: { city: JSON.stringify(event.params) } } : event)),
  'provider/supports': { ...sound, supports: { ...sound.supports, images: false } },
  'provider/auth': failing('PROVIDER_AUTH'),
  'provider/rate-limit': failing('PROVIDER_RATE_LIMIT', 'PROVIDER_RATE_LIMIT'),
  'provider/unavailable': failing('PROVIDER_UNAVAILABLE'),
  'provider/context': failing('PROVIDER_CONTEXT'),
  'provider/garbled': failing('PROVIDER_REPLY'),
  'provider/broken-off': failing('PROVIDER_REPLY', 'PROVIDER_UNAVAILABLE'),
  'provider/abort': { ...sound, stream: (request, { config, env }) => sound.stream(request, { config, env, signal: new AbortController().signal }) },
};

test.each(providerChecks)('a sound provider passes: $id', async ({ run }) => {
  await expect(run(sound, serve)).resolves.toBeUndefined();
});

test.each(providerChecks)('the check can fail: $id', async ({ id, run }) => {
  const fault = FAULTS[id];
  if (!fault) throw new Error('no provider fails this check');
  await expect(run(fault, serve)).rejects.toThrow(/expected/);
});

test('there is no fault but for a check', () => {
  expect(Object.keys(FAULTS).toSorted()).toEqual(providerChecks.map(({ id }) => id).toSorted());
});

const host = { signal: new AbortController().signal, config: {}, env: () => undefined };
const quiet = { id: 'quiet', summary: 'Say nothing', supports: { tools: false, images: false, schema: false } };
const request = { model: 'small', messages: [] };

async function all(provider: Provider): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(request, host)) events.push(event);
  return events;
}

test.each([
  ['an answer without an end', [] as ModelEvent[]],
  ['an answer that goes on after its end', [{ type: 'finish', reason: 'stop' }, { type: 'text', text: 'more' }] as ModelEvent[]],
])('%s is PROVIDER_REPLY', async (_, events) => {
  const provider = defineProvider({ ...quiet, stream: () => (async function* () { yield* events; })() });
  await expect(all(provider)).rejects.toMatchObject({ code: 'PROVIDER_REPLY' });
});

test('whatever else it throws is PROVIDER_UNAVAILABLE, with its cause', async () => {
  const cause = new TypeError('fetch failed');
  const provider = defineProvider({
    ...quiet,
    stream: () => {
      throw cause;
    },
  });
  await expect(all(provider)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', cause });
});
