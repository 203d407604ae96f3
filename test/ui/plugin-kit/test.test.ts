import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Place, place } from '../../support/cli.ts';
import { generate, type GeneratedPlugin, KINDS, type Kind, linkPackages, pluginIn, type TestReport } from '../../support/generated-plugin.ts';
import { gathered, severalTools } from '../../support/gathered-plugin.ts';

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

function soundOf(kind: Kind): GeneratedPlugin {
  const plugin = sound.get(kind);
  if (!plugin) throw new Error(`no ${kind} was made`);
  return plugin;
}

/** A copy of a sound plugin. */
function copyOf(kind: Kind): GeneratedPlugin {
  const folder = join(here.project, `copy-${++copies}`);
  cpSync(soundOf(kind).folder, folder, { recursive: true });
  return pluginIn(here, folder);
}

/** The rules that something breaks: the package, or what it contributes. */
function brokenBy({ checks }: TestReport, of: string): string[] {
  return [...new Set(checks.filter((check) => check.of === of && check.reason !== undefined).map(({ rule }) => rule))].toSorted();
}

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

/** For each rule of a whole package one that breaks it; what else that breaks stands behind. */
const PACKAGES: Readonly<Record<string, readonly [Spoil, ...string[]]>> = {
  'package/pack': [(plugin) => plugin.change((manifest) => void delete manifest['version'])],
  'package/install': [(plugin) => plugin.change((manifest) => void Object.assign(manifest['dependencies'] as object, { missing: 'file:missing.tgz' }))],
  'package/scripts': [(plugin) => plugin.change((manifest) => void Object.assign(manifest['scripts'] as object, { postinstall: 'true' }))],
  'package/dependencies': [dependent],
  'package/manifest': [(plugin) => plugin.change(({ toka }) => void (toka.api = '^9.0')), 'package/current'],
  'package/contributes': [(plugin) => plugin.change(({ toka }) => void (toka.contributes = {}))],
  'package/entries': [(plugin) => plugin.change((manifest) => void (manifest['files'] = ['README.md']))],
  'package/current': [(plugin) => plugin.change(({ toka }) => void Object.assign(toka.contributes['tools']?.[0] ?? {}, { summary: 'Do something else' }))],
};

describe('a package that breaks', () => {
  test.each(Object.entries(PACKAGES))('%s is told so, and fails', async (rule, [spoil, ...others]) => {
    const plugin = copyOf('tool');
    spoil(plugin);
    const report = await plugin.test();
    expect({ exit: report.exit, failed: report.checks.filter(({ reason }) => reason !== undefined).map((check) => check.rule).toSorted() }).toEqual({ exit: 1, failed: [rule, ...others].toSorted() });
  });
});

type Text = (module: string) => string;
const prepended = (text: string): Text => (module) => `${text}\n${module}`;
const edited = (text: string, by: string): Text => (module) => {
  if (!module.includes(text)) throw new Error(`the module of the template does not say ${text} any more`);
  return module.replaceAll(text, () => by);
};

/** A module whose contribution is still what the block says of it. */
const AS_DESCRIBED: Readonly<Record<string, Text>> = {
  'import/quiet': prepended("console.log('hello');"),
  'import/globals': prepended('Array.prototype.last = function () { return this.at(-1); };'),
  'tool/output': edited('lines: text.split', 'lines: String(text.split)+text.split'),
  'tool/print': edited('\\n`', '`'),
  'tool/effect': edited('const text = await', "(await import('node:fs')).writeFileSync(path + '.seen', ''); const text = await"),
  'tool/errors': edited('await ctx.fs.readText(path)', "await ctx.fs.readText(path).catch(() => { throw new Error('broken'); })"),
  'tool/abort': edited('const text = await', 'await new Promise((resolve) => setTimeout(resolve, 50)); while (ctx.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 50)); const text = await'),
};

/** One that contributes something else than the block says. */
const OTHERWISE: Readonly<Record<string, Text>> = {
  'package/definition': edited("name: 'package-definition'", "name: 'other-tool'"),
  'tool/words': edited('Count the lines and words of a text file', 'Counts the lines and words of a text file.'),
  'tool/schema': edited('        required: [\'path\'],\n        additionalProperties: false', '        required: [\'path\']'),
  'tool/examples': edited("params: { path: 'notes.txt' }", "params: { file: 'notes.txt' }"),
};

/** One that contributes nothing. */
const UNIMPORTABLE: Readonly<Record<string, Text>> = {
  'throws': prepended("throw new Error('broken');"),
  'ends-the-process': prepended('process.exit(0);'),
  'never-comes-to-its-end': prepended('await new Promise(() => {});'),
  'kills-its-process': prepended("process.kill(process.pid, 'SIGKILL');"),
};

const idOf = (rule: string): string => rule.replace('/', '-');

/** Tries a plugin that has a tool for each text, beside one that keeps every rule. */
async function tried(texts: Readonly<Record<string, Text>>): Promise<TestReport> {
  const plugin = copyOf('tool');
  severalTools(plugin, 'made-tool', Object.fromEntries(Object.entries(texts).map(([rule, text]) => [idOf(rule), text])));
  return plugin.test();
}

describe('tools that break', () => {
  let reports: Record<'described' | 'otherwise' | 'unimportable', TestReport>;
  beforeAll(async () => {
    reports = { described: await tried(AS_DESCRIBED), otherwise: await tried(OTHERWISE), unimportable: await tried(UNIMPORTABLE) };
  }, 120_000);

  test.each(Object.keys(AS_DESCRIBED))('%s are told so, and fail', (rule) => {
    expect(brokenBy(reports.described, `tools/${idOf(rule)}`)).toEqual([rule]);
  });

  test.each(Object.keys(OTHERWISE))('%s are told so, and fail: they are not what the block says', (rule) => {
    expect(brokenBy(reports.otherwise, `tools/${idOf(rule)}`)).toEqual([rule]);
  });

  test.each(Object.keys(UNIMPORTABLE))('import/ends, since their module %s, are told so, and toka goes on', (id) => {
    expect(brokenBy(reports.unimportable, `tools/${id}`)).toEqual(['import/ends', 'package/definition']);
  });

  test.each([
    ['described', []],
    ['otherwise', ['package/current']],
    ['unimportable', ['package/current']],
  ] as const)('fail by themselves: neither the tool beside them does, nor more of the package than what they change in its block (%s)', (name, rules) => {
    const { [name]: report } = reports;
    expect({ exit: report.exit, package: brokenBy(report, 'package'), other: brokenBy(report, 'tools/made-tool') }).toEqual({ exit: 1, package: rules, other: [] });
  });

  test('are there for every rule that a sound one is tried by, or packages are', () => {
    const rules = reports.described.checks.filter(({ of }) => of === 'package' || of === 'tools/made-tool').map(({ rule }) => rule);
    expect([...Object.keys(PACKAGES), ...Object.keys(AS_DESCRIBED), ...Object.keys(OTHERWISE), 'import/ends'].toSorted()).toEqual([...new Set(rules)].toSorted());
  });
});

describe('of the other kinds', () => {
  const others = (): GeneratedPlugin => gathered(here, join(here.project, `copy-${++copies}`), KINDS.filter((kind) => kind !== 'tool').map((kind) => ({ kind, folder: soundOf(kind).folder })));
  let [broken, unplaced]: TestReport[] = [];
  beforeAll(async () => {
    const plugin = others();
    plugin.edit('dist/runtime/lib/driver.js', 'process.stdout.write(text', 'process.stdout.write(text.toUpperCase()');
    plugin.edit('dist/provider/lib/reply.js', 'if (usage)', 'if (false)');
    plugin.edit('dist/engine/lib/orders.js', "return 'duplicate'", "return 'accepted'");
    plugin.edit('dist/analyser/made-analyser.js', 'default: 60', 'default: 0');
    plugin.edit('dist/storage/lib/driver.js', '...event, stream', '...event, time: 0, stream');
    broken = await plugin.test();
    const homeless = others();
    rmSync(join(homeless.folder, 'test/places.ts'));
    unplaced = await homeless.test();
  }, 120_000);

  test.each([
    ['runtimes/made-runtime', 'runtime/print'],
    ['providers/made-provider', 'provider/usage'],
    ['engines/made-engine', 'engine/once'],
    ['analysers/made-analyser', 'analyser/its-options-have-limits-and-defaults-within-them'],
    ['storage/made-storage', 'storage/an-event-is-read-as-it-was-stored'],
  ])('%s can break %s', (of, rule) => {
    expect(broken?.exit).toBe(1);
    expect(brokenBy(broken as TestReport, of)).toContain(rule);
  });

  test.each([
    ['runtimes/made-runtime', ['runtime/place']],
    ['providers/made-provider', ['provider/place']],
    ['engines/made-engine', ['engine/place']],
    ['storage/made-storage', []],
    ['analysers/made-analyser', []],
    ['package', []],
  ])('without a place, %s is tried with nothing else where it needs one', (of, rules) => {
    expect(unplaced?.exit).toBe(1);
    expect(brokenBy(unplaced as TestReport, of)).toEqual(rules);
  });
});

test('what was packed is tried, and not the folder: a file that is not published is missed', async () => {
  const plugin = copyOf('storage');
  plugin.change((manifest) => void (manifest['files'] = ['dist/*.js']));
  const report = await plugin.test();
  expect(report.exit).toBe(1);
  expect(brokenBy(report, 'storage/made-storage')).toContain('import/ends');
});

test('a table and a JUnit report say the same', async () => {
  const { code, stdout } = await here.run(['plugins', 'test', soundOf('tool').folder, '--junit', 'report.xml']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^tools\/made-tool +tool\/effect +passed/m);
  const xml = readFileSync(join(here.project, 'report.xml'), 'utf8');
  expect(xml).toMatch(/<testsuite name="made-tool" tests="\d+" failures="0"/);
  expect(xml).toContain('<testcase classname="tools/made-tool" name="tool/effect: ');
});

test('a folder that is no package is refused', async () => {
  expect(await here.json(['plugins', 'test', here.home])).toMatchObject({ exit: 65, error: { code: 'TOKA_PLUGIN_INVALID' } });
});
