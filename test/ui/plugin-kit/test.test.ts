import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Place, place } from '../../support/cli.ts';
import { generate, type GeneratedPlugin, KINDS, type Kind, linkPackages, pluginIn } from '../../support/generated-plugin.ts';

let here: Place;
const sound = new Map<Kind, GeneratedPlugin>();
let copies = 0;

beforeAll(async () => {
  here = place();
  linkPackages(here);
  for (const kind of KINDS) sound.set(kind, await generate(here, kind, `made-${kind}`));
});
afterAll(() => here[Symbol.dispose]());

type Spoil = (plugin: GeneratedPlugin) => void;

/** A copy of a sound plugin with one thing wrong. */
async function broken(kind: Kind, spoil: Spoil) {
  const folder = join(here.project, `copy-${++copies}`);
  cpSync(sound.get(kind)?.folder ?? '', folder, { recursive: true });
  const plugin = pluginIn(here, folder);
  spoil(plugin);
  const report = await plugin.test();
  rmSync(folder, { recursive: true });
  return { exit: report.exit, failed: report.checks.filter(({ reason }) => reason !== undefined).map(({ rule }) => rule) };
}

const TOOL = 'dist/made-tool.js';
const prepended = (text: string): Spoil => (plugin) => plugin.write(TOOL, `${text}\n${plugin.read(TOOL)}`);
const edited = (text: string, by: string): Spoil => (plugin) => plugin.edit(TOOL, text, by);

/** Depends on a plugin of toka's, which it brings along, so that no registry is asked. */
function dependent(plugin: GeneratedPlugin): void {
  const name = '@toka/plugin-files';
  mkdirSync(join(plugin.folder, 'node_modules', name), { recursive: true });
  plugin.write(join('node_modules', name, 'package.json'), JSON.stringify({ name, version: '0.1.0' }));
  plugin.change((manifest) => {
    Object.assign(manifest['dependencies'] as object, { [name]: '0.1.0' });
    manifest['bundleDependencies'] = [name];
  });
}

/** For each rule a plugin that breaks it; what else that breaks stands behind. */
const BROKEN: Readonly<Record<string, readonly [Spoil, ...string[]]>> = {
  'package/pack': [(plugin) => plugin.change((manifest) => void delete manifest['version'])],
  'package/install': [(plugin) => plugin.change((manifest) => void Object.assign(manifest['dependencies'] as object, { missing: 'file:missing.tgz' }))],
  'package/scripts': [(plugin) => plugin.change((manifest) => void Object.assign(manifest['scripts'] as object, { postinstall: 'true' }))],
  'package/dependencies': [dependent],
  'package/manifest': [(plugin) => plugin.change(({ toka }) => void (toka.api = '^9.0')), 'package/current'],
  'package/contributes': [(plugin) => plugin.change(({ toka }) => void (toka.contributes = {}))],
  'package/entries': [(plugin) => plugin.change((manifest) => void (manifest['files'] = ['README.md']))],
  'package/definition': [edited("name: 'made-tool'", "name: 'other-tool'"), 'package/current'],
  'package/current': [(plugin) => plugin.change(({ toka }) => void Object.assign(toka.contributes['tools']?.[0] ?? {}, { summary: 'Do something else' }))],
  'import/ends': [prepended("throw new Error('broken');"), 'package/definition', 'package/current'],
  'import/quiet': [prepended("console.log('hello');")],
  'import/globals': [prepended('Array.prototype.last = function () { return this.at(-1); };')],
  'tool/words': [edited('Count the lines and words of a text file', 'Counts the lines and words of a text file.'), 'package/current'],
  'tool/schema': [edited('        required: [\'path\'],\n        additionalProperties: false', '        required: [\'path\']'), 'package/current'],
  'tool/examples': [edited("params: { path: 'notes.txt' }", "params: { file: 'notes.txt' }"), 'package/current'],
  'tool/output': [edited('lines: text.split', 'lines: String(text.split)+text.split')],
  'tool/print': [edited('\\n`', '`')],
  'tool/effect': [edited('const text = await', "(await import('node:fs')).writeFileSync(path + '.seen', ''); const text = await")],
  'tool/errors': [edited('await ctx.fs.readText(path)', "await ctx.fs.readText(path).catch(() => { throw new Error('broken'); })")],
  'tool/abort': [edited('const text = await', 'await new Promise((resolve) => setTimeout(resolve, 50)); while (ctx.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 50)); const text = await')],
};

describe('a plugin that breaks', () => {
  test.each(Object.entries(BROKEN))('%s is told so, and fails', async (rule, [spoil, ...others]) => {
    const { exit, failed } = await broken('tool', spoil);
    expect({ exit, failed: [...new Set(failed)].toSorted() }).toEqual({ exit: 1, failed: [...new Set([rule, ...others])].toSorted() });
  });

  test('every rule that a sound tool is tried by has a plugin here that breaks it', async () => {
    const { checks } = (await sound.get('tool')?.test()) ?? { checks: [] };
    expect(Object.keys(BROKEN).toSorted()).toEqual([...new Set(checks.map(({ rule }) => rule))].toSorted());
  });
});

describe('of the other kinds', () => {
  const removed: Spoil = ({ folder }) => rmSync(join(folder, 'test/places.ts'));

  test.each<[string, Kind, Spoil]>([
    ['runtime/place', 'runtime', removed],
    ['runtime/print', 'runtime', (plugin) => plugin.edit('dist/lib/driver.js', 'process.stdout.write(text', 'process.stdout.write(text.toUpperCase()')],
    ['provider/place', 'provider', removed],
    ['provider/usage', 'provider', (plugin) => plugin.edit('dist/lib/reply.js', 'if (usage)', 'if (false)')],
    ['engine/place', 'engine', removed],
    ['engine/once', 'engine', (plugin) => plugin.edit('dist/lib/orders.js', "return 'duplicate'", "return 'accepted'")],
    ['analyser/its-options-have-limits-and-defaults-within-them', 'analyser', (plugin) => plugin.edit('dist/made-analyser.js', 'default: 60', 'default: 0')],
    ['storage/an-event-comes-back-as-it-was-stored', 'storage', (plugin) => plugin.edit('dist/lib/driver.js', '...event, stream', '...event, time: 0, stream')],
  ])('%s can be broken', async (rule, kind, spoil) => {
    const { exit, failed } = await broken(kind, spoil);
    expect(exit).toBe(1);
    expect(failed.some((each) => each === rule || (kind === 'storage' && each.startsWith('storage/')))).toBe(true);
  });

  test('a runtime without a place is tried with nothing else', async () => {
    expect(await broken('runtime', removed)).toEqual({ exit: 1, failed: ['runtime/place'] });
  });
});

describe('what a module does when it is imported', () => {
  test.each([
    ['ends the process', 'process.exit(0);'],
    ['never comes to its end', 'await new Promise(() => {});'],
    ['kills its process', "process.kill(process.pid, 'SIGKILL');"],
  ])('that it %s does not reach toka', async (_, text) => {
    const { exit, failed } = await broken('tool', prepended(text));
    expect({ exit, failed: failed.includes('import/ends') }).toEqual({ exit: 1, failed: true });
  });
});

test('what was packed is tried, and not the folder: a file that is not published is missed', async () => {
  const { exit, failed } = await broken('storage', (plugin) => plugin.change((manifest) => void (manifest['files'] = ['dist/*.js'])));
  expect({ exit, failed: failed.includes('import/ends') }).toEqual({ exit: 1, failed: true });
});

test('a table and a JUnit report say the same', async () => {
  const { folder = '' } = sound.get('tool') ?? {};
  const { code, stdout } = await here.run(['plugins', 'test', folder, '--junit', 'report.xml']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^tools\/made-tool +tool\/effect +passed/m);
  const xml = readFileSync(join(here.project, 'report.xml'), 'utf8');
  expect(xml).toMatch(/<testsuite name="made-tool" tests="\d+" failures="0"/);
  expect(xml).toContain('<testcase classname="tools/made-tool" name="tool/effect: ');
});

test('a folder that is no package is refused', async () => {
  expect(await here.json(['plugins', 'test', here.home])).toMatchObject({ exit: 65, error: { code: 'TOKA_PLUGIN_INVALID' } });
});
