import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentPlace } from '../support/agent.ts';

let agent: AgentPlace;
beforeEach(() => {
  agent = new AgentPlace();
  agent.script([{ error: { code: 'PROVIDER_AUTH' } }], 'first.yaml');
  agent.script([{ text: 'from the second' }], 'second.yaml');
});
afterEach(async () => agent[Symbol.asyncDispose]());

function configured(policy: string): void {
  agent.here.write({ '../home/config/toka/config.yaml': `apiVersion: toka/v1\nmodels: { roles: { work: [scripted/first.yaml, scripted/second.yaml] } }\n${policy}` });
}

describe('a model that stands in for another', () => {
  test('is asked where that one fails', async () => {
    configured('');
    expect((await agent.ask([], { params: { model: 'work' } })).result).toMatchObject({ status: 'succeeded', output: 'from the second' });
  });

  test('is not asked where a rule denies it', async () => {
    configured('policy: { deny: ["model:call:scripted/second.yaml"] }\n');
    expect((await agent.ask([], { params: { model: 'work' } })).result).toMatchObject({ status: 'failed', error: { code: 'TOKA_PROVIDER_AUTH' } });
  });
});
