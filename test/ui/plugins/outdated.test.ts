import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Json, LAUNCHER, type Place, place, processesWith, until } from '../../support/cli.ts';
import { type PluginSpec, writePlugin } from '../../support/plugin.ts';
import { startRegistry, type TestRegistry } from '../../support/registry.ts';
import { openPane } from '../../support/terminal.ts';

const TOKA = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as { readonly name: string; readonly version: string };

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(async () => registry[Symbol.asyncDispose]());

let here: Place;
let cache: string;
let count = 0;
let name: string;
beforeEach(() => {
  here = place();
  writeFileSync(join(here.home, '.npmrc'), registry.npmrc);
  cache = join(here.base, 'cache');
  count += 1;
  name = `toka-plugin-aging-${count}`;
});
afterEach(async () => {
  await until(() => processesWith('plugins outdated --quiet').length === 0);
  here[Symbol.dispose]();
});

async function publish(version: string, spec: PluginSpec = {}): Promise<void> {
  await registry.publish(writePlugin(join(here.base, `${name}-${version}`), { name, version, ...spec }));
}

interface Outdated extends Json {
  readonly updates: readonly { readonly name: string; readonly version: string; readonly newest: string }[];
  readonly failures: readonly { readonly code: string }[];
}

const outdated = async (): Promise<Outdated & { readonly exit: number | null }> => here.json<Outdated>(['plugins', 'outdated']);

test('a plugin of which the registry has a newer version is listed with both', async () => {
  await publish('1.0.0');
  await here.run(['plugins', 'install', name, '--yes']);
  expect(await outdated()).toMatchObject({ exit: 0, schema: 'toka/plugin-outdated/v1', updates: [], failures: [] });
  await publish('1.1.0');
  expect(await outdated()).toMatchObject({ exit: 0, updates: [{ name, version: '1.0.0', newest: '1.1.0' }] });
});

test('a version that is not finished is nobody’s update, nor is one outside of what was asked for', async () => {
  await publish('1.0.0');
  await here.run(['plugins', 'install', `${name}@^1.0.0`, '--yes']);
  await publish('1.1.0-beta.1');
  await publish('2.0.0');
  expect(await outdated()).toMatchObject({ updates: [] });
});

test('a plugin that the registry no longer has is said, and keeps nothing else from being listed', async () => {
  await publish('1.0.0');
  await here.run(['plugins', 'install', name, '--yes']);
  rmSync(join(registry.storage, name), { recursive: true });
  expect(await outdated()).toMatchObject({ exit: 0, updates: [], failures: [{ code: 'TOKA_PLUGIN_UNKNOWN' }] });
});

test('a registry that does not answer is an error with its own code', async () => {
  writeFileSync(join(here.home, '.npmrc'), 'registry=http://127.0.0.1:9/\nfetch-retries=0\n');
  expect(await outdated()).toMatchObject({ exit: 69, error: { code: 'TOKA_PLUGIN_UNAVAILABLE' } });
});

test('ended in the middle by Ctrl-C, it leaves nothing behind', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  writeFileSync(join(here.home, '.npmrc'), `registry=http://127.0.0.1:${port}/\n`);
  const temporary = join(here.base, 'temporary');
  mkdirSync(temporary);
  const asked = once(silent, 'connection') as Promise<[Socket]>;
  const { child, ended } = here.start(['plugins', 'outdated'], { env: { TMPDIR: temporary } });
  const [connection] = await asked;
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: null, signal: 'SIGINT' });
  expect(readdirSync(temporary).filter((entry) => entry.startsWith('toka-'))).toEqual([]);
  connection.destroy();
  silent.close();
});

/** What toka noted when it asked last. */
function noted(): string {
  return existsSync(join(cache, 'toka/updates.json')) ? readFileSync(join(cache, 'toka/updates.json'), 'utf8') : '';
}

function note(updates: readonly object[], asked = Date.now()): void {
  mkdirSync(join(cache, 'toka'), { recursive: true });
  writeFileSync(join(cache, 'toka/updates.json'), JSON.stringify({ v: 1, asked, updates, told: false }));
}

/** Runs a command in a terminal whose cache is its own, to its end. */
async function atTerminal(command: string, extra: Readonly<Record<string, string>> = {}): Promise<string> {
  using pane = openPane(here, { XDG_CACHE_HOME: cache, NO_UPDATE_NOTIFIER: '', CI: '', ...extra });
  pane.toka(command);
  await pane.exit();
  return pane.screen();
}

test('a person at a terminal is told once of a newer toka', async () => {
  note([{ name: TOKA.name, version: TOKA.version, newest: '99.0.0' }]);
  expect(await atTerminal('tools list')).toContain(`${TOKA.name} 99.0.0 is out, here is ${TOKA.version}: npm install --global`);
  expect(await atTerminal('tools list')).not.toContain('99.0.0');
});

test('nobody is told of what was updated meanwhile', async () => {
  note([{ name: TOKA.name, version: '0.0.1', newest: TOKA.version }]);
  expect(await atTerminal('tools list')).not.toContain('is out');
});

test('the registry is asked behind a command, and what it says is told by the next one', async () => {
  await publish('1.0.0');
  await here.run(['plugins', 'install', name, '--yes'], { env: { XDG_CACHE_HOME: cache } });
  await publish('1.1.0');
  await atTerminal('tools list');
  await until(() => noted().includes('1.1.0'));
  expect(await atTerminal('tools list')).toContain(`${name} 1.1.0 is out, here is 1.0.0: toka plugins update ${name}`);
});

test.each([
  ['the switch for that is set', { NO_UPDATE_NOTIFIER: '1' }],
  ['it is a machine that builds', { CI: 'true' }],
])('nobody is told, and nobody asked, where %s', async (_, extra) => {
  note([{ name: TOKA.name, version: TOKA.version, newest: '99.0.0' }], 0);
  const before = noted();
  expect(await atTerminal('tools list', extra)).not.toContain('99.0.0');
  expect(noted()).toBe(before);
});

test.each(['echo "$(%)"', '% --json'])('nothing is said, and nobody asked, by %s', async (form) => {
  note([{ name: TOKA.name, version: TOKA.version, newest: '99.0.0' }], 0);
  const before = noted();
  using pane = openPane(here, { XDG_CACHE_HOME: cache, NO_UPDATE_NOTIFIER: '', CI: '' });
  pane.type(`${form.replace('%', `${process.execPath} ${LAUNCHER} tools list`)}; echo "the ""end"`);
  pane.press('Enter');
  expect(await pane.shows('the end')).not.toContain('99.0.0');
  expect(noted()).toBe(before);
});

test('nothing is said in a pipe', async () => {
  note([{ name: TOKA.name, version: TOKA.version, newest: '99.0.0' }]);
  const { stderr, stdout } = await here.run(['tools', 'list'], { env: { XDG_CACHE_HOME: cache, NO_UPDATE_NOTIFIER: '' } });
  expect(`${stdout}${stderr}`).not.toContain('99.0.0');
});

test('a note that says more than versions is no note', async () => {
  note([{ name: TOKA.name, version: TOKA.version, newest: '99.0.0\u001b[2Jgone' }]);
  expect(await atTerminal('tools list')).not.toContain('99.0.0');
});
