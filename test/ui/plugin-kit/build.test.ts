import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Json, type Place, place } from '../../support/cli.ts';
import { generate, type GeneratedPlugin, linkPackages } from '../../support/generated-plugin.ts';

let here: Place;
let plugin: GeneratedPlugin;
beforeAll(async () => {
  here = place();
  linkPackages(here);
  plugin = await generate(here, 'provider', 'weather');
});
afterAll(() => here[Symbol.dispose]());

const build = async (folder = plugin.folder) => here.json<Json & { written: boolean; contributes: readonly object[] }>(['plugins', 'build', folder]);

test('all that a provider is goes into the toka block', () => {
  const { toka } = JSON.parse(plugin.read('package.json')) as { toka: object };
  expect(toka).toMatchObject({
    manifestVersion: 1,
    api: '^1.0',
    contributes: {
      providers: [
        {
          id: 'weather',
          entry: './dist/weather.js',
          supports: { tools: true, images: true, schema: true },
          capabilities: { required: ['net:connect:*:443'], optional: ['env:read:WEATHER_KEY'] },
          configSchema: { type: 'object', required: ['url'] },
        },
      ],
    },
  });
});

test('what is as it should be is not written, byte for byte', async () => {
  const before = plugin.read('package.json');
  expect(await build()).toMatchObject({ exit: 0, schema: 'toka/plugin-build/v1', written: false, contributes: [{ kind: 'providers', id: 'weather' }] });
  expect(plugin.read('package.json')).toBe(before);
});

test('how package.json is indented stays, and so does what a person has added to the block', async () => {
  const before = plugin.read('package.json');
  const manifest = JSON.parse(before) as { toka: object };
  plugin.write('package.json', JSON.stringify({ ...manifest, toka: { configSchema: { type: 'object' } } }, undefined, '\t'));
  expect(await build()).toMatchObject({ exit: 0, written: true });
  expect(plugin.read('package.json')).toMatch(/^\t"name"/m);
  expect((JSON.parse(plugin.read('package.json')) as { toka: object }).toka).toEqual({ ...manifest.toka, configSchema: { type: 'object' } });
  plugin.write('package.json', before);
});

test('all that a tool says of itself goes into the block', async () => {
  const said = { summary: 'Forget what was said', category: 'text', tags: ['word'], effect: 'none', cache: true, level: 'standard', risk: 'high', output: { type: 'object' }, capabilities: { required: ['fs:read:notes/**'], optional: [] }, examples: [{ description: 'As it is', params: {} }] };
  const params = { type: 'object', properties: {}, required: [], additionalProperties: false };
  const folder = join(here.project, 'whole');
  for (const each of ['src', 'dist']) mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "whole", "version": "1.0.0", "type": "module" }');
  writeFileSync(join(folder, 'src/forget.ts'), '');
  writeFileSync(join(folder, 'dist/forget.js'), `export default { name: 'forget', async run() { return {}; }, ...${JSON.stringify({ ...said, params })} };`);
  expect(await build(folder)).toMatchObject({ exit: 0, written: true });
  const { toka } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { toka: { contributes: { tools: readonly object[] } } };
  expect(toka.contributes.tools).toEqual([{ id: 'forget', entry: './dist/forget.js', ...said, params }]);
});

const MODULES = {
  'throws when it is imported': "throw new Error('broken');",
  'ends the process': 'process.exit(0);',
  'never comes to its end': 'await new Promise(() => {});',
  'exports nothing': 'export {};',
  'exports something else': 'export default { id: 1 };',
  'is no JavaScript': '{',
  'is named otherwise': "export default { name: 'other', run() {} };",
};

test.each(Object.entries(MODULES))('a module that %s is refused, and nothing is written', async (_, text) => {
  const folder = join(here.project, 'broken');
  for (const each of ['src', 'dist']) mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "broken", "version": "1.0.0", "type": "module" }');
  writeFileSync(join(folder, 'src/broken.ts'), '');
  writeFileSync(join(folder, 'dist/broken.js'), text);
  expect(await build(folder)).toMatchObject({ exit: 65, error: { code: 'TOKA_PLUGIN_INVALID' } });
  rmSync(folder, { recursive: true });
});

test.each([
  ['a folder without a package.json', []],
  ['a package.json that is none', [['package.json', '[]']]],
  ['a package without src', [['package.json', '{ "name": "empty", "version": "1.0.0" }']]],
  ['a package that is not built', [['package.json', '{ "name": "empty", "version": "1.0.0" }'], ['src/one.ts', '']]],
] as const)('%s is refused', async (_, files) => {
  const folder = join(here.project, 'empty');
  mkdirSync(join(folder, 'src'), { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  expect(await build(folder)).toMatchObject({ exit: 65, error: { code: 'TOKA_PLUGIN_INVALID' } });
  rmSync(folder, { recursive: true });
});

test('a definition that no manifest may have is refused with its place in package.json', async () => {
  const folder = join(here.project, 'wrong');
  for (const each of ['src', 'dist']) mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "wrong", "version": "1.0.0", "type": "module" }');
  writeFileSync(join(folder, 'src/wrong.ts'), '');
  const params = { type: 'object', properties: { json: { type: 'string', description: 'reserved' } }, additionalProperties: false };
  writeFileSync(join(folder, 'dist/wrong.js'), `export default { ...${JSON.stringify({ name: 'wrong', summary: 'Do it', category: 'test', params, output: {}, capabilities: {}, effect: 'none' })}, run() {} };`);
  const { exit, error } = await build(folder);
  expect({ exit, code: error?.code }).toEqual({ exit: 65, code: 'TOKA_MANIFEST_INVALID' });
});
