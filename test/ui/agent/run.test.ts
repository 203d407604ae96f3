import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAgent, type AgentRunFlags } from '../../../src/ui/agent/run.ts';
import type { AgentResult } from '../../../src/ui/agent/result.ts';
import { AgentPlace, calls, type Reply } from '../../support/agent.ts';
import { doorInto, type Written } from '../../support/door.ts';

let agent: AgentPlace;
beforeAll(() => {
  agent = new AgentPlace();
});
afterAll(async () => agent[Symbol.asyncDispose]());

interface Asked extends Partial<AgentRunFlags> {
  readonly agent?: string;
  readonly prompt?: string;
  readonly input?: string | Uint8Array;
  readonly isTty?: boolean;
}

const FLAGS: AgentRunFlags = { continue: false, ephemeral: true, output: 'json', plan: false, record: false };

async function ask(replies: readonly Reply[], { agent: name, prompt = 'Do it.', input, isTty = false, ...flags }: Asked = {}): Promise<{ readonly code: number; readonly written: Written }> {
  const { door, written } = doorInto(agent.here, input, { isTty });
  const code = await runAgent(name, prompt, { ...FLAGS, model: agent.script(replies), ...flags }, door);
  return { code, written };
}

async function result(replies: readonly Reply[], asked: Asked = {}): Promise<AgentResult> {
  const { code, written } = await ask(replies, asked);
  const value = JSON.parse(written.stdout) as AgentResult;
  expect(value.exitCode).toBe(code);
  return value;
}

const file = (name: string, spec: object): Record<string, string> => ({
  [`.toka/agents/${name}.yaml`]: JSON.stringify({ apiVersion: 'toka/v1', kind: 'Agent', metadata: { name, version: '1.0.0', description: 'd' }, spec }),
});
const WRITE = calls(['file-writer', { path: 'log.txt', content: 'x' }]);
const READ = calls(['file-reader', { path: 'notes.txt' }]);
const DONE: Reply = { text: 'done' };

describe('how it ends', () => {
  beforeAll(() => {
    const objective = (validation: object) => ({ objectives: [{ id: 'a', description: 'd', validation }] });
    agent.here.write({
      ...file('proven', objective({ tool: 'file-reader', params: { path: 'notes.txt' } })),
      ...file('unproven', objective({ tool: 'file-reader', params: { path: 'missing.txt' } })),
      ...file('broken', { objectivs: [] }),
      ...file('needy', { security: { capabilities_required: ['net:connect:example.com:443'] } }),
      ...file('brief', { security: { resource_limits: { wall: '300ms' } } }),
      'word.schema.yaml': 'type: string\n',
    });
  });

  test.each<[what: string, exit: number, code: string | undefined, replies: readonly Reply[], asked?: Asked]>([
    ['done', 0, undefined, [DONE]],
    ['done, and shown by a tool', 0, undefined, [DONE], { agent: 'proven' }],
    ['an answer of the form that was asked for', 0, undefined, [{ text: '"yes"' }], { schema: 'word.schema.yaml' }],
    ['a plan of what it would do', 0, undefined, [WRITE, DONE], { plan: true }],
    ['what should show it does not hold', 1, 'TOKA_AGENT_UNPROVEN', [DONE, DONE, DONE], { agent: 'unproven' }],
    ['no answer of the form that was asked for, three times', 1, 'TOKA_AGENT_ANSWER', [DONE, DONE, DONE], { schema: 'word.schema.yaml' }],
    ['the same again and again', 1, 'TOKA_AGENT_LOOP', Array.from({ length: 8 }, () => READ)],
    ['refused by its model', 1, 'TOKA_MODEL_REFUSED', [{ text: 'I cannot', finish: 'filtered' }]],
    ['empty answers', 1, 'TOKA_MODEL_REPLY', [{ text: '' }, { text: '' }, { text: '' }]],
    ['a conversation that is too long', 1, 'TOKA_MODEL_CONTEXT', [{ error: { code: 'PROVIDER_CONTEXT' } }]],
    ['no such agent', 2, 'TOKA_AGENT_UNKNOWN', [], { agent: 'assistent' }],
    ['no such model', 2, 'TOKA_MODEL_UNKNOWN', [], { model: 'nobody/nothing' }],
    ['a file of an agent that is not valid', 65, 'TOKA_MANIFEST_INVALID', [], { agent: 'broken' }],
    ['a key that is refused', 69, 'TOKA_PROVIDER_AUTH', [{ error: { code: 'PROVIDER_AUTH' } }]],
    ['as often asked as it may', 75, 'TOKA_STEP_LIMIT', [READ, READ], { 'max-turns': 1 }],
    ['out of calls', 75, 'TOKA_BUDGET_EXCEEDED', [READ, DONE], { budget: 'calls=2' }],
    ['out of tokens', 75, 'TOKA_BUDGET_EXCEEDED', [{ ...READ, usage: { inputTokens: 900_000, outputTokens: 200_000 } }, DONE], { budget: 'tokens=1000000' }],
    ['denied', 77, 'TOKA_CAPABILITY_DENIED', [WRITE, DONE]],
    ['denied by a flag', 77, 'TOKA_CAPABILITY_DENIED', [WRITE, DONE], { allow: ['fs:write:log.txt'], deny: ['fs:write'] }],
    ['denied what its file says it must have', 77, 'TOKA_CAPABILITY_DENIED', [], { agent: 'needy' }],
    ['something is needed that only a person knows', 79, 'TOKA_INPUT_NEEDED', [calls(['ask_person', { text: 'Which branch?' }])]],
    ['an answer that never comes, to an agent with a budget of time', 75, 'TOKA_BUDGET_EXCEEDED', [{ text: 'wait', end: 'hang' }], { agent: 'brief' }],
    ['an answer that never ends, to an agent with a budget of time', 75, 'TOKA_BUDGET_EXCEEDED', [{ text: 'again ', end: 'repeat', delayMs: 5 }], { agent: 'brief' }],
    ['an answer that never comes', 124, 'TOKA_TIMED_OUT', [{ text: 'wait', end: 'hang' }], { timeout: '300ms' }],
    ['an answer that never ends', 124, 'TOKA_TIMED_OUT', [{ text: 'again ', end: 'repeat', delayMs: 5 }], { timeout: '300ms' }],
  ])('%s: %i %s', async (_, exit, code, replies, asked) => {
    const { exitCode, error, status } = await result(replies, asked);
    expect({ exitCode, code: error?.code, isGood: status === 'succeeded' }).toEqual({ exitCode: exit, code, isGood: exit === 0 });
  });
});

describe('what a model may answer', () => {
  test.each<[string, readonly Reply[]]>([
    ['parameters that are no JSON', [{ calls: [{ tool: 'file-reader', raw: '{"path": ' }] }, DONE]],
    ['parameters that the tool does not take', [calls(['file-reader', { paht: 'notes.txt' }]), DONE]],
    ['a tool that there is not', [calls(['make-coffee', {}]), DONE]],
    ['a path that there is not', [calls(['file-reader', { path: 'src/does/not/exist.ts' }]), DONE]],
    ['a thousand calls at once', [calls(...Array.from({ length: 1000 }, () => ['make-coffee', {}] as const)), DONE]],
  ])('%s: it is told, and goes on', async (_, replies) => {
    expect(await result(replies)).toMatchObject({ exitCode: 0, text: 'done' });
  });
});

test('its figures are those of all answers', async () => {
  const usage = { inputTokens: 100, outputTokens: 20 };
  expect(await result([{ ...READ, usage }, { ...DONE, usage }])).toMatchObject({ usage: { steps: 2, calls: 1, inputTokens: 200, outputTokens: 40 } });
});

test('text is the answer alone', async () => {
  const { code, written } = await ask([{ text: 'Let me look.', ...READ }, DONE], { output: 'text' });
  expect([code, written.stdout]).toEqual([0, 'done\n']);
  expect(written.stderr).toMatch(/^warning scripted\/.* is no language model\n$/);
});

test('somebody who looks on sees each call on standard error, and what it does now', async () => {
  const { written } = await ask([READ, WRITE, DONE], { output: 'text', isTty: true });
  const lines = stripVTControlCharacters(written.stderr).split('\n');
  expect(lines.find((line) => line.includes('file-reader: '))).toMatch(/ok files\/file-reader: /);
  expect(lines.find((line) => line.includes('file-writer: '))).toMatch(/denied files\/file-writer: /);
  expect(written.stderr).toContain('is asked (1)');
});

test('a stream is a line for each event, and the result at the end', async () => {
  const { written } = await ask([{ text: 'Let me look.', ...READ }, DONE], { output: 'stream-json' });
  const lines = written.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { readonly schema: string; readonly type?: string; readonly run: string });
  expect(lines.at(-1)).toMatchObject({ schema: 'toka/agent-result/v1', status: 'succeeded' });
  expect(lines.slice(0, -1).every(({ schema, run }) => schema === 'toka/agent-event/v1' && run !== '')).toBe(true);
  const own = lines.filter(({ type }) => type !== 'run-began' && type !== 'text').map(({ type }) => type);
  expect(own).toEqual(['notice', 'step-began', 'step-ended', 'call-began', 'call-ended', 'step-began', 'step-ended', undefined]);
});

describe('what is said', () => {
  test('what stands on standard input is handed over, and is not the word of the person', async () => {
    const { session } = await result([DONE], { ephemeral: false, input: 'left\nright' });
    const [turn] = await (await (await agent.open()).sessions()).turns(session ?? '');
    const [context, prompt] = turn?.messages ?? [];
    expect(context).toMatchObject({ origins: ['file'], parts: [{ text: expect.stringContaining('left\nright') as unknown }] });
    expect(prompt).toMatchObject({ origins: ['user'], parts: [{ text: 'Do it.' }] });
  });

  test('a picture is handed over as what it is, whatever its name says', async () => {
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
    writeFileSync(join(agent.here.project, 'dot.txt'), png);
    const { session } = await result([DONE], { ephemeral: false, image: ['dot.txt'] });
    const [turn] = await (await (await agent.open()).sessions()).turns(session ?? '');
    expect(turn?.messages[0]).toMatchObject({ parts: [{ text: 'Do it.' }, { type: 'image', mediaType: 'image/png', base64: png.toString('base64') }] });
  });

  test('the prompt may stand on standard input itself', async () => {
    expect(await result([{ when: 'name the colours', text: 'red' }], { prompt: '-', input: 'name the colours' })).toMatchObject({ text: 'red' });
  });

  test.each<[string, Asked]>([
    ['an empty prompt', { prompt: ' ' }],
    ['bytes that are no text', { input: Uint8Array.of(0xff, 0xfe, 0) }],
    ['a picture that is none', { image: ['notes.txt'] }],
    ['a picture that is not there', { image: ['missing.png'] }],
    ['a budget that is none', { budget: 'beers=2' }],
    ['a time that is none', { timeout: 'soon' }],
  ])('%s is refused', async (_, asked) => {
    await expect(ask([DONE], asked)).rejects.toMatchObject({ code: 'TOKA_USAGE' });
  });

  test('a form that is no JSON Schema is refused with its place', async () => {
    agent.here.write({ 'bad.schema.yaml': 'type: object\nproperties: { a: { type: strin } }\n' });
    await expect(ask([DONE], { schema: 'bad.schema.yaml' })).rejects.toMatchObject({ code: 'TOKA_MANIFEST_INVALID', where: { line: 2 } });
  });
});

describe('sessions', () => {
  test('go on where they were', async () => {
    const counted = [{ text: 'one' }, { text: 'two' }];
    const first = await result(counted, { ephemeral: false });
    expect(await result(counted, { ephemeral: false, session: first.session })).toMatchObject({ text: 'two', session: first.session });
    expect(await result([...counted, { text: 'three' }], { ephemeral: false, continue: true })).toMatchObject({ text: 'three', session: first.session });
  });

  test('are not those of another agent', async () => {
    agent.here.write(file('keeper', {}));
    const { session } = await result([DONE], { ephemeral: false });
    await expect(ask([DONE], { ephemeral: false, session, agent: 'keeper' })).rejects.toMatchObject({ code: 'TOKA_USAGE' });
  });

  test('an ephemeral run leaves none behind', async () => {
    const before = await (await (await agent.open()).sessions()).list();
    expect(await result([DONE])).not.toHaveProperty('session');
    expect(await (await agent.toka.sessions()).list()).toHaveLength(before.length);
  });
});

test('more is denied than a record holds: the flag is refused', async () => {
  await expect(ask([], { deny: Array.from({ length: 1001 }, (_, at) => `fs:read:f${at}`) })).rejects.toMatchObject({ code: 'TOKA_USAGE' });
});
