import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { capabilityFault } from '../../../src/capability/rules.ts';
import { loadAgent } from '../../../src/manifest/agent/load.ts';
import type { AgentSpec } from '../../../src/manifest/agent/spec.ts';
import { problemsOf, refusalOf } from '../support.ts';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'toka-agent-')));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function load(spec: object, metadata: object = {}): Promise<AgentSpec> {
  return loadText(JSON.stringify({ apiVersion: 'toka/v1', kind: 'Agent', metadata: { name: 'keeper', version: '1.0.0', description: 'Keeps things', ...metadata }, spec }, undefined, 1));
}

async function loadText(text: string): Promise<AgentSpec> {
  const file = join(folder, 'keeper.yaml');
  writeFileSync(file, text);
  return loadAgent(file, { kind: 'project', checkCapability: capabilityFault });
}

const tasks = (...list: readonly object[]) => ({ tasks: { default: list } });

test('an empty spec has harmless defaults', async () => {
  expect(await load({})).toMatchObject({
    name: 'keeper',
    qualified: 'agent/keeper',
    priority: 'normal',
    model: 'work',
    maxSteps: 50,
    tools: [],
    security: { level: 'restricted', required: [], budget: {} },
  });
});

test('without capabilities_optional there is no ceiling, with it the required ones lie below it', async () => {
  expect((await load({})).security.ceiling).toBeUndefined();
  const { security } = await load({ security: { capabilities_required: ['fs:read:docs/**'], capabilities_optional: ['git-access'] } });
  expect(security).toMatchObject({ required: ['fs:read:docs/**'], ceiling: ['fs:read:docs/**', 'proc:exec:git', 'fs:read:.git/**'] });
});

test('limits become milliseconds, bytes and millionths of a dollar', async () => {
  const { security } = await load({ security: { resource_limits: { timeout: '2m', calls: 7, cpu: '1.5s', bytes: '1M', tokens: 9, money: 0.25 } } });
  expect(security).toMatchObject({ timeoutMs: 120_000, budget: { calls: 7, cpu: 1500, bytes: 1_048_576, tokens: 9, money: 250_000 } });
});

test('each form of validation is told apart, and conditional tasks keep their condition', async () => {
  const spec = await load({
    objectives: [
      { id: 'a', description: 'd', validation: { tool: 'data-check' } },
      { id: 'b', description: 'd', validation: { command: ['make', 'check'] } },
      { id: 'c', description: 'd', validation: { schema: { type: 'string' } } },
    ],
    tasks: { default: [{ id: 'd', title: 'First' }], conditional: [{ id: 'e', title: 'Then', when: 'it rains', after: ['d'] }] },
  });
  expect(spec.objectives.map(({ validation }) => validation)).toEqual([
    { kind: 'tool', tool: 'data-check', params: {} },
    { kind: 'command', argv: ['make', 'check'] },
    { kind: 'schema', schema: { type: 'string' } },
  ]);
  expect(spec.tasks).toEqual([
    { id: 'd', title: 'First', after: [] },
    { id: 'e', title: 'Then', when: 'it rains', after: ['d'] },
  ]);
});

test('a misspelt key is named with its line and column, and what was meant', async () => {
  const refusal = await refusalOf(async () => loadText('apiVersion: toka/v1\nkind: Agent\nmetadata: { name: keeper, version: 1.0.0, description: d }\nspec:\n  behavioural_directives: [a]\n'));
  expect(refusal).toMatchObject({ code: 'TOKA_MANIFEST_INVALID', exitCode: 65, where: { line: 5, column: 3 } });
  expect(refusal.problems).toMatchObject([{ code: 'unknown-key', suggestion: '"behavioral_directives"' }]);
});

describe('what the schema cannot say', () => {
  test.each<[string, object, string[]]>([
    ['a name that is not that of the file', { metadata: { name: 'other' } }, ['conflict metadata.name']],
    ['two entries of one id', { spec: { objectives: [{ id: 'a', description: 'd' }], ...tasks({ id: 'a', title: 't' }) } }, ['duplicate spec.tasks.default[0].id']],
    ['a task behind one that is not there', { spec: tasks({ id: 'first', title: 't' }, { id: 'b', title: 't', after: ['frist'] }) }, ['unknown-name spec.tasks.default[1].after[0]']],
    [
      'tasks that wait for each other',
      { spec: tasks({ id: 'a', title: 't', after: ['c'] }, { id: 'b', title: 't', after: ['a'] }, { id: 'c', title: 't', after: ['b'] }, { id: 'd', title: 't' }) },
      ['conflict spec.tasks.default[0].after'],
    ],
    ['a capability that is none', { spec: { security: { capabilities_required: ['fs:raed:**'] } } }, ['bad-value spec.security.capabilities_required[0]']],
    ['a schema of an answer that is no JSON', { spec: { reporting: { format: 'text', schema: {} } } }, ['conflict spec.reporting.schema']],
    ['a schema that is none', { spec: { objectives: [{ id: 'a', description: 'd', validation: { schema: { type: 'strin' } } }] } }, ['bad-value spec.objectives[0].validation.schema.type']],
  ])('%s', async (_, { spec = {}, metadata = {} }: { spec?: object; metadata?: object }, problems) => {
    expect(await problemsOf(async () => load(spec, metadata))).toEqual(problems);
  });
});

test('every agent that comes with toka is valid', async () => {
  const shipped = join(import.meta.dirname, '../../../manifests/agents');
  const specs = await Promise.all(readdirSync(shipped).map(async (name) => loadAgent(join(shipped, name), { kind: 'bundled', checkCapability: capabilityFault })));
  expect(specs.map(({ name }) => name)).toEqual(['assistant', 'documentation', 'infrastructure', 'security', 'testing']);
});
