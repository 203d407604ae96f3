import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Budget } from '../../src/toka.ts';
import { AgentPlace, calls, type Reply } from '../support/agent.ts';

let agent: AgentPlace;
beforeEach(() => {
  agent = new AgentPlace();
});
afterEach(async () => agent[Symbol.asyncDispose]());

const DIST = join(import.meta.dirname, '../../dist/toka.js');
const WRITE = calls(['file-writer', { path: 'log.txt', content: 'once\n' }]);
const READ = calls(['file-reader', { path: 'notes.txt' }]);
const ALLOW = ['fs:write:log.txt'];

/** Runs an agent in a process of its own, and kills that when its model is asked for the last time. */
async function killed(replies: readonly Reply[], session: string, budget: Budget = {}): Promise<void> {
  const model = agent.script([...replies, { text: 'never', end: 'hang' }]);
  const program = `
    const { createToka } = await import(${JSON.stringify(DIST)});
    const toka = await createToka({ cwd: ${JSON.stringify(agent.here.project)} });
    await toka.run({ ...toka.agent('assistant', { said: [{ type: 'text', text: 'Do it.' }], model: ${JSON.stringify(model)}, session: ${JSON.stringify(session)} }), allow: ${JSON.stringify(ALLOW)}, budget: ${JSON.stringify(budget)},
      onEvent: ({ event }) => event?.type === 'text' && event.text === 'never' && process.stdout.write('now') });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env: agent.here.env, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('an agent whose process was killed', () => {
  test('goes on where it was, and does nothing twice', async () => {
    const toka = await agent.open();
    const sessions = await toka.sessions();
    const { id } = await sessions.create('assistant');
    await killed([WRITE, READ], id);
    const run = (await sessions.get(id)).busy?.run ?? '';
    agent.script([WRITE, READ, { text: 'done' }]);
    const result = await toka.resume(await toka.interrupted(run), { allow: ALLOW });
    expect(result).toMatchObject({ status: 'succeeded', output: 'done', runId: run });
    const children = await (await toka.journal()).children(run);
    expect(children.map(({ tool }) => tool?.split('/')[1])).toEqual(['scripted', 'file-writer', 'scripted', 'file-reader', 'scripted']);
    expect(await sessions.get(id)).toMatchObject({ head: run, turns: 1 });
    const types = (await (await toka.journal()).read(run)).map(({ event }) => event.type);
    for (const single of ['agent.began', 'agent.kept', 'agent.conversed']) expect(types.filter((type) => type === single)).toHaveLength(1);
    expect((await sessions.history(id)).map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'tool', 'assistant']);
  });

  test.each<[what: keyof Budget, budget: Budget, before: readonly Reply[], after: readonly Reply[]]>([
    ['calls', { calls: 6 }, [WRITE, READ], [READ]],
    ['tokens', { tokens: 500_000 }, [{ ...WRITE, usage: { inputTokens: 300_000, outputTokens: 1 } }], [{ ...READ, usage: { inputTokens: 250_000, outputTokens: 1 } }]],
    // What the machine takes beside it must not matter: either alone leaves five seconds.
    ['wall', { wall: 12_000 }, [{ ...WRITE, text: 'slow', delayMs: 7000 }], [{ ...READ, text: 'slow', delayMs: 7000 }]],
  ])('has used of its budget what it had used: %s', async (_what, budget, before, after) => {
    const toka = await agent.open();
    const sessions = await toka.sessions();
    const { id } = await sessions.create('assistant');
    await killed(before, id, budget);
    const run = (await sessions.get(id)).busy?.run ?? '';
    agent.script([...before, ...after, { text: 'done' }]);
    expect(await toka.resume(await toka.interrupted(run), { allow: ALLOW })).toMatchObject({ runId: run, error: { code: 'TOKA_BUDGET_EXCEEDED' } });
  });

  test('goes on with what is left of its budget', async () => {
    const toka = await agent.open();
    const sessions = await toka.sessions();
    const { id } = await sessions.create('assistant');
    await killed([WRITE, READ], id, { calls: 6 });
    const run = (await sessions.get(id)).busy?.run ?? '';
    agent.script([WRITE, READ, { text: 'done' }]);
    expect(await toka.resume(await toka.interrupted(run), { allow: ALLOW })).toMatchObject({ status: 'succeeded', output: 'done' });
  });

  test('does not keep its session from others', async () => {
    const toka = await agent.open();
    const sessions = await toka.sessions();
    const { id } = await sessions.create('assistant');
    await killed([], id);
    const { result } = await agent.ask([{ text: 'anew' }], { params: { session: id } });
    expect(result).toMatchObject({ status: 'succeeded', output: 'anew' });
  });
});

describe('an agent that is told again', () => {
  test('does the same with what is on record, and asks no model', async () => {
    const { result } = await agent.ask([READ, { text: 'two lines' }]);
    agent.script([{ text: 'something else' }]);
    const toka = await agent.open();
    expect(await toka.replay(await toka.retellable(result.runId))).toMatchObject({ same: true });
  });

  test('and would be told otherwise diverges', async () => {
    const { result } = await agent.ask([READ, { text: 'two lines' }]);
    const toka = await agent.open();
    const found = await toka.retellable(result.runId);
    expect(await toka.replay({ ...found, ending: { ...found.ending, data: { text: 'three lines' } } })).toMatchObject({ same: false });
  });
});
