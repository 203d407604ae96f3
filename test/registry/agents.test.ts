import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Agents, openAgents } from '../../src/registry/agents.ts';

let base: string;

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-agents-')));
});

afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

const agent = (name: string): string => `apiVersion: toka/v1\nkind: Agent\nmetadata: { name: ${name}, version: 1.0.0, description: d }\nspec: {}\n`;

/** Agents of a project and of its user, by `source/file`. */
function agents(files: Readonly<Record<string, string>>, prefer: Readonly<Record<string, string>> = {}): Agents {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(base, path, '..'), { recursive: true });
    writeFileSync(join(base, path), text);
  }
  const folders = (['project', 'user'] as const).map((source) => ({ source, kind: source, folder: join(base, source) }));
  return openAgents(folders, { prefer, checkCapability: () => undefined, cache: { folder: join(base, 'cache'), version: '1.0.0' } });
}

test('an agent is found by its name, its source and name, and the name that is recorded', async () => {
  const known = agents({ 'project/keeper.yaml': agent('keeper') });
  for (const name of ['keeper', 'project/keeper', 'agent/keeper']) expect(await known.find(name)).toMatchObject({ name: 'keeper', origin: { kind: 'project' } });
});

test('a name that two have is never picked silently', async () => {
  const files = { 'project/keeper.yaml': agent('keeper'), 'user/keeper.yaml': agent('keeper') };
  await expect(agents(files).find('keeper')).rejects.toMatchObject({ code: 'TOKA_AGENT_AMBIGUOUS', data: { candidates: ['project/keeper', 'user/keeper'] } });
  expect(await agents(files).find('user/keeper')).toMatchObject({ origin: { kind: 'user' } });
  expect(await agents(files, { keeper: 'project' }).find('keeper')).toMatchObject({ origin: { kind: 'project' } });
});

test.each(['kepeer', '../project/keeper', '', '/keeper', 'other/keeper'])('no agent is named %j', async (name) => {
  await expect(agents({ 'project/keeper.yaml': agent('keeper') }).find(name)).rejects.toMatchObject({ code: 'TOKA_AGENT_UNKNOWN' });
});

test('a broken file keeps no other from being listed', async () => {
  const listed = await agents({ 'project/broken.yaml': 'kind: [', 'project/keeper.yaml': agent('keeper'), 'project/notes.txt': 'x' }).list();
  expect(listed.map(({ name, spec, error }) => [name, spec?.name, error?.code])).toEqual([
    ['broken', undefined, 'TOKA_MANIFEST_INVALID'],
    ['keeper', 'keeper', undefined],
  ]);
});

test('an agent is read anew once its file has changed', async () => {
  const known = agents({ 'project/keeper.yaml': agent('keeper') });
  const before = await known.find('keeper');
  expect(await known.find('keeper')).toEqual(before);
  writeFileSync(join(base, 'project', 'keeper.yaml'), agent('keeper').replace('description: d', 'description: other'));
  expect(await known.find('keeper')).toMatchObject({ description: 'other' });
});

test('what is kept of an agent is not taken where it is damaged', async () => {
  const known = agents({ 'project/keeper.yaml': agent('keeper') });
  await known.find('keeper');
  const [kept = ''] = readdirSync(join(base, 'cache'));
  writeFileSync(join(base, 'cache', kept), readFileSync(join(base, 'cache', kept), 'utf8').slice(0, -20));
  expect(await known.find('keeper')).toMatchObject({ name: 'keeper' });
});
