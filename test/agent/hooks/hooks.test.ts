import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunResult } from '../../../src/toka.ts';
import { AgentPlace, calls, type Reply } from '../../support/agent.ts';
import { tool } from '../../support/cli.ts';

const READ = calls(['file-reader', { path: 'notes.txt' }]);
/** Writes down what it is told, so that order and content can be seen. */
const GUARD = tool('guard', 'echo "$1" >> log.txt\ncase "$2" in *notes.txt*) echo "{\\"decision\\":\\"block\\",\\"reason\\":\\"not the notes\\"}";; esac', {
  effect: 'idempotent',
  executable: { workingDirectory: 'project' },
  capabilities: { required: ['fs:write:log.txt'] },
  parameters: [
    { name: 'label', type: 'string', description: 'What is written', pass: { positional: 1 }, default: 'x' },
    { name: 'event', type: 'string', description: 'The event', pass: { positional: 2 }, default: '' },
  ],
});

let agent: AgentPlace;
beforeEach(() => {
  agent = new AgentPlace({ ...GUARD, 'log.txt': '' });
});
afterEach(async () => agent[Symbol.asyncDispose]());

async function obey(hooks: readonly object[], replies: readonly Reply[]): Promise<RunResult> {
  const policy = { allow: [{ capability: 'proc:exec:bash' }, { capability: 'fs:write:log.txt' }, { capability: 'proc:exec:false' }, { capability: 'proc:exec:sleep' }, { capability: 'proc:exec:cat' }] };
  agent.here.write({ '../home/config/toka/config.yaml': JSON.stringify({ apiVersion: 'toka/v1', policy, hooks }) });
  await agent.open();
  return (await agent.ask([...replies, { text: 'done' }])).result;
}

async function toolsOf(run: string): Promise<readonly (string | undefined)[]> {
  return (await (await agent.toka.journal()).children(run)).filter(({ model }) => model === 'tool').map((each) => each.tool);
}

describe('a hook', () => {
  test('before a tool stops the call, with its reason', async () => {
    const result = await obey([{ on: 'before-tool', tools: 'files/*', run: { tool: 'guard' } }], [READ]);
    expect(result).toMatchObject({ status: 'denied', error: { code: 'TOKA_HOOK_BLOCKED', message: expect.stringContaining('not the notes') as string } });
    expect(await toolsOf(result.runId)).toEqual(['project/guard']);
  });

  test('stands only before what it names', async () => {
    const result = await obey([{ on: 'before-tool', tools: ['web/*'], run: { tool: 'guard' } }], [READ]);
    expect(result.status).toBe('succeeded');
    expect(await toolsOf(result.runId)).toEqual(['files/file-reader']);
  });

  test('after a tool holds its result back', async () => {
    const result = await obey([{ on: 'after-tool', run: { tool: 'guard' } }], [READ, { when: 'one\\\\ntwo', text: 'seen' }]);
    expect(await toolsOf(result.runId)).toEqual(['files/file-reader', 'project/guard']);
    expect(result.output).not.toBe('seen');
  });

  test('goes in the order in which it was written, each in a run of its own', async () => {
    const hook = (on: string, label: string): object => ({ on, run: { tool: 'guard', params: { label } } });
    const result = await obey([hook('after-turn', 'e'), hook('before-tool', 'b'), hook('before-turn', 'a'), hook('before-tool', 'c'), hook('after-tool', 'd')], [calls(['file-reader', { path: 'log.txt' }])]);
    expect(result.status).toBe('succeeded');
    const journal = await agent.toka.journal();
    const labels = await Promise.all(
      (await journal.children(result.runId)).map(async ({ id, tool: name }) => {
        const [first] = await journal.read(id);
        return name === 'project/guard' && first?.event.type === 'run.requested' && 'inline' in first.event.params ? (first.event.params.inline as { readonly label: string }).label : name;
      }),
    );
    expect(labels.filter((label) => label !== undefined && !label.startsWith('model/'))).toEqual(['a', 'b', 'c', 'files/file-reader', 'd', 'e']);
  });

  test.each([
    ['fails', { command: ['false'] }, undefined],
    ['takes too long', { command: ['sleep', '30'] }, '200ms'],
    ['is not there', { tool: 'no-such-hook' }, undefined],
    ['was not granted', { command: ['tail'] }, undefined],
    ['is no program of this machine', { command: ['no-such-program'] }, undefined],
  ])('that %s stops the turn', async (_how, run, timeout) => {
    const result = await obey([{ on: 'before-turn', run, ...(timeout === undefined ? {} : { timeout }), reason: 'must hold' }], [READ]);
    expect(result).toMatchObject({ status: 'denied', error: { code: 'TOKA_HOOK_BLOCKED', message: expect.stringContaining('must hold') as string } });
    expect((await (await agent.toka.journal()).children(result.runId)).filter(({ model }) => model === 'prompt')).toEqual([]);
  });

  test('is told what happens, on its input', async () => {
    const result = await obey([{ on: 'before-tool', run: { command: ['cat'] } }], [READ]);
    const [hook] = (await (await agent.toka.journal()).children(result.runId)).filter((each) => each.tool === 'command/cat');
    const events = await (await agent.toka.journal()).read(hook?.id ?? '');
    const [output] = events.flatMap(({ event }) => (event.type === 'run.output' && 'inline' in event.kept ? [JSON.parse(event.kept.inline as string) as unknown] : []));
    expect(output).toMatchObject({ schema: 'toka/hook-event/v1', on: 'before-tool', agent: 'assistant', run: result.runId, tool: 'files/file-reader', params: { path: 'notes.txt' } });
  });

  test('after a turn sends the agent back until it agrees, or it has failed', async () => {
    const result = await obey([{ on: 'after-turn', run: { command: ['false'] } }], [{ text: 'one' }, { text: 'two' }]);
    expect(result).toMatchObject({ status: 'denied', error: { code: 'TOKA_HOOK_BLOCKED' } });
  });

  test('cannot be passed by with code', async () => {
    const result = await obey([{ on: 'before-tool', run: { tool: 'guard' } }], [calls(['run_code', { code: 'return 1' }]), { when: 'there is no tool run_code', text: 'no code' }]);
    expect(result.output).toBe('no code');
  });

  test('of an agent’s file holds for that agent', async () => {
    const spec = { hooks: [{ on: 'before-turn', run: { command: ['no-such-program'] } }] };
    agent.here.write({ 'manifests/agents/careful.yaml': JSON.stringify({ apiVersion: 'toka/v1', kind: 'Agent', metadata: { name: 'careful', version: '1.0.0', description: 'Careful' }, spec }) });
    expect((await agent.ask([{ text: 'done' }], { agent: 'careful' })).result.error?.code).toBe('TOKA_HOOK_BLOCKED');
    expect((await agent.ask([{ text: 'done' }])).result.status).toBe('succeeded');
  });

  test('of a project that nobody trusts is not run', async () => {
    agent.here.write({ 'toka.yaml': JSON.stringify({ apiVersion: 'toka/v1', hooks: [{ on: 'before-turn', run: { command: ['false'] } }] }) });
    await agent.open();
    expect((await agent.ask([{ text: 'done' }])).result.status).toBe('succeeded');
  });
});
