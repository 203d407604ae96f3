import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../../support/cli.ts';
import { keepFolders } from '../../support/kept-folders.ts';
import { packPlugin, type PluginSpec, writePlugin } from '../../support/plugin.ts';
import { startRegistry, type TestRegistry } from '../../support/registry.ts';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(async () => registry[Symbol.asyncDispose]());

let own: Place;
let here: Place;
let count = 0;
let name: string;
beforeEach(() => {
  own = withRegistry();
  here = own;
  count += 1;
  name = `toka-plugin-weather-${count}`;
});
afterEach(() => own[Symbol.dispose]());

function withRegistry(): Place {
  const made = place();
  writeFileSync(join(made.home, '.npmrc'), registry.npmrc);
  return made;
}

interface Changed extends Json {
  readonly changes: readonly { readonly change: string; readonly version: string; readonly differences?: readonly object[] }[];
}

async function publish(number: string, spec: PluginSpec = {}): Promise<void> {
  await registry.publish(writePlugin(join(here.base, `${spec.name ?? name}-${number}`.replaceAll('/', '-')), { name, version: number, ...spec }));
}

async function toka(...words: readonly string[]): Promise<Changed & { readonly exit: number | null }> {
  return here.json<Changed>(['plugins', ...words]);
}

async function version(): Promise<string | undefined> {
  const { plugins } = await here.json<Json & { plugins: readonly { name: string; version: string }[] }>(['plugins', 'list']);
  return plugins.find((plugin) => plugin.name === name)?.version;
}

test('publish, install, run, update, remove', async () => {
  await publish('1.0.0');
  expect(await toka('install', name, '--yes')).toMatchObject({ exit: 0, changes: [{ change: 'installed', version: '1.0.0' }] });
  expect(await here.json(['run', 'forecast', 'Oslo'])).toMatchObject({ data: { sky: 'clear' } });
  expect(await toka('update', '--yes')).toMatchObject({ changes: [{ change: 'unchanged' }] });
  await publish('1.1.0', { body: `return { place, sky: 'grey' };` });
  expect(await toka('update', name, '--yes')).toMatchObject({ exit: 0, changes: [{ change: 'updated', version: '1.1.0' }] });
  expect(await here.json(['run', 'forecast', 'Oslo'])).toMatchObject({ data: { sky: 'grey' } });
  expect(readdirSync(join(here.home, '.local/share/toka/plugins'))).toHaveLength(1);
  expect((await toka('uninstall', name)).exit).toBe(0);
  expect(await version()).toBeUndefined();
});

test('a version by its number', async () => {
  await publish('1.0.0');
  await publish('2.0.0');
  expect(await toka('install', `${name}@1.0.0`, '--yes')).toMatchObject({ changes: [{ version: '1.0.0' }] });
});

test('the maintainers, and that there is no signed provenance, are shown', async () => {
  await publish('1.0.0');
  expect(await toka('inspect', name)).toMatchObject({ exit: 0, provenance: 'none', maintainers: expect.any(Array) as unknown });
});

describe('with one that is installed', () => {
  // They share a place: what each of them does to the plugins there, and to the package in the registry, is undone.
  let shared: Place;
  let putBack: () => void;
  beforeAll(async () => {
    shared = withRegistry();
    here = shared;
    name = 'toka-plugin-breeze';
    await publish('1.0.0');
    expect((await toka('install', name, '--yes')).exit).toBe(0);
    putBack = keepFolders([join(here.home, '.local/share/toka'), join(registry.storage, name)], shared.base);
  });
  beforeEach(() => {
    here = shared;
    name = 'toka-plugin-breeze';
  });
  afterEach(() => {
    putBack();
    rmSync(join(here.project, 'toka.lock'), { force: true });
  });
  afterAll(() => shared[Symbol.dispose]());

  test('a new version that asks for more is shown, and not installed before somebody agrees', async () => {
    await publish('1.1.0', { capabilities: { optional: ['net:connect:*:443'] } });
    const { code, stderr } = await here.run(['plugins', 'update', name]);
    expect(code).toBe(77);
    expect(stderr).toContain('capability added: net:connect:*:443 (forecast) — can do more');
    expect(await version()).toBe('1.0.0');
    expect(await toka('update', '--yes')).toMatchObject({ changes: [{ change: 'updated', differences: [{ what: 'version' }, { what: 'capability', widens: true }] }] });
  });

  test('of several plugins one that cannot be updated keeps no other from it', async () => {
    const other = 'toka-plugin-zephyr';
    await publish('1.0.0', { name: other, tools: ['wind'] });
    await toka('install', other, '--yes');
    rmSync(join(registry.storage, name), { recursive: true });
    await publish('1.1.0', { name: other, tools: ['wind'] });
    expect(await toka('update', '--yes')).toMatchObject({ exit: 2, changes: [{ change: 'failed', error: { code: 'TOKA_PLUGIN_UNKNOWN' } }, { change: 'updated', version: '1.1.0' }] });
  });

  test('the same version with other bytes is refused, and what was installed stays', async () => {
    rmSync(join(registry.storage, name), { recursive: true });
    await publish('1.0.0', { name, body: `return { place, sky: 'stolen' };` });
    for (const words of [['update'], ['install', name]]) {
      const { exit, error } = await toka(...words, '--yes');
      expect([exit, error?.code]).toEqual([76, 'TOKA_INTEGRITY']);
    }
    expect(await here.json(['run', 'forecast', 'Oslo'])).toMatchObject({ data: { sky: 'clear' } });
  });

  test('other bytes than toka.lock of the project vouches for are refused', async () => {
    await here.run(['lock']);
    await toka('uninstall', name);
    rmSync(join(registry.storage, name), { recursive: true });
    await publish('1.0.0', { body: `return { place, sky: 'stolen' };` });
    const { exit, error } = await toka('install', name, '--yes');
    expect([exit, error?.code]).toEqual([76, 'TOKA_INTEGRITY']);
  });
});

test('a registry that serves other bytes than it says is refused', async () => {
  await publish('1.0.0');
  const tarball = join(registry.storage, name, `${name}-1.0.0.tgz`);
  const bytes = readFileSync(tarball);
  // The time in the head of gzip: what is unpacked is the same.
  bytes.writeUInt32LE(1, 4);
  writeFileSync(tarball, bytes);
  const { exit, error } = await toka('install', name, '--yes');
  expect([exit, error?.code]).toEqual([76, 'TOKA_INTEGRITY']);
  expect(await version()).toBeUndefined();
});

test('what it depends on comes along, and is seen by its tool', async () => {
  const units = `weather-units-${count}`;
  await registry.publish(writePlugin(join(here.base, 'units'), { name: units, packageJson: { toka: undefined, exports: './index.js' }, files: { 'index.js': `export const degree = '°';` } }));
  await publish('1.0.0', {
    packageJson: { dependencies: { '@toka/sdk': '^1.0.0', [units]: '^1.0.0' } },
    body: `const { degree } = await import('${units}'); return { place, degree };`,
  });
  await toka('install', name, '--yes');
  expect(await here.json(['run', 'forecast', 'Oslo'])).toMatchObject({ data: { degree: '°' } });
});

test('where something that it depends on is missing nothing is installed', async () => {
  await publish('1.0.0', { packageJson: { dependencies: { 'no-such-weather-units': '^1.0.0' } } });
  const { exit, error } = await toka('install', name, '--yes');
  expect([exit, error?.code]).toEqual([69, 'TOKA_PLUGIN_UNAVAILABLE']);
  expect(readdirSync(join(here.home, '.local/share/toka/plugins'))).toEqual([]);
  expect(readdirSync(join(here.home, '.local/share/toka/staging'))).toEqual([]);
});

test('a name that the registry does not have', async () => {
  expect(await toka('install', 'toka-plugin-nowhere', '--yes')).toMatchObject({ exit: 2, error: { code: 'TOKA_PLUGIN_UNKNOWN' } });
});

test('without a network a tarball is installed, and a name is not', async () => {
  writeFileSync(join(here.home, '.npmrc'), 'registry=http://127.0.0.1:9/\nfetch-retries=0\n');
  expect(await toka('install', packPlugin(join(here.base, 'weather'), { name }), '--yes')).toMatchObject({ exit: 0 });
  expect(await toka('install', 'toka-plugin-clock', '--yes')).toMatchObject({ exit: 69, error: { code: 'TOKA_PLUGIN_UNAVAILABLE' } });
});

test('search finds plugins by their words, and other packages never', async () => {
  await publish('1.0.0');
  await registry.publish(writePlugin(join(here.base, 'plain'), { name: `weather-plain-${count}`, packageJson: { keywords: [] } }));
  const { exit, plugins } = await here.json<Json & { plugins: readonly { name: string }[] }>(['plugins', 'search', 'weather']);
  expect(exit).toBe(0);
  expect(plugins.map((plugin) => plugin.name)).toContain(name);
  expect(plugins.map((plugin) => plugin.name)).not.toContain(`weather-plain-${count}`);
});
