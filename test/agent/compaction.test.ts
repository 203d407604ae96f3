import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../src/pipeline/agent/port.ts';
import { AgentPlace, calls, type Reply } from '../support/agent.ts';

let agent: AgentPlace;
beforeEach(() => {
  agent = new AgentPlace({ 'last.txt': 'OVERFLOW\n' });
});
afterEach(async () => agent[Symbol.asyncDispose]());

const SUMMARY: Reply = { when: 'Summarise now', text: 'the summary' };
/** So many answers that there is something to put a summary in the place of. */
const LOOKS = [1, 2, 3, 4].map((startLine) => calls(['file-searcher', { pattern: `line ${startLine}` }]));

const noticesOf = (events: readonly AgentEvent[]): readonly string[] => events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));

describe('a conversation', () => {
  test('that is about to be too long for the model is made shorter before it is asked', async () => {
    agent.here.write({ '../home/config/toka/config.yaml': 'apiVersion: toka/v1\nmodels: { providers: { scripted: { context: 300 } } }\n' });
    const { events } = await agent.ask([SUMMARY, ...LOOKS, { text: 'done' }], { params: { maxSteps: 5 } });
    expect(events.map(({ type }) => type)).toContain('compacted');
  });

  test('with a model of little room says so where it begins', async () => {
    agent.here.write({ '../home/config/toka/config.yaml': 'apiVersion: toka/v1\nmodels: { providers: { scripted: { context: 8000 } } }\n' });
    const { events } = await agent.ask([{ text: 'done' }]);
    expect(noticesOf(events)).toEqual([expect.stringContaining('is no language model'), expect.stringContaining('has room for 8000 tokens alone')]);
  });

  test('with a model of enough room has nothing to say of that', async () => {
    agent.here.write({ '../home/config/toka/config.yaml': 'apiVersion: toka/v1\nmodels: { providers: { scripted: { context: 8192 } } }\n' });
    const { events } = await agent.ask([{ text: 'done' }]);
    expect(noticesOf(events)).toEqual([expect.stringContaining('is no language model')]);
  });

  test('that fits stays as it is', async () => {
    const { result, events } = await agent.ask([SUMMARY, ...LOOKS, { text: 'done' }]);
    expect(result.status).toBe('succeeded');
    expect(events.map(({ type }) => type)).not.toContain('compacted');
  });

  test('that the model refuses as too long is made shorter, and the model asked once more', async () => {
    const { result, events } = await agent.ask([SUMMARY, { when: 'OVERFLOW', error: { code: 'PROVIDER_CONTEXT' } }, ...LOOKS, calls(['file-reader', { path: 'last.txt' }])]);
    expect(events.filter(({ type }) => type === 'compacted')).toHaveLength(1);
    // This one refuses it once more.
    expect(result.error?.code).toBe('TOKA_MODEL_CONTEXT');
  });
});
