import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownPackage, packageRoot } from '../../src/config/package-root.ts';
import { loadPluginManifest, pluginSource } from '../../src/manifest/load-plugin.ts';
import { API_VERSION } from '../../src/manifest/plugin-manifest.ts';
import { problemsOf, refusalOf } from './support.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toka-plugin-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const path = { type: 'string', description: 'The file', 'x-type': 'path', 'x-position': 1 };
const params = { type: 'object', properties: { path }, required: ['path'], additionalProperties: false };
const reader = {
  id: 'file-reader',
  entry: './dist/reader.js',
  summary: 'Read a file',
  category: 'files',
  params,
  output: { type: 'object' },
  capabilities: { required: ['fs:read:{path}'] },
  effect: 'read',
};

function write(tools: readonly object[], block: object = {}, file: object = {}): string {
  const toka = { manifestVersion: 1, api: '^1.0', contributes: { tools }, ...block };
  const target = join(folder, 'package.json');
  writeFileSync(
    target,
    JSON.stringify({ name: '@toka/plugin-files', version: '0.1.0', type: 'module', exports: {}, toka, ...file }, undefined, '\t'),
  );
  return target;
}

test('a plugin becomes tools without anything of it being imported', async () => {
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'reader.js'), 'throw new Error("imported")');
  const file = write([reader]);
  expect(await loadPluginManifest(file, 'bundled')).toEqual({
    name: '@toka/plugin-files',
    version: '0.1.0',
    source: 'files',
    manifest: expect.any(Object) as unknown,
    tools: [
      {
        name: 'file-reader',
        qualified: 'files/file-reader',
        source: 'files',
        origin: { kind: 'bundled', file },
        version: '0.1.0',
        category: 'files',
        description: 'Read a file',
        tags: [],
        executable: { type: 'native', entry: join(folder, 'dist', 'reader.js') },
        params,
        output: { type: 'object' },
        capabilities: { required: ['fs:read:{path}'], optional: [] },
        effect: 'read',
        level: 'restricted',
        risk: 'low',
        sandbox: {},
        examples: [],
      },
    ],
  });
});

test.each([
  ['@toka/plugin-files', 'files'],
  ['toka-plugin-jira', 'jira'],
  ['@acme/toka-plugin-x', '@acme/toka-plugin-x'],
  ['acme-tools', 'acme-tools'],
  ['toka-plugin-', 'toka-plugin-'],
])('the short name of %s is %s', (name, source) => {
  expect(pluginSource(name)).toBe(source);
});

test('the plugin API is the version of the SDK', () => {
  const sdk = JSON.parse(readFileSync(join(import.meta.dirname, '../../plugins/sdk/package.json'), 'utf8')) as { version: string };
  expect(sdk.version.startsWith(`${API_VERSION.major}.${API_VERSION.minor}.`)).toBe(true);
});

test.each(['^2.0', '^1.1', '^0.9', '^9'])('a plugin for the API %s is refused', async (api) => {
  expect((await refusalOf(() => loadPluginManifest(write([reader], { api }), 'plugin'))).code).toBe('TOKA_PLUGIN_INCOMPATIBLE');
});

const tool = 'toka.contributes.tools[0]';

test.each([
  ['an entry outside the package', { entry: './dist/../../other.js' }, [`bad-value ${tool}.entry`]],
  ['an absolute entry', { entry: '/etc/passwd' }, [`bad-value ${tool}.entry`]],
  [
    'a parameter without description',
    { params: { ...params, properties: { path: { type: 'string' } } } },
    [`missing-key ${tool}.params.properties.path.description`],
  ],
  [
    'a misspelt keyword',
    { params: { ...params, properties: { path: { ...path, 'x-typ': 'path' } } } },
    [`unknown-key ${tool}.params.properties.path.x-typ`],
  ],
  [
    'a list marked as one path',
    { params: { ...params, properties: { path: { ...path, type: 'array', items: { type: 'string' } } } } },
    [`conflict ${tool}.params.properties.path.x-type`],
  ],
  [
    'parameters that are not closed',
    { params: { ...params, additionalProperties: true } },
    [`bad-value ${tool}.params.additionalProperties`],
  ],
  [
    'a reserved name',
    { params: { ...params, properties: { path, help: path } } },
    [`bad-value ${tool}.params.properties.help`, `duplicate ${tool}.params.properties.help.x-position`],
  ],
  ['an unknown required name', { params: { ...params, required: ['pat'] } }, [`unknown-name ${tool}.params.required[0]`]],
  [
    'a required one with a default',
    { params: { ...params, properties: { path: { ...path, default: 'a' } } } },
    [`conflict ${tool}.params.properties.path.default`],
  ],
  ['a template of nothing', { capabilities: { required: ['fs:read:{pth}'] } }, [`unknown-name ${tool}.capabilities.required[0]`]],
  ...(['string', 'array'] as const).map((type): [string, object, string[]] => [
    `a template of a secret ${type}`,
    {
      params: { ...params, properties: { path, key: { type, description: 'd', 'x-type': 'secret', ...(type === 'array' ? { items: { type: 'string', 'x-type': 'path' } } : {}) } } },
      capabilities: { required: ['fs:read:{path}', 'fs:read:{key}'] },
    },
    [`conflict ${tool}.capabilities.required[1]`],
  ]),
  [
    'a misspelt secret inside a parameter',
    { params: { ...params, properties: { path, auth: { type: 'object', description: 'd', properties: { key: { type: 'string', 'x-type': 'Secret' } } } } } },
    [`bad-value ${tool}.params.properties.auth.properties.key.x-type`],
  ],
  ['a secret in a result', { output: { type: 'object', properties: { key: { type: 'string', 'x-type': 'secret' } } } }, [`bad-value ${tool}.output`]],
  ['a reference out of the schema', { output: { $ref: 'https://example.org' } }, [`outside ${tool}.output["$ref"]`]],
  [
    'an example of another parameter',
    { examples: [{ description: 'd', params: { pth: 'a' } }] },
    [`unknown-name ${tool}.examples[0].params.pth`],
  ],
  ['a misspelt key', { sumary: 's' }, [`unknown-key ${tool}.sumary`]],
])('%s is refused', async (_name, change, problems) => {
  expect(await problemsOf(() => loadPluginManifest(write([{ ...reader, ...change }]), 'plugin'))).toEqual(problems);
});

test('two tools of one id are refused at the second', async () => {
  const { problems } = await refusalOf(() => loadPluginManifest(write([reader, reader]), 'plugin'));
  expect(problems).toMatchObject([{ code: 'duplicate', path: 'toka.contributes.tools[1].id' }]);
});

test('a package without the block, and no package at all', async () => {
  const none = join(folder, 'package.json');
  expect(await problemsOf(() => loadPluginManifest(none, 'plugin'))).toEqual(['file-missing ']);
  writeFileSync(none, '{"name": "x", "version": "1.0.0"}');
  expect(await problemsOf(() => loadPluginManifest(none, 'plugin'))).toEqual(['missing-key toka']);
  writeFileSync(none, '{"name": "x",');
  const { code, problems } = await refusalOf(() => loadPluginManifest(none, 'plugin'));
  expect([code, problems[0]?.code]).toEqual(['TOKA_MANIFEST_INVALID', 'syntax']);
});

test('other contributions are checked and bring no tools', async () => {
  const storage = [{ id: 'lmdb', entry: './dist/lmdb.js', summary: 'LMDB', supports: { transactions: true } }];
  expect((await loadPluginManifest(write([], { contributes: { storage } }), 'plugin')).tools).toEqual([]);
  expect(await problemsOf(() => loadPluginManifest(write([], { contributes: { storge: storage } }), 'plugin'))).toEqual([
    'unknown-key toka.contributes.storge',
  ]);
});

test.each(ownPackage().toka.plugins)('%s, which comes with toka, is read without a problem by the strict way for strangers', async (name) => {
  const file = join(packageRoot(), 'plugins', pluginSource(name), 'package.json');
  expect(await loadPluginManifest(file, 'plugin')).toEqual({ ...(await loadPluginManifest(file, 'bundled')), tools: expect.any(Array) as unknown });
});
