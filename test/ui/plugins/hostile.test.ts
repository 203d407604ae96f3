import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place, until } from '../../support/cli.ts';
import { commandModule, packPlugin, pluginFiles, type PluginSpec, writePlugin } from '../../support/plugin.ts';

let own: Place;
let here: Place;
beforeEach(() => {
  own = place();
  here = own;
});
afterEach(() => own[Symbol.dispose]());

interface State {
  readonly name: string;
  readonly state: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

async function states(): Promise<Record<string, State>> {
  const { plugins } = await here.json<Json & { plugins: readonly State[] }>(['plugins', 'list']);
  return Object.fromEntries(plugins.map((plugin) => [plugin.name, plugin]));
}

async function install(spec: PluginSpec = {}): Promise<Json & { readonly exit: number | null }> {
  return here.json(['plugins', 'install', packPlugin(join(here.base, spec.name ?? 'weather'), spec), '--yes']);
}

/** A second plugin, which must work whatever the first one does. */
const CLOCK: PluginSpec = { name: 'toka-plugin-clock', tools: ['time'] };

let shared: Place;
beforeAll(async () => {
  shared = place();
  here = shared;
  expect((await install(CLOCK)).exit).toBe(0);
});
afterAll(() => shared[Symbol.dispose]());

/**
 * Lets the tests of a group share a place with the clock in it, and with another plugin if they all begin with the same: what each of them
 * does to the plugins there is undone, since npm needs its time for each install.
 */
function besideClock(spec?: PluginSpec): void {
  let [store, clean, before] = ['', '', ''];
  const copy = (from: string, to: string): void => {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  };
  beforeAll(async () => {
    here = shared;
    [store, clean, before] = [join(shared.home, '.local/share/toka'), join(shared.base, 'clean'), join(shared.base, 'before')];
    copy(store, clean);
    if (spec) expect((await install(spec)).exit).toBe(0);
    copy(store, before);
  });
  beforeEach(() => {
    here = shared;
  });
  afterEach(() => copy(before, store));
  afterAll(() => copy(clean, store));
}

/** The file of an installed plugin. */
function fileOf(name: string, path: string): string {
  const store = join(here.home, '.local/share/toka/plugins');
  const folder = readdirSync(store).find((each) => each.startsWith(name)) ?? '';
  return join(store, folder, 'node_modules', name, path);
}

describe('its hook toka:manifest', () => {
  const hook = (source: string): PluginSpec => ({ packageJson: { oclif: { hooks: { 'toka:manifest': './dist/hook.js' } } }, files: { 'dist/hook.js': source } });
  const more = (id: string): string => JSON.stringify({ ...(JSON.parse(pluginFiles()['package.json'] ?? '{}') as { toka: { contributes: { tools: readonly object[] } } }).toka.contributes.tools[0], id });

  const needing = (id: string, capability: string): string => JSON.stringify({ ...(JSON.parse(more(id)) as object), capabilities: { required: [capability] } });
  /** Where what the only hook said is kept. */
  const answerFile = (): string => {
    const folder = join(here.home, '.local/share/toka/record/hooks');
    return join(folder, readdirSync(folder)[0] ?? '');
  };

  test('adds tools, and is not run again by an ordinary start', async () => {
    const witness = join(here.base, 'witness');
    expect((await install(hook(`console.log('noise'); export default async function () { return { tools: [${more('forecast-today')}] }; }`))).exit).toBe(0);
    const { tools } = await here.json<Json & { tools: readonly { qualified: string }[] }>(['tools', 'list', '--source', 'weather']);
    expect(tools.map(({ qualified }) => qualified)).toEqual(['weather/forecast', 'weather/forecast-today']);
    writeFileSync(fileOf('toka-plugin-weather', 'dist/hook.js'), `import { writeFileSync } from 'node:fs'; writeFileSync('${witness}', '');`);
    expect((await here.run(['tools', 'list'])).code).toBe(0);
    expect(readdirSync(here.base)).not.toContain('witness');
  });

  describe('beside another plugin', () => {
    besideClock();

    test.each([
      ['throws at import', `throw new Error('no weather today');`],
      ['throws', `export default () => { throw new Error('no weather today'); };`],
      ['exits', `process.exit(0);`],
      ['never resolves', `export default () => new Promise(() => undefined);`],
      ['never returns', `export default () => { for (;;); };`],
      ['grows without end', `export default () => { const all = []; for (;;) all.push(new Array(1e6).fill(1)); };`],
      ['answers what is no tool', `export default () => ({ tools: [{ id: 'x' }] });`],
      ['answers with nothing', `export default () => undefined;`],
      ['claims a file that it does not have', `export default () => ({ tools: [{ ...${more('forecast-today')}, entry: './dist/none.js' }] });`],
      ['patches what others use', `JSON.stringify = () => '{"toka:manifest":{"tools":[]}'; export default () => ({ tools: 1 });`],
    ])('where it %s, the plugin is reported and left out, and the rest works', async (_, source) => {
      expect((await install(hook(source))).exit).toBe(0);
      const all = await states();
      expect([all['toka-plugin-weather']?.state, all['toka-plugin-clock']?.state]).toEqual(['broken', 'ok']);
      expect(all['toka-plugin-weather']?.error?.code).toMatch(/^TOKA_(PLUGIN_FAILED|MANIFEST_INVALID)$/);
      const { code, stderr } = await here.run(['run', 'time', 'Oslo']);
      expect([code, stderr]).toEqual([0, '']);
      expect((await here.run(['tools', 'list'])).stderr).toContain('toka plugins list says which');
      expect((await here.json(['run', 'forecast', 'Oslo'])).error?.hint).toContain('toka plugins list');
    });
  });

  test('where it fails, it is not asked again when tools are indexed anew, and asked by doctor', async () => {
    await install(hook(`throw new Error('no weather today');`));
    const { mtimeMs } = statSync(answerFile());
    mkdirSync(join(here.project, 'manifests'), { recursive: true });
    writeFileSync(join(here.project, 'manifests', 'more.yaml'), '');
    const { 'toka-plugin-weather': weather } = await states();
    expect([weather?.state, weather?.error?.code, statSync(answerFile()).mtimeMs]).toEqual(['broken', 'TOKA_PLUGIN_FAILED', mtimeMs]);
    await here.run(['doctor']);
    expect(statSync(answerFile()).mtimeMs).not.toBe(mtimeMs);
  });

  test('is asked anew where the files of a linked plugin have changed', async () => {
    const folder = writePlugin(join(here.project, 'weather'), hook(`throw new Error('no weather today');`));
    await here.run(['plugins', 'link', 'weather', '--yes']);
    expect((await states())['toka-plugin-weather']?.state).toBe('broken');
    writePlugin(folder, hook(`export default () => ({ tools: [${more('forecast-today')}] });`));
    expect((await states())['toka-plugin-weather']?.state).toBe('pending');
  });

  test('does not run before somebody has agreed to its plugin', async () => {
    const file = packPlugin(join(here.base, 'weather'), hook(`throw new Error('no weather today');`));
    expect((await here.json(['plugins', 'install', file])).error?.code).toBe('TOKA_PLUGIN_CONSENT');
    expect(existsSync(join(here.home, '.local/share/toka/record/hooks'))).toBe(false);
  });

  test('what it brings is shown once it was asked, and by inspect', async () => {
    const file = packPlugin(join(here.base, 'weather'), hook(`export default () => ({ tools: [${needing('forecast-today', 'net:connect:api.example.com:443')}] });`));
    const { stderr } = await here.run(['plugins', 'install', file, '--yes']);
    expect(stderr).toContain('needs net:connect:api.example.com:443');
    const { contributions } = await here.json<Json & { contributions: readonly { id: string }[] }>(['plugins', 'inspect', 'weather']);
    expect(contributions.map(({ id }) => id)).toEqual(['forecast', 'forecast-today']);
  });

  test('an update by which it gives more says what, and widens', async () => {
    const at = join(here.project, 'weather');
    writePlugin(at, hook(`export default () => ({ tools: [${needing('forecast-today', 'net:connect:api.example.com:443')}] });`));
    await here.json(['plugins', 'install', './weather', '--yes']);
    writePlugin(at, { ...hook(`export default () => ({ tools: [${needing('forecast-today', 'net:connect:*:443')}] });`), version: '1.0.1' });
    const { changes } = await here.json<Json & { changes: readonly { differences?: readonly object[] }[] }>(['plugins', 'update', 'weather', '--yes']);
    expect(changes[0]?.differences).toContainEqual({ what: 'capability', from: null, to: 'net:connect:*:443 (forecast-today)', widens: true });
  });

  test('says nothing else later than what was agreed to', async () => {
    const source = `export default () => ({ tools: [{ ...${more('forecast-today')}, summary: String(process.hrtime.bigint()) }] });`;
    await install(hook(source));
    const summary = async (): Promise<string | undefined> => {
      const { tools } = await here.json<Json & { tools: readonly { name: string; description: string }[] }>(['tools', 'list', '--source', 'weather']);
      return tools.find(({ name }) => name === 'forecast-today')?.description;
    };
    const before = await summary();
    rmSync(join(here.home, '.cache/toka'), { recursive: true, force: true });
    expect(before).toMatch(/^\d+$/);
    expect(await summary()).toBe(before);
  });

  test('sees neither the project nor the home, and reaches no network', async () => {
    const server = createServer((_, response) => response.end('here'));
    const url = await once(server.listen(0, '127.0.0.1'), 'listening').then(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const source = `import { existsSync } from 'node:fs';
export default async () => {
  const reached = await fetch(${JSON.stringify(url)}).then(() => 'reached', () => 'unreachable');
  return { tools: [{ ...${more('forecast-today')}, summary: [existsSync(${JSON.stringify(here.project)}), existsSync(${JSON.stringify(join(here.home, '.netrc'))}), reached, process.env.PLANTED_SECRET === undefined].join(' ') }] };
};`;
    await install(hook(source));
    const { tools } = await here.json<Json & { tools: readonly { name: string; description: string }[] }>(['tools', 'list', '--source', 'weather']);
    expect(tools.find(({ name }) => name === 'forecast-today')?.description).toBe('false false unreachable true');
    server.close();
  });
});

describe('its tool', () => {
  describe('beside another plugin', () => {
    const tools = ['throws-at-import', 'prints-at-import', 'ends-the-process'];
    besideClock({ tools, body: `process.exit(0);`, files: { 'dist/throws-at-import.js': `throw new Error('no weather today');`, 'dist/prints-at-import.js': `console.log('{"type":"done"}'); export default 1;` } });

    test.each(tools)('where it %s, its run fails, and those of others do not', async (id) => {
      expect((await here.json(['run', id, 'Oslo'])).status).toBe('failed');
      expect((await here.json(['run', 'time', 'Oslo'])).status).toBe('succeeded');
    });
  });

  test('reads nothing but its own code', async () => {
    await install({ body: `const { readdirSync } = await import('node:fs'); const list = (path) => { try { return readdirSync(path).length > 0; } catch { return false; } }; return { project: list(${JSON.stringify(here.project)}), record: list(${JSON.stringify(join(here.home, '.local/share/toka/record'))}) };` });
    expect(await here.json(['run', 'forecast', 'Oslo'])).toMatchObject({ data: { project: false, record: false } });
  });

  test('with a grant for the whole home it does not see the record of plugins', async () => {
    await install({ capabilities: { required: [`fs:write:${here.home}/**`] }, body: `const { existsSync } = await import('node:fs'); return { record: existsSync(${JSON.stringify(join(here.home, '.local/share/toka/record/plugins.json'))}) };` });
    expect(await here.json(['run', '--allow', `fs:write:${here.home}/**`, 'forecast', 'Oslo'])).toMatchObject({ data: { record: false } });
  });
});

describe('what was installed and changes afterwards', () => {
  besideClock({ contributes: { storage: [{ id: 'cloud', entry: './cloud.cjs', summary: 'A cloud' }] }, files: { 'cloud.cjs': `throw new Error('loaded');` }, commands: { now: commandModule('now') } });

  test.each(['dist/forecast.js', 'package.json', '../../node_modules/@toka/sdk/dist/index.js'])('%s: nothing of that plugin is loaded, and the rest works', async (path) => {
    expect((await here.json(['run', 'forecast', 'Oslo'])).exit).toBe(0);
    appendFileSync(fileOf('toka-plugin-weather', path), '\n');
    for (const words of [['run', 'forecast', 'Oslo'], ['now']]) {
      const { code, stderr } = await here.run(words);
      expect([code, stderr.includes('TOKA_INTEGRITY')]).toEqual([76, true]);
    }
    expect((await here.json(['storage', 'info', '--storage', 'cloud'])).error?.code).toBe('TOKA_STORAGE_UNKNOWN');
    expect((await here.json(['run', 'time', 'Oslo'])).exit).toBe(0);
    expect((await states())['toka-plugin-weather']).toMatchObject({ state: 'changed', error: { code: 'TOKA_INTEGRITY' } });
  });

  test('a file that comes to it counts as well', async () => {
    writeFileSync(fileOf('toka-plugin-weather', 'more.js'), '');
    expect((await here.json(['run', 'forecast', 'Oslo'])).exit).toBe(76);
  });

  test('another time of a file alone is no change', async () => {
    const file = fileOf('toka-plugin-weather', 'dist/forecast.js');
    writeFileSync(file, readFileSync(file));
    expect((await here.json(['run', 'forecast', 'Oslo'])).exit).toBe(0);
  });

  test('a record that is damaged is said, and with it removed toka works', async () => {
    writeFileSync(join(here.home, '.local/share/toka/record/plugins.json'), '{"version": 1, "plugins": [{"name": 1}]}');
    const { exit, error } = await here.json(['tools', 'list']);
    expect([exit, error?.code]).toEqual([76, 'TOKA_INTEGRITY']);
  });
});

describe('with another plugin installed', () => {
  besideClock();

  test('one for a newer API is listed as incompatible, with the way to a newer toka', async () => {
    const folder = writePlugin(join(here.project, 'newer'));
    await here.run(['plugins', 'link', 'newer', '--yes']);
    writePlugin(folder, { api: '^9.0' });
    const { 'toka-plugin-weather': weather } = await states();
    expect(weather).toMatchObject({ state: 'incompatible', error: { code: 'TOKA_PLUGIN_INCOMPATIBLE', hint: expect.stringContaining('npm install --global toka@latest') as unknown } });
    expect((await here.json(['run', 'time', 'Oslo'])).exit).toBe(0);
  });

  test('toka that is killed while it installs leaves what was there, and the next change removes the rest', async () => {
    // What asks for a kind of processor is put together by npm, which leaves time to be killed.
    const file = packPlugin(join(here.base, 'weather'), { packageJson: { cpu: [process.arch] } });
    const started = here.start(['plugins', 'install', file, '--yes'], { detached: true });
    const staging = join(here.home, '.local/share/toka/staging');
    await until(() => readdirSync(staging).some((name) => readdirSync(join(staging, name)).includes('ready')));
    process.kill(-(started.child.pid ?? 0), 'SIGKILL');
    await started.ended;
    expect(Object.values(await states()).filter(({ name }) => name.startsWith('toka-plugin-')).map(({ name, state }) => [name, state])).toEqual([['toka-plugin-clock', 'ok']]);
    expect((await install()).exit).toBe(0);
    expect(readdirSync(staging)).toEqual([]);
    expect((await here.json(['run', 'forecast', 'Oslo'])).exit).toBe(0);
  });
});

test('one whose files are gone is listed as broken, and the rest works', async () => {
  const folder = writePlugin(join(here.project, 'weather'));
  await here.run(['plugins', 'link', 'weather', '--yes']);
  writePlugin(folder, { contributes: { storage: [{ id: 'cloud', entry: './gone.js', summary: 'A cloud' }] } });
  expect((await states())['toka-plugin-weather']).toMatchObject({ state: 'broken' });
  writeFileSync(join(folder, 'package.json'), '{');
  expect((await states())['toka-plugin-weather']).toMatchObject({ state: 'broken' });
  for (const words of ['tools list', 'storage info', 'events analyze', 'doctor --json']) expect((await here.run(words.split(' '))).stdout).not.toBe('');
});

test('a run that began before an update ends with the code that it began with', async () => {
  const capabilities = { required: [`fs:write:${here.project}/**`] };
  const body = `const { existsSync, writeFileSync } = await import('node:fs'); writeFileSync(${JSON.stringify(join(here.project, 'begun'))}, '');
while (!existsSync(${JSON.stringify(join(here.project, 'go'))})) await new Promise((resolve) => setTimeout(resolve, 20));
return { version: (await import('./late.js')).default };`;
  const version = (number: string): PluginSpec => ({ version: number, capabilities, body, files: { 'dist/late.js': `export default '${number}';` } });
  const folder = writePlugin(join(here.project, 'weather'), version('1.0.0'));
  await here.run(['plugins', 'install', './weather', '--yes']);
  const running = here.start(['run', '--json', '--allow', `fs:write:${here.project}/**`, 'forecast', 'Oslo']);
  await until(() => existsSync(join(here.project, 'begun')));
  writePlugin(folder, version('1.0.1'));
  expect((await here.json(['plugins', 'update', 'weather', '--yes'])).exit).toBe(0);
  writeFileSync(join(here.project, 'go'), '');
  const { stdout } = await running.ended;
  expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', data: { version: '1.0.0' } });
  await here.run(['plugins', 'uninstall', 'weather']);
  expect(readdirSync(join(here.home, '.local/share/toka/plugins'))).toEqual([]);
});
