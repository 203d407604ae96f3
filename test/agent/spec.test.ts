import { stringify } from 'yaml';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentPlace, calls, type Reply } from '../support/agent.ts';
import { tool } from '../support/cli.ts';

let agent: AgentPlace;
beforeEach(() => {
  agent = new AgentPlace(tool('check-notes', 'grep -q three notes.txt', { effect: 'read', capabilities: { required: ['fs:read:notes.txt'] } }));
});
afterEach(async () => agent[Symbol.asyncDispose]());

/** Writes an agent into the project. */
function has(name: string, spec: Readonly<Record<string, unknown>>): void {
  agent.here.write({ [`manifests/agents/${name}.yaml`]: stringify({ apiVersion: 'toka/v1', kind: 'Agent', metadata: { name, version: '1.0.0', description: `The ${name}.`, author: 'the tests' }, spec }) });
}

const WRITE = calls(['file-writer', { path: 'notes.txt', content: 'three\n', mode: 'overwrite' }]);
const PROOF = { tool: 'check-notes', params: {} };
const ALLOW = ['fs:read:**', 'fs:write:notes.txt', 'proc:exec:bash'];
const DONE = { text: 'done' };

async function ask(name: string, replies: readonly Reply[], more: Parameters<AgentPlace['ask']>[1] = {}): ReturnType<AgentPlace['ask']> {
  return agent.ask(replies, { agent: name, allow: ALLOW, ...more });
}

describe('an objective with a validation', () => {
  beforeEach(() => has('writer', { objectives: [{ id: 'three', description: 'The notes say three', validation: PROOF }] }));

  test('is reached when that passes, however often the model has to be told', async () => {
    const { result } = await ask('writer', [DONE, WRITE, DONE]);
    expect(result).toMatchObject({ status: 'succeeded', data: { steps: 3 } });
  });

  test('is not reached by saying so', async () => {
    expect((await ask('writer', [DONE, DONE, DONE])).result).toMatchObject({ status: 'failed', error: { code: 'TOKA_AGENT_UNPROVEN' } });
  });
});

describe('a task with a validation', () => {
  beforeEach(() => has('writer', { tasks: { default: [{ id: 'three', title: 'Write three', validation: PROOF }] } }));
  const say = (status: string): Reply => calls(['tasks', { tasks: [{ id: 'three', title: 'Write three', status }] }]);

  test('is done only when that passes, and names the run that shows it', async () => {
    const { result, events } = await ask('writer', [say('done'), WRITE, say('done'), DONE]);
    expect(result.status).toBe('succeeded');
    const lists = events.flatMap((event) => (event.type === 'tasks' ? [event.tasks[0]] : []));
    expect(lists.map((task) => task?.status)).toEqual(['done']);
    expect(await agent.toka.journal().then(async (journal) => journal.run(lists.at(-1)?.evidence ?? ''))).toMatchObject({ tool: 'project/check-notes', status: 'succeeded' });
  });

  test('stays on the list, whatever list the model makes', async () => {
    const { events } = await ask('writer', [calls(['tasks', { tasks: [{ id: 'other', title: 'Something else', status: 'done' }] }]), WRITE, DONE]);
    expect(events.findLast((event) => event.type === 'tasks')).toMatchObject({ tasks: [{ id: 'other' }, { id: 'three', status: 'done' }] });
  });
});

describe('what an agent may have at the most', () => {
  test('is what its file says, whoever grants more', async () => {
    has('reader', { security: { sandbox: 'standard', capabilities_optional: ['fs:read:**'] } });
    expect((await ask('reader', [WRITE, DONE])).result).toMatchObject({ status: 'denied' });
  });

  test('are the tools that it names', async () => {
    has('lister', { dependencies: { tools: ['files/file-lister'] } });
    const { result } = await ask('lister', [calls(['file-lister', {}]), WRITE, DONE]);
    expect(result).toMatchObject({ status: 'succeeded' });
    const children = await (await agent.toka.journal()).children(result.runId);
    expect(children.map((child) => child.tool)).not.toContain('files/file-writer');
  });

  test('is granted before it begins, where its file requires that', async () => {
    has('demanding', { security: { sandbox: 'standard', capabilities_required: ['fs:write:secret/**'] } });
    expect((await ask('demanding', [DONE])).result).toMatchObject({ status: 'denied', error: { code: 'TOKA_CAPABILITY_DENIED' } });
  });
});

describe('an agent that another one starts', () => {
  beforeEach(async () => {
    (await agent.open()).trust.set(true);
    await agent.open();
    has('lead', { dependencies: { agents: ['helper'] }, security: { sandbox: 'standard', capabilities_optional: ['fs:read:**', 'proc:exec:bash'] } });
    has('helper', { model: `scripted/${agent.here.project}/helper.yaml` });
  });
  const start = (more: Readonly<Record<string, unknown>> = {}): Reply => calls(['start_agent', { agent: 'helper', prompt: 'Help.', ...more }]);

  test('gives its answer in the form that was asked for', async () => {
    agent.script([{ text: '{"lines":2}' }], 'helper.yaml');
    const { result } = await ask('lead', [start({ schema: { type: 'object', required: ['lines'] } }), DONE]);
    expect(result.status).toBe('succeeded');
    const [child] = (await (await agent.toka.journal()).children(result.runId)).filter(({ model }) => model === 'agent');
    expect(child).toMatchObject({ tool: 'agent/helper', status: 'succeeded', parent: result.runId });
  });

  test('may do no more than who started it, whatever its own file says', async () => {
    agent.script([WRITE, DONE], 'helper.yaml');
    const { result } = await ask('lead', [start(), DONE]);
    const [child] = (await (await agent.toka.journal()).children(result.runId)).filter(({ model }) => model === 'agent');
    expect(child).toMatchObject({ status: 'denied' });
  });

  test('is none that the file of the other does not name', async () => {
    has('stranger', {});
    const { result } = await ask('lead', [calls(['start_agent', { agent: 'stranger', prompt: 'Help.' }]), DONE]);
    const [child] = (await (await agent.toka.journal()).children(result.runId)).filter(({ model }) => model === 'agent');
    expect(child).toMatchObject({ status: 'denied' });
  });

  test('draws on the budget of who started it', async () => {
    agent.script([calls(['file-lister', {}]), calls(['file-lister', {}]), DONE], 'helper.yaml');
    const { result } = await ask('lead', [start(), DONE], { budget: { calls: 4 } });
    expect(result).toMatchObject({ error: { code: 'TOKA_BUDGET_EXCEEDED' } });
  });

  test('works beside it, and is waited for', async () => {
    agent.script([calls(['file-lister', {}]), { text: 'helped' }], 'helper.yaml');
    const { result } = await ask('lead', [start({ background: true }), calls(['wait_agent', { id: 'agent-1' }]), DONE]);
    expect(result.status).toBe('succeeded');
    expect(await (await agent.toka.sessions()).list()).toEqual([]);
  });
});
