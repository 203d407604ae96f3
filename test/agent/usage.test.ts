import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentPlace, calls } from '../support/agent.ts';

let agent: AgentPlace;
beforeEach(() => {
  agent = new AgentPlace();
});
afterEach(async () => agent[Symbol.asyncDispose]());

const READ = { ...calls(['file-reader', { path: 'notes.txt' }]), usage: { inputTokens: 400_000, outputTokens: 1000 } };
/** What the script costs, by the user's configuration. */
function priced(): void {
  const { home, project } = agent.here;
  mkdirSync(join(home, 'config/toka'), { recursive: true });
  const models = { [join(project, 'model.yaml')]: { price: { input: 1, output: 10 } } };
  writeFileSync(join(home, 'config/toka/config.yaml'), JSON.stringify({ apiVersion: 'toka/v1', models: { providers: { scripted: { models } } } }));
}

const DONE = { text: 'done', usage: { inputTokens: 500_000, outputTokens: 10, reasoningTokens: 5 } };

test('what models have used stands in the result of the agent and in the record of each call', async () => {
  const { result } = await agent.ask([READ, DONE]);
  expect(result.usage).toMatchObject({ model: { inputTokens: 900_000, outputTokens: 1010, reasoningTokens: 5 }, sources: { model: 'provider' } });
  const journal = await agent.toka.journal();
  const [first] = await journal.children(result.runId);
  const finished = (await journal.read(first?.id ?? '')).find(({ event }) => event.type === 'run.finished')?.event;
  expect(finished).toMatchObject({ usage: { model: { inputTokens: 400_000, outputTokens: 1000 } } });
});

describe('a budget', () => {
  test('of tokens ends an agent whose calls have used it up', async () => {
    const { result } = await agent.ask([READ, DONE], { budget: { tokens: 300_000 } });
    expect(result).toMatchObject({ error: { code: 'TOKA_BUDGET_EXCEEDED' } });
  });

  test('of money does so, too', async () => {
    priced();
    const { result } = await agent.ask([READ, DONE], { budget: { money: 400_000 } });
    expect(result).toMatchObject({ error: { code: 'TOKA_BUDGET_EXCEEDED' } });
    expect(result.usage.model?.microdollars).toBe(410_000);
  });

  test('lets an answer be as long as it can be paid', async () => {
    priced();
    const { result } = await agent.ask([DONE], { budget: { money: 900_000, tokens: 900_000 } });
    expect(result).toMatchObject({ status: 'succeeded', usage: { model: { microdollars: 500_100 } } });
  });
});
