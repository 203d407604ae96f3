import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../../support/cli.ts';
import { packPlugin, type PluginSpec, writePlugin } from '../../support/plugin.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

interface Listed extends Json {
  readonly plugins: readonly { readonly name: string; readonly version: string; readonly from: string; readonly state: string; readonly error?: { readonly code: string } }[];
}

/** The plugins that were installed, as toka lists them. */
async function installed(): Promise<Listed['plugins']> {
  const { plugins } = await here.json<Listed>(['plugins', 'list']);
  return plugins.filter(({ from }) => from !== 'bundled');
}

function packed(spec: PluginSpec = {}): string {
  return packPlugin(join(here.base, `${spec.name ?? 'weather'}-${spec.version ?? '1.0.0'}`.replaceAll('/', '-')), spec);
}

function store(): string {
  return join(here.home, '.local/share/toka');
}

interface Recorded {
  readonly plugins: readonly { readonly integrity: string; readonly files: string }[];
}

/** What the record says is installed: nothing else is. */
function recorded(): Recorded['plugins'] {
  const file = join(store(), 'record/plugins.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recorded).plugins : [];
}

/** What a person would find of plugins on the disk beside the record. */
function left(): string[] {
  return ['plugins', 'staging'].flatMap((name) => (existsSync(join(store(), name)) ? readdirSync(join(store(), name)) : []));
}

describe('toka plugins install', () => {
  test('a tarball: without a terminal nothing is installed that nobody has agreed to', async () => {
    const { exit, error } = await here.json(['plugins', 'install', packed()]);
    expect([exit, error?.code]).toEqual([77, 'TOKA_PLUGIN_CONSENT']);
    expect(await installed()).toEqual([]);
    expect(left()).toEqual([]);
  });

  test('what it brings is shown before', async () => {
    const { stderr } = await here.run(['plugins', 'install', packed({ capabilities: { required: ['net:connect:api.example.com:443'], optional: ['env:read:WEATHER_KEY'] }, packageJson: { scripts: { postinstall: 'touch x' } } })]);
    for (const shown of ['forecast', 'net:connect:api.example.com:443', 'env:read:WEATHER_KEY', 'postinstall', 'sha512-', 'provenance: none']) expect(stderr).toContain(shown);
  });

  test('with --yes it is installed, and its tool runs in a sandbox without a further grant', async () => {
    const { exit } = await here.json(['plugins', 'install', packed(), '--yes']);
    expect(exit).toBe(0);
    expect(await installed()).toMatchObject([{ name: 'toka-plugin-weather', version: '1.0.0', from: 'tarball', state: 'ok' }]);
    expect(await here.json(['run', 'forecast', 'Oslo'])).toMatchObject({ status: 'succeeded', tool: 'weather/forecast', data: { place: 'Oslo', sky: 'clear' } });
    const { plan } = await here.json<Json & { plan?: unknown }>(['run', 'forecast', 'Oslo', '--dry-run']);
    expect(plan).toBeDefined();
  });

  test('names in plugins.allow of the user’s configuration are agreed to, those of a project are not', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\nplugins: { allow: [toka-plugin-weather] }\n' });
    await here.run(['trust']);
    expect((await here.json(['plugins', 'install', packed()])).exit).toBe(77);
    here.write({ '../home/config/toka/config.yaml': 'apiVersion: toka/v1\nplugins: { allow: ["toka-plugin-*"] }\n' });
    expect((await here.json(['plugins', 'install', packed()])).exit).toBe(0);
  });

  test('a folder', async () => {
    writePlugin(join(here.project, 'weather'));
    expect((await here.json(['plugins', 'install', './weather', '--yes'])).exit).toBe(0);
    expect(await installed()).toMatchObject([{ from: 'folder', state: 'ok' }]);
  });

  test('a git repository', async () => {
    const folder = writePlugin(join(here.base, 'weather'));
    const git = (...words: readonly string[]) => here.spawn('git', ['-c', 'user.name=Author', '-c', 'user.email=author@example.com', ...words], { cwd: folder });
    for (const words of [['init', '-q'], ['add', '.'], ['commit', '-qm', 'First'], ['clone', '-q', '--bare', '.', '../weather.git']]) expect(git(...words).status).toBe(0);
    for (const spec of [`git+file://${join(here.base, 'weather.git')}`, '../weather.git']) {
      expect((await here.json(['plugins', 'install', spec, '--yes'])).exit).toBe(0);
    }
    expect(await installed()).toMatchObject([{ from: 'git', state: 'ok' }]);
  });

  test('install scripts run with --allow-scripts only', async () => {
    const witness = join(here.base, 'witness');
    const tarball = packed({ packageJson: { scripts: { postinstall: `node -e "require('fs').writeFileSync('${witness}', '')"` } } });
    expect((await here.json(['plugins', 'install', tarball, '--yes'], { env: { npm_config_ignore_scripts: 'false' } })).exit).toBe(0);
    expect(existsSync(witness)).toBe(false);
    await here.run(['plugins', 'uninstall', 'weather']);
    expect((await here.json(['plugins', 'install', tarball, '--yes', '--allow-scripts'])).exit).toBe(0);
    expect(existsSync(witness)).toBe(true);
  });

  test('listing, showing and installing load nothing of it', async () => {
    const witness = join(here.base, 'loaded');
    const tattle = `import { writeFileSync } from 'node:fs'; writeFileSync('${witness}', '');`;
    const tarball = packed({
      files: { 'dist/forecast.js': tattle, 'dist/store.cjs': `require('fs').writeFileSync('${witness}', '')`, 'dist/find.cjs': `require('fs').writeFileSync('${witness}', '')` },
      commands: { 'weather:now': tattle },
      contributes: { storage: [{ id: 'cloud', entry: './dist/store.cjs', summary: 'A cloud' }], analysers: [{ id: 'rain', entry: './dist/find.cjs', summary: 'Rain' }] },
    });
    for (const words of [`plugins inspect ${tarball}`, `plugins install ${tarball} --yes`, 'plugins list', 'plugins inspect weather', 'tools list', 'tools show forecast', 'storage info', '--help', 'weather --help', 'lock', 'doctor']) {
      await here.run(words.split(' '));
    }
    expect(await installed()).toMatchObject([{ state: 'ok' }]);
    expect(existsSync(witness)).toBe(false);
    await here.run(['storage', 'info', '--storage', 'cloud']);
    expect(existsSync(witness)).toBe(true);
  });

  test.each([
    ['an id that comes twice', { tools: ['forecast', 'forecast'] }, 65, 'TOKA_MANIFEST_INVALID'],
    ['an entry outside of its folder', { contributes: { storage: [{ id: 'cloud', entry: './../x.js', summary: 'A cloud' }] } }, 65, 'TOKA_MANIFEST_INVALID'],
    ['an entry that is missing', { contributes: { storage: [{ id: 'cloud', entry: './x.js', summary: 'A cloud' }] } }, 65, 'TOKA_MANIFEST_INVALID'],
    ['another API', { api: '^9.0' }, 69, 'TOKA_PLUGIN_INCOMPATIBLE'],
    ['no toka block', { packageJson: { toka: undefined } }, 65, 'TOKA_MANIFEST_INVALID'],
    ['the name of a plugin that comes with toka', { name: '@toka/plugin-files' }, 65, 'TOKA_PLUGIN_CLASH'],
    ['the name of toka', { name: 'toka' }, 65, 'TOKA_PLUGIN_CLASH'],
    ['the short name of a plugin that comes with toka', { name: 'toka-plugin-files' }, 65, 'TOKA_PLUGIN_CLASH'],
    ['a command of toka', { commands: { run: '' } }, 65, 'TOKA_PLUGIN_CLASH'],
    ['a command below one of toka', { commands: { 'tools:more': '' } }, 65, 'TOKA_PLUGIN_CLASH'],
    ['commands without their list', { commands: { now: '' }, files: { 'oclif.manifest.json': '{}' } }, 65, 'TOKA_PLUGIN_UNBUILT'],
  ] as const)('refused: %s', async (_, spec, exit, code) => {
    const ended = await here.json(['plugins', 'install', packed(spec), '--yes']);
    expect([ended.exit, ended.error?.code]).toEqual([exit, code]);
    expect([recorded(), left()]).toEqual([[], []]);
  });

  test('refused: a command that another plugin has', async () => {
    await here.run(['plugins', 'install', packed({ commands: { now: '' } }), '--yes']);
    const ended = await here.json(['plugins', 'install', packed({ name: 'toka-plugin-clock', tools: ['time'], commands: { now: '' } }), '--yes']);
    expect([ended.exit, ended.error?.code]).toEqual([65, 'TOKA_PLUGIN_CLASH']);
  });

  test.each(['user/repository', '--global', 'a b', ''])('"%s" is neither a package nor a path', async (spec) => {
    expect((await here.run(['plugins', 'install', '--yes', '--', spec])).code).toBe(2);
  });

  test('whoever acts with a token installs nothing', async () => {
    const ended = await here.json(['plugins', 'install', packed(), '--yes'], { env: { TOKA_TOKEN_FILE: join(here.base, 'token') } });
    expect(ended.error?.code).toBe('TOKA_TOKEN_DELEGATION');
  });
});

describe('toka plugins uninstall', () => {
  test('leaves nothing', async () => {
    await here.run(['plugins', 'install', packed(), '--yes']);
    await here.run(['run', 'forecast', 'Oslo']);
    expect((await here.json(['plugins', 'uninstall', 'weather'])).exit).toBe(0);
    expect([await installed(), left()]).toEqual([[], []]);
    expect((await here.json(['run', 'forecast', 'Oslo'])).error?.code).toBe('TOKA_TOOL_UNKNOWN');
  });

  test('of a misspelt name the one that was meant is named', async () => {
    await here.run(['plugins', 'install', packed(), '--yes']);
    const { exit, error } = await here.json(['plugins', 'uninstall', 'wether']);
    expect([exit, error?.code, error?.hint?.includes('"weather"')]).toEqual([2, 'TOKA_PLUGIN_UNKNOWN', true]);
  });
});

describe('toka plugins link', () => {
  test('uses the folder as it is, and says that nothing verifies it', async () => {
    const folder = writePlugin(join(here.project, 'weather'));
    expect((await here.json(['plugins', 'link', 'weather', '--yes'])).exit).toBe(0);
    expect(await installed()).toMatchObject([{ from: 'link', state: 'linked' }]);
    writePlugin(folder, { body: `return { place, sky: 'grey' };` });
    expect(await here.json(['run', 'forecast', 'Oslo'])).toMatchObject({ data: { sky: 'grey' } });
    await here.run(['plugins', 'uninstall', 'weather']);
    expect(existsSync(folder)).toBe(true);
  });

});

describe.each([
  ['link', 'weather'],
  ['install', './weather'],
])('toka plugins %s of a folder', (command, name) => {
  const refused = async (): Promise<readonly unknown[]> => {
    const { exit, error } = await here.json(['plugins', command, name, '--yes']);
    return [exit, error?.code, error?.hint?.includes('npm run build')];
  };

  test('that is not built says how to build it', async () => {
    const folder = writePlugin(join(here.project, 'weather'), { packageJson: { scripts: { build: 'tsc' } } });
    rmSync(join(folder, 'dist'), { recursive: true });
    expect(await refused()).toEqual([65, 'TOKA_PLUGIN_UNBUILT', true]);
  });

  test('that was just generated says how to build it, since its block is not written yet', async () => {
    expect((await here.run(['plugins', 'generate', 'weather', '--kind', 'tool'])).code).toBe(0);
    expect(await refused()).toEqual([65, 'TOKA_PLUGIN_UNBUILT', true]);
  });

  test('that has a build, and a block that is wrong, is told what is wrong', async () => {
    writePlugin(join(here.project, 'weather'), { tools: ['forecast', 'forecast'], packageJson: { scripts: { build: 'tsc' } } });
    expect((await refused()).slice(0, 2)).toEqual([65, 'TOKA_MANIFEST_INVALID']);
  });
});

test('a folder that is no package is a wrong word, not a missing network', async () => {
  mkdirSync(join(here.project, 'empty'));
  expect(await here.json(['plugins', 'install', './empty', '--yes'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
});

test('inspect shows a package that is not installed, and installs nothing', async () => {
  const { exit, ...shown } = await here.json<Json & { state: string; contributions: readonly unknown[] }>(['plugins', 'inspect', packed()]);
  expect([exit, shown.schema, shown.state]).toEqual([0, 'toka/plugin/v1', 'not-installed']);
  expect(shown.contributions).toMatchObject([{ kind: 'tools', id: 'forecast', runs: 'sandboxed' }]);
  expect(await installed()).toEqual([]);
});

test('the record holds what was verified', async () => {
  await here.run(['plugins', 'install', packed(), '--yes']);
  const [plugin] = recorded();
  expect(plugin?.integrity).toMatch(/^sha512-/);
  expect(plugin?.files).toMatch(/^[0-9a-f]{64}$/);
});

test('the name of a package that comes with toka is refused before anything is fetched', async () => {
  for (const name of ['@toka/plugin-files', '@toka/plugin-files@1.0.0', 'toka', '@toka/sdk']) expect(await here.json(['plugins', 'install', name, '--yes'])).toMatchObject({ exit: 65, error: { code: 'TOKA_PLUGIN_CLASH' } });
});
