import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadLayers, readConfig } from '../../src/config/load.ts';
import { userConfigFile, userFolders, userProjectConfigFile } from '../../src/config/paths.ts';
import { TokaError } from '../../src/errors.ts';

let root: string;
let env: Record<string, string>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'toka-config-'));
  env = { HOME: join(root, 'home'), XDG_CACHE_HOME: join(root, 'cache') };
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(file: string, text: string): string {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const deny = (capability: string) => `apiVersion: toka/v1\npolicy: { deny: ['${capability}'] }\n`;

async function codeOf(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act();
  } catch (error) {
    if (error instanceof TokaError) return error.code;
    throw error;
  }
  return undefined;
}

test('a file that is not there is no configuration; one that cannot be read is refused', async () => {
  expect(await readConfig(join(root, 'toka.yaml'), { env })).toBeUndefined();
  mkdirSync(join(root, 'toka.yaml'));
  expect(await codeOf(() => readConfig(join(root, 'toka.yaml'), { env }))).toBe('TOKA_CONFIG_INVALID');
});

test('the text that was parsed comes with it', async () => {
  const file = write(join(root, 'toka.yaml'), `\ufeff${deny('a:b')}`);
  expect(await readConfig(file, { env })).toMatchObject({
    text: deny('a:b'),
    config: { policy: { deny: [{ capabilities: ['a:b'], line: 2 }] } },
  });
});

test('an unchanged file is taken from the cache, a changed one is not', async () => {
  const file = write(join(root, 'toka.yaml'), deny('a:b'));
  const checkCapability = vi.fn<(text: string) => string | undefined>();
  const first = await readConfig(file, { env, checkCapability });
  expect(await readConfig(file, { env, checkCapability })).toEqual(first);
  expect(checkCapability).toHaveBeenCalledTimes(1);
  write(file, deny('c:d'));
  expect((await readConfig(file, { env, checkCapability }))?.config.policy.deny).toEqual([{ capabilities: ['c:d'], line: 2 }]);
});

test('what is refused is not cached', async () => {
  const file = write(join(root, 'toka.yaml'), deny('a:b'));
  expect(await codeOf(() => readConfig(file, { env, checkCapability: () => 'no such domain' }))).toBe('TOKA_CONFIG_INVALID');
  expect(await codeOf(() => readConfig(file, { env, checkCapability: () => 'no such domain' }))).toBe('TOKA_CONFIG_INVALID');
});

test.each(['', '{', '[]', 'null', '{"policy": {}}'])('a damaged cache entry %j is read anew', async (damage) => {
  const file = write(join(root, 'toka.yaml'), deny('a:b'));
  const first = await readConfig(file, { env });
  const folder = join(userFolders(env).cache, 'config');
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), damage);
  expect(await readConfig(file, { env })).toEqual(first);
  expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).not.toContain(damage);
});

test('a cache that cannot be written does not matter', async () => {
  write(join(root, 'cache'), 'a file in place of the folder');
  const file = write(join(root, 'toka.yaml'), deny('a:b'));
  expect((await readConfig(file, { env }))?.config.policy.deny).toHaveLength(1);
});

test('the cache is closed to others', async () => {
  const file = write(join(root, 'toka.yaml'), deny('a:b'));
  await readConfig(file, { env });
  expect(statSync(join(userFolders(env).cache, 'config')).mode & 0o077).toBe(0);
});

test('layers come lowest first, and trust is asked for the text of the project alone', async () => {
  const project = { root: join(root, 'project'), configFile: join(root, 'project', 'toka.yaml') };
  write(project.configFile, deny('c:c'));
  write(userConfigFile(env), deny('a:a'));
  write(userProjectConfigFile(project.root, env), deny('b:b'));
  const asked: string[][] = [];
  const isTrusted = (...question: [string, string]) => {
    asked.push(question);
    return false;
  };
  const layers = await loadLayers(project, isTrusted, { env });
  expect(layers.map(({ origin, trusted, config }) => [origin, trusted, config.policy.deny[0]?.capabilities[0]])).toEqual([
    ['user', true, 'a:a'],
    ['user-project', true, 'b:b'],
    ['project', false, 'c:c'],
  ]);
  expect(asked).toEqual([[project.root, deny('c:c')]]);
});

test('without a project only the user speaks', async () => {
  write(userConfigFile(env), deny('a:a'));
  const layers = await loadLayers(undefined, () => true, { env });
  expect(layers.map(({ origin }) => origin)).toEqual(['user']);
});
