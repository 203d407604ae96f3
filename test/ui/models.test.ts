import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Json, place, type Place } from '../support/cli.ts';

const KEY = 'sk-ant-planted-in-the-environment';
const keyed = { env: { ANTHROPIC_API_KEY: KEY } };

let here: Place;
let mock: LLMock;
beforeEach(async () => {
  mock = new LLMock({ port: 0 });
  await mock.start();
  here = place({ 'model.yaml': '- text: ready\n  usage: { inputTokens: 12, outputTokens: 1 }\n' });
});
afterEach(async () => {
  here[Symbol.dispose]();
  await mock.stop();
});

/** Where the service is, by the user's own configuration. */
function serviceAt(url: string): void {
  mkdirSync(join(here.home, 'config/toka'), { recursive: true });
  writeFileSync(join(here.home, 'config/toka/config.yaml'), JSON.stringify({ apiVersion: 'toka/v1', models: { providers: { anthropic: { baseURL: url } } } }));
}

test('models are listed with what each role stands for, and where keys come from', async () => {
  const listed = await here.json<Json & { roles: unknown[] }>(['models', 'list'], keyed);
  expect(listed).toMatchObject({ exit: 0, schema: 'toka/model-list/v1' });
  expect(listed.roles).toContainEqual({ role: 'small', routes: ['anthropic/claude-haiku-5-5'], by: 'key' });
  expect(JSON.stringify(listed)).not.toContain(KEY);
});

test('a project that is not trusted says nothing of models', async () => {
  here.write({ 'toka.yaml': `apiVersion: toka/v1\nmodels: { roles: { work: scripted/model.yaml }, providers: { anthropic: { baseURL: "${mock.url}/v1" } } }\n` });
  const work = async (): Promise<unknown> => (await here.json<Json & { roles: unknown[] }>(['models', 'list'], keyed)).roles[0];
  expect(await work()).toMatchObject({ routes: ['anthropic/claude-sonnet-5-5'] });
  await here.run(['trust']);
  expect(await work()).toMatchObject({ routes: ['scripted/model.yaml'], by: 'configuration' });
});

test('a model is asked in a run of its own', async () => {
  const checked = await here.json<Json & { checks: { run: string }[] }>(['models', 'check', 'scripted/model.yaml']);
  expect(checked).toMatchObject({ exit: 0, schema: 'toka/model-check/v1', checks: [{ model: 'scripted/model.yaml', answers: true, usage: { inputTokens: 12, outputTokens: 1 } }] });
  expect(await here.json(['runs', 'show', checked.checks[0]!.run])).toMatchObject({ exit: 0, run: checked.checks[0]!.run });
});

test('a key that is refused is told, and stands in no output and in no record', async () => {
  serviceAt(`${mock.url}/v1`);
  mock.on({}, { error: { message: `the key ${KEY} is not known`, type: 'authentication_error' }, status: 401 });
  const { code, stdout, stderr } = await here.run(['models', 'check', 'anthropic/claude-sonnet-5-5', '--debug'], keyed);
  expect(code).toBe(69);
  expect(mock.getRequests()).toHaveLength(1);
  const state = join(here.project, '.toka/state');
  const recorded = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  expect([stdout, stderr, ...recorded].filter((text) => text.includes(KEY))).toEqual([]);
});

test('a model that nobody has is unknown', async () => {
  expect(await here.json(['models', 'check', 'antropic/claude'])).toMatchObject({ exit: 2, error: { code: 'TOKA_MODEL_UNKNOWN' } });
});
