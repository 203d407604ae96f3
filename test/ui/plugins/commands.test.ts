import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Json, type Place, place } from '../../support/cli.ts';
import { commandModule, packPlugin, type PluginSpec } from '../../support/plugin.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

async function install(spec: PluginSpec): Promise<void> {
  const ended = await here.json(['plugins', 'install', packPlugin(join(here.base, spec.name ?? 'weather'), spec), '--yes']);
  expect(ended.exit).toBe(0);
}

const CLOCK: PluginSpec = { name: 'toka-plugin-clock', tools: ['time'], commands: { clock: commandModule('noon') } };

test.each([['weather:now'], ['weather', 'now']])('%j runs the command of a plugin', async (...words) => {
  await install({ commands: { 'weather:now': commandModule('sunny') } });
  expect(await here.run(words)).toMatchObject({ code: 0, stdout: 'sunny\n' });
});

test('help lists it, and shows it', async () => {
  await install({ commands: { 'weather:now': commandModule('sunny') } });
  expect((await here.run(['--help'])).stdout).toContain('weather');
  expect((await here.run(['weather', 'now', '--help'])).stdout).toContain('The command weather:now');
});

test('a misspelt one is recognised', async () => {
  await install({ commands: { 'weather:now': commandModule('sunny') } });
  const { code, stderr } = await here.run(['weathr', 'now']);
  expect([code, stderr.includes('did you mean toka weather now')]).toEqual([2, true]);
});

test.each([
  ['throws at import', commandModule('sunny', `throw new Error('no weather today');`)],
  ['throws', `export default class Say { static args = {}; static flags = {}; static async run() { throw new Error('no weather today'); } }`],
])('one that %s breaks only itself', async (_, source) => {
  await install({ commands: { now: source } });
  await install(CLOCK);
  const { exit, error } = await here.json(['now']);
  expect([exit, error?.code, error?.message.includes('toka-plugin-weather')]).toEqual([70, 'TOKA_PLUGIN_FAILED', true]);
  expect(await here.run(['clock'])).toMatchObject({ code: 0, stdout: 'noon\n' });
  expect((await here.run(['tools', 'show', 'time'])).code).toBe(0);
});

test('one that ends itself decides how', async () => {
  const ending = `Object.assign(new Error('it rains'), { oclif: { exit: 3 } })`;
  await install({ commands: { now: `export default class Say { static args = {}; static flags = {}; static async run() { throw ${ending}; } }` } });
  expect(await here.run(['now'])).toMatchObject({ code: 3, stderr: 'it rains\n' });
});

test('its other hooks of oclif never run', async () => {
  const witness = join(here.base, 'witness');
  const hook = `import { writeFileSync } from 'node:fs'; export default async () => writeFileSync('${witness}', '');`;
  const hooks = { init: './dist/hook.js', prerun: './dist/hook.js', finally: './dist/hook.js' };
  await install({ commands: { now: commandModule('sunny') }, files: { 'dist/hook.js': hook }, packageJson: { oclif: { commands: './dist/commands', hooks } } });
  for (const words of [['now'], ['--help'], ['doctor']]) await here.run(words);
  expect(here.spawn('ls', [here.base]).stdout).not.toContain('witness');
});

test('storage backends and analysers of an installed plugin are found, and work', async () => {
  const analyser = `exports.default = { id: 'rain', summary: 'Rain', options: {}, start: () => ({ add() {}, finish: () => ({ findings: [], tooFew: [] }) }) };`;
  await install({
    contributes: { analysers: [{ id: 'rain', entry: './dist/rain.cjs', summary: 'Rain' }], storage: [{ id: 'cloud', entry: './dist/cloud.cjs', summary: 'A cloud', supports: { durable: true } }] },
    files: { 'dist/rain.cjs': analyser, 'dist/cloud.cjs': `throw new Error('the cloud was loaded');` },
  });
  const { analysers } = await here.json<Json & { analysers: readonly { id: string; plugin: string; error?: unknown }[] }>(['events', 'analyze', '--analyser', 'rain']);
  expect(analysers).toMatchObject([{ id: 'rain', plugin: 'toka-plugin-weather' }]);
  expect(analysers[0]?.error).toBeUndefined();
  const { backends } = await here.json<Json & { backends: readonly { id: string }[] }>(['storage', 'info']);
  expect(backends.map(({ id }) => id)).toContain('cloud');
  expect((await here.json(['storage', 'info', '--storage', 'cloud'])).error?.message).toContain('the cloud was loaded');
});

test('an administrator’s plugins.allow lets nothing else in, whoever agrees', async () => {
  // The administrator’s file is part of the machine, so what stands in it is given to createToka here.
  const { requireConsent } = await import('../../../src/ui/plugins/consent.ts');
  const facts = { name: 'toka-plugin-weather', version: '1.0.0', source: 'weather', contributions: [], commands: [], asksHook: false, scripts: [], dependencies: [] };
  const door = { stderr: { write: () => true }, env: {}, isAttended: false } as never;
  mkdirSync(join(here.home, 'config/toka'), { recursive: true });
  writeFileSync(join(here.home, 'config/toka/config.yaml'), 'apiVersion: toka/v1\n');
  await expect(requireConsent({ facts, from: 'registry' }, true, { agreed: ['*'], only: ['@acme/*'] }, door)).rejects.toMatchObject({ code: 'TOKA_PLUGIN_CONSENT' });
  await expect(requireConsent({ facts, from: 'registry' }, true, { agreed: [], only: ['toka-plugin-*'] }, door)).resolves.toBeUndefined();
});
