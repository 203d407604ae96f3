import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject, ModelEvent, ModelMessage } from '@toka/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openModels } from '../../src/model/gateway.ts';
import type { AskOptions, ModelReply, Models } from '../../src/model/port.ts';

let folder: string;
let models: Models;
let waits: number[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toka-models-'));
  waits = [];
  models = openModels({
    packageFiles: [join(import.meta.dirname, '../../plugins/models/package.json')],
    settings: { roles: {}, fallbacks: {}, providers: {} },
    env: {},
    cwd: folder,
    clock: { now: () => 0 },
    random: () => 0,
    sleep: async (ms) => void waits.push(ms),
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

const user = (text: string): ModelMessage => ({ role: 'user', parts: [{ type: 'text', text }] });
const said: ModelMessage = { role: 'assistant', parts: [{ type: 'text', text: 'so' }] };

async function play(script: readonly JsonObject[], messages: readonly ModelMessage[] = [user('go')], options: Partial<AskOptions> = {}): Promise<ModelReply> {
  writeFileSync(join(folder, 'play.json'), JSON.stringify(script));
  return models.ask(await models.candidates('scripted/play.json'), { messages }, { signal: new AbortController().signal, onEvent: () => undefined, ...options });
}

test('it is announced as no language model', async () => {
  expect(await models.candidates('scripted/any.yaml')).toEqual([{ route: 'scripted/any.yaml', isLanguageModel: false }]);
});

test('a reply has its text in pieces, its calls, and its usage', async () => {
  const heard: string[] = [];
  const reply = await play(
    [{ reasoning: 'hm', text: 'Hello, world', chunkChars: 7, calls: [{ tool: 'read', params: { path: 'a' } }], usage: { inputTokens: 5, outputTokens: 2 } }],
    undefined,
    { onEvent: (event) => event.type === 'text' && heard.push(event.text) },
  );
  expect(heard).toEqual(['Hello, ', 'world']);
  expect(reply).toEqual({
    route: 'scripted/play.json',
    parts: [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Hello, world' },
      { type: 'tool-call', id: 'call-1-1', name: 'read', params: { path: 'a' } },
    ],
    reason: 'tool-calls',
    usage: { inputTokens: 5, outputTokens: 2 },
  });
});

test('replies follow the answers that there were, and those with a condition stand beside the count', async () => {
  const script = [{ text: 'first' }, { when: 'secret', text: 'no' }, { text: 'second' }];
  const texts = async (messages: ModelMessage[]): Promise<unknown> => (await play(script, messages)).parts;
  expect(await texts([user('go')])).toEqual([{ type: 'text', text: 'first' }]);
  expect(await texts([user('a secret')])).toEqual([{ type: 'text', text: 'no' }]);
  expect(await texts([user('a secret'), said, user('go')])).toEqual([{ type: 'text', text: 'first' }]);
  expect(await texts([user('go'), said, user('on')])).toEqual([{ type: 'text', text: 'second' }]);
});

test('YAML is read as well', async () => {
  writeFileSync(join(folder, 'play.yaml'), '- text: |\n    two\n    lines\n');
  const reply = await models.ask(await models.candidates('scripted/play.yaml'), { messages: [user('go')] }, { signal: new AbortController().signal, onEvent: () => undefined });
  expect(reply.parts).toEqual([{ type: 'text', text: 'two\nlines\n' }]);
});

describe('it plays badly', () => {
  test('parameters that are no JSON', async () => {
    const { parts } = await play([{ calls: [{ tool: 'read', raw: '{"path": ' }] }]);
    expect(parts).toEqual([{ type: 'tool-call', id: 'call-1-1', name: 'read', params: {}, malformed: '{"path": ' }]);
  });

  test('nothing at all', async () => {
    expect(await play([{}])).toMatchObject({ parts: [], reason: 'stop' });
  });

  test('a refusal', async () => {
    expect(await play([{ text: 'I cannot', finish: 'filtered' }])).toMatchObject({ reason: 'filtered' });
  });

  test('more replies than there are', async () => {
    await expect(play([{ text: 'first' }], [user('go'), said, user('on')])).rejects.toMatchObject({ code: 'TOKA_MODEL_REPLY' });
  });

  test('an answer that breaks off, which is asked for twice more', async () => {
    const heard: string[] = [];
    await expect(play([{ text: 'Hel', end: 'break' }], undefined, { onEvent: ({ type }: ModelEvent | { type: 'restart' }) => heard.push(type) })).rejects.toMatchObject({ code: 'TOKA_MODEL_REPLY' });
    expect(heard).toEqual(['text', 'restart', 'text', 'restart', 'text']);
  });

  test('what never ends, until the caller has enough', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    await expect(play([{ text: 'again ', end: 'repeat' }], undefined, { signal: stop.signal, onEvent: () => stop.abort(reason) })).rejects.toBe(reason);
  });

  test('what never ends comes again whole, also where its pieces do not divide it', async () => {
    const stop = new AbortController();
    let heard = '';
    const onEvent = (event: ModelEvent | { type: 'restart' }): void => {
      heard += event.type === 'text' && !stop.signal.aborted ? event.text : '';
      if (heard.length >= 30) stop.abort(new Error('enough'));
    };
    await expect(play([{ text: 'abcde é\u{1F600}', end: 'repeat', chunkChars: 3 }], undefined, { signal: stop.signal, onEvent })).rejects.toThrow('enough');
    expect('abcde é\u{1F600}'.repeat(5).startsWith(heard)).toBe(true);
  });

  test('a storm of refusals, each waited for', async () => {
    await expect(play([{ error: { code: 'PROVIDER_RATE_LIMIT', retryAfterMs: 2000 } }])).rejects.toMatchObject({ code: 'TOKA_PROVIDER_LIMIT', exitCode: 75 });
    expect(waits).toEqual([2000, 2000, 2000, 2000, 2000]);
  });
});

test.each([
  ['no list', { text: 'x' }],
  ['a misspelt key', [{ txt: 'x' }]],
  ['a value of another type', [{ text: 5 }]],
])('a script that is wrong says so: %s', async (_what, script) => {
  await expect(play(script as JsonObject[])).rejects.toMatchObject({ code: 'TOKA_MODEL_REQUEST' });
});

test('a provider that nobody has is unknown', async () => {
  await expect(models.candidates('scriptd/play.json')).rejects.toMatchObject({ code: 'TOKA_MODEL_UNKNOWN', exitCode: 2 });
});
