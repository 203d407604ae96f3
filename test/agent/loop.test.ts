import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/pipeline/agent/port.ts';
import { AgentPlace, calls } from '../support/agent.ts';
import { tool } from '../support/cli.ts';

let agent: AgentPlace;
beforeEach(() => {
  agent = new AgentPlace(tool('greet', 'echo hello'));
});
afterEach(async () => agent[Symbol.asyncDispose]());

const READ = calls(['file-reader', { path: 'notes.txt' }]);

/** What the run added to its conversation, by what is on record. */
async function conversed(run: string): Promise<readonly Message[]> {
  const journal = await agent.toka.journal();
  const [kept] = (await journal.read(run)).flatMap(({ event }) => (event.type === 'agent.conversed' ? [event.messages] : []));
  if (!kept) return [];
  return ('inline' in kept ? kept.inline : JSON.parse(Buffer.from(await journal.blob(kept.blob)).toString())) as Message[];
}

async function resultsOf(run: string): Promise<readonly { readonly output: unknown; readonly isError?: boolean; readonly origins: readonly string[] }[]> {
  return (await conversed(run)).flatMap((message) => (message.role === 'tool' ? message.results : []));
}

describe('an agent', () => {
  test('calls tools until its model asks for none, each in a run below its own', async () => {
    const { result } = await agent.ask([READ, { text: 'two lines' }]);
    expect(result).toMatchObject({ status: 'succeeded', tool: 'agent/assistant', output: 'two lines', data: { text: 'two lines', steps: 2 } });
    const children = await (await agent.toka.journal()).children(result.runId);
    expect(children.map(({ model }) => model)).toEqual(['prompt', 'tool', 'prompt']);
  });

  test('is denied what its person was not granted, and has then not succeeded', async () => {
    const { result } = await agent.ask([calls(['file-writer', { path: 'new.txt', content: 'x' }]), { text: 'done' }]);
    expect(result).toMatchObject({ status: 'denied', error: { code: 'TOKA_CAPABILITY_DENIED' } });
  });

  test('is denied, and not refused, where its model gives up after that', async () => {
    const { result } = await agent.ask([calls(['file-writer', { path: 'new.txt', content: 'x' }]), { text: 'I cannot', finish: 'filtered' }]);
    expect(result).toMatchObject({ status: 'denied', error: { code: 'TOKA_CAPABILITY_DENIED' } });
  });

  test('has succeeded where what was denied ran later', async () => {
    await agent.open({ approver: async () => ({ decision: ++asked === 1 ? 'deny' : 'once', by: 'user:test' }) });
    let asked = 0;
    const write = calls(['file-writer', { path: 'new.txt', content: 'x' }]);
    expect((await agent.ask([write, write, { text: 'done' }])).result).toMatchObject({ status: 'succeeded' });
    expect(readFileSync(join(agent.here.project, 'new.txt'), 'utf8')).toBe('x');
  });

  test('may use what was granted to it', async () => {
    const { result } = await agent.ask([calls(['file-writer', { path: 'new.txt', content: 'x' }]), { text: 'done' }], { allow: ['fs:write:new.txt'] });
    expect(result.status).toBe('succeeded');
  });

  test('gives results back in the order in which they were asked for', async () => {
    const { result } = await agent.ask([calls(['file-searcher', { pattern: 'two' }], ['file-reader', { path: 'notes.txt' }], ['file-lister', {}]), { text: 'done' }]);
    const [message] = (await conversed(result.runId)).filter(({ role }) => role === 'tool');
    expect(message).toMatchObject({ results: [{ name: 'file-searcher' }, { name: 'file-reader' }, { name: 'file-lister' }] });
  });

  test('plans without changing anything', async () => {
    const { result } = await agent.ask([READ, calls(['file-writer', { path: 'new.txt', content: 'x' }]), { text: 'the plan' }], { allow: ['fs:write:**'], params: { plan: true } });
    expect(result).toMatchObject({ status: 'succeeded', output: 'the plan' });
    expect((await resultsOf(result.runId))[1]).toMatchObject({ isError: true });
  });

  test('finds a tool that came while it worked', async () => {
    const { result } = await agent.ask([READ, calls(['tool_search', { query: 'late comer' }]), calls(['latecomer', {}]), { text: 'done' }], {
      allow: ['proc:exec:bash'],
      onEvent: (event) => {
        if (event.type === 'step-ended' && event.step === 1) agent.here.write(tool('latecomer', 'echo late'));
      },
    });
    expect(result.status).toBe('succeeded');
    expect((await resultsOf(result.runId)).at(-1)).toMatchObject({ output: 'late\n' });
  });

  test('hears what its person says meanwhile', async () => {
    let said: readonly string[] = ['Be brief.'];
    const inbox = {
      take: () => {
        const taken = said;
        said = [];
        return taken;
      },
    };
    const { result, events } = await agent.ask([READ, { text: 'done' }], { inbox });
    expect(events).toContainEqual({ type: 'steered', text: 'Be brief.' });
    expect((await conversed(result.runId)).filter(({ role }) => role === 'user')).toHaveLength(2);
  });

  test('keeps what a file was before it changed it', async () => {
    const { result } = await agent.ask([calls(['file-writer', { path: 'notes.txt', content: 'new', mode: 'overwrite' }]), { text: 'done' }], { allow: ['fs:write:notes.txt', 'fs:read:notes.txt'] });
    const journal = await agent.toka.journal();
    const [kept] = (await journal.read(result.runId)).flatMap(({ event }) => (event.type === 'agent.kept' ? [event] : []));
    expect(Buffer.from(await journal.blob(kept?.before?.blob ?? '')).toString()).toBe('one\ntwo\n');
  });

  test('runs code that calls the tools that it may call itself', async () => {
    const { result } = await agent.ask([calls(['run_code', { code: 'return (await tools.file_reader({ path: "notes.txt" })).totalLines' }]), { text: 'done' }]);
    expect((await resultsOf(result.runId))[0]).toMatchObject({ output: 2 });
  });
});

describe('ends', () => {
  test.each([
    ['when it has asked its model as often as it may', [READ, READ, READ], { maxSteps: 2 }, 'TOKA_STEP_LIMIT'],
    ['when it does the same again and again', Array.from({ length: 8 }, () => READ), {}, 'TOKA_AGENT_LOOP'],
    ['when its model refuses', [{ text: 'I cannot', finish: 'filtered' }], {}, 'TOKA_MODEL_REFUSED'],
    ['when its model says nothing', [{}, {}], {}, 'TOKA_MODEL_REPLY'],
    ['when its model breaks off', [{ text: 'half', end: 'break' }], {}, 'TOKA_MODEL_REPLY'],
    ['when its answer has not the form', [{ text: 'no' }, { text: '{"a":1}' }, { text: '[]' }], { schema: { type: 'object', required: ['b'] } }, 'TOKA_AGENT_ANSWER'],
    ['when only a person could go on', [calls(['ask_person', { text: 'Which?', fields: [{ name: 'port', description: 'The port', schema: { type: 'integer' } }] }])], {}, 'TOKA_INPUT_NEEDED'],
  ])('%s', async (_, replies, params, code) => {
    expect((await agent.ask(replies, { params })).result).toMatchObject({ error: { code } });
  });

  test('with the fields that are missing', async () => {
    const { result } = await agent.ask([calls(['ask_person', { text: 'Which?', fields: [{ name: 'port', description: 'The port', schema: { type: 'integer' } }] }])]);
    expect(result.error?.data).toMatchObject({ missing: [{ name: 'port', schema: { type: 'integer' } }] });
  });

  test('when its budget is used up', async () => {
    expect((await agent.ask([READ, READ, { text: 'done' }], { budget: { calls: 3 } })).result).toMatchObject({ error: { code: 'TOKA_BUDGET_EXCEEDED' } });
  });

  test('at once when it is cancelled, with what was said so far', async () => {
    const controller = new AbortController();
    const { result } = await agent.ask([READ, { text: 'half an answer', end: 'hang' }], { signal: controller.signal, onEvent: (event) => event.type === 'text' && controller.abort() });
    expect(result.status).toBe('cancelled');
    expect((await conversed(result.runId)).map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
  });
});

describe('a model that errs', () => {
  test.each([
    ['names a tool that is not there', calls(['no-such-tool', {}])],
    ['gives parameters that are no JSON', { calls: [{ tool: 'file-reader', raw: '{"path":' }] }],
    ['gives parameters that the tool does not take', calls(['file-reader', { paht: 'notes.txt' }])],
    ['names a file that is not there', calls(['file-reader', { path: 'nowhere.txt' }])],
    ['misuses a tool of its own', calls(['tasks', { tasks: 'all' }])],
  ])('is told so when it %s', async (_, reply) => {
    const { result } = await agent.ask([reply, { text: 'done' }]);
    expect(result.status).toBe('succeeded');
    expect((await resultsOf(result.runId))[0]).toMatchObject({ isError: true });
  });

  test('has at most 64 calls of one answer carried out', async () => {
    const { result } = await agent.ask([calls(...Array.from({ length: 10_000 }, () => ['tool_search', { query: 'file' }] as const)), { text: 'done' }]);
    expect(result.status).toBe('succeeded');
    expect(await resultsOf(result.runId)).toHaveLength(64);
  });

  test('goes on where its answer was cut off', async () => {
    expect((await agent.ask([{ text: 'The first half', finish: 'length' }, { text: 'and the second' }])).result).toMatchObject({ output: 'and the second' });
  });

  test('answers in the form that was asked for at the second try', async () => {
    const schema = { type: 'object', required: ['lines'], properties: { lines: { type: 'integer' } } };
    const { result } = await agent.ask([{ text: 'Two.' }, { text: '```json\n{"lines":2}\n```' }], { params: { schema } });
    expect(result).toMatchObject({ status: 'succeeded', data: { answer: { lines: 2 } } });
  });
});
