import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAgent } from '../../../src/ui/agent/run.ts';
import type { AgentResult } from '../../../src/ui/agent/result.ts';
import { AgentPlace } from '../../support/agent.ts';
import { doorInto } from '../../support/door.ts';

let agent: AgentPlace;
beforeAll(() => {
  agent = new AgentPlace();
});
afterAll(async () => agent[Symbol.asyncDispose]());

async function ask(prompt: string, input?: string): Promise<AgentResult> {
  const { door, written } = doorInto(agent.here, input);
  await runAgent(undefined, prompt, { continue: false, ephemeral: true, model: 'local/planner', output: 'json', plan: false, record: false }, door);
  return JSON.parse(written.stdout) as AgentResult;
}

test('an order is carried out by real tools, with no model', async () => {
  agent.here.write({ 'notes.txt': 'buy milk\n' });
  expect(await ask('read notes.txt', 'file-reader path=toka.yaml')).toMatchObject({ exitCode: 0, status: 'succeeded', text: 'file-reader path="notes.txt":\nbuy milk', notices: ['local/planner is no language model'] });
});

test('what is missing is told, and ends with 79', async () => {
  expect(await ask('read')).toMatchObject({ exitCode: 79, error: { code: 'TOKA_INPUT_NEEDED', data: { missing: [{ name: 'path', schema: { type: 'string' } }] } } });
});

test('to abstain is no success', async () => {
  expect(await ask('tell me a joke')).toMatchObject({ exitCode: 1, error: { code: 'TOKA_MODEL_REFUSED' } });
});
