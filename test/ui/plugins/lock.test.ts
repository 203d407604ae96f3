import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LockFile } from '../../../src/manifest/lock-file.ts';
import { type Place, place } from '../../support/cli.ts';
import { packPlugin, type PluginSpec } from '../../support/plugin.ts';

let here: Place;
let count = 0;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

async function install(spec: PluginSpec = {}): Promise<number | null> {
  count += 1;
  return (await here.json(['plugins', 'install', packPlugin(join(here.base, `weather-${count}`), spec), '--yes'])).exit;
}

function lock(): LockFile {
  return JSON.parse(here.read('toka.lock')) as LockFile;
}

test('the lock holds what was installed, in a version that an older toka refuses with its reason', async () => {
  await here.run(['lock']);
  expect(lock().lockVersion).toBe(1);
  await install();
  await here.run(['lock']);
  expect(lock().lockVersion).toBe(2);
  expect(lock().tools['weather/forecast']).toMatchObject({ origin: 'plugin', version: '1.0.0', integrity: expect.stringMatching(/^sha512-/) as unknown });
  expect((await here.json(['run', 'forecast', 'Oslo', '--frozen'])).exit).toBe(0);
});

test('without the plugin it is of the first version again', async () => {
  await install();
  await here.run(['lock']);
  await here.run(['plugins', 'uninstall', 'weather']);
  expect((await here.json(['lock', '--check'])).exit).toBe(76);
  await here.run(['lock']);
  expect(lock().lockVersion).toBe(1);
});

test('another package under the same version does not run, and is not installed here', async () => {
  await install();
  await here.run(['lock']);
  await here.run(['plugins', 'uninstall', 'weather']);
  const other = { files: { 'more.js': '' } };
  expect(await install(other)).toBe(76);
  const elsewhere = { cwd: here.home };
  count += 1;
  await here.run(['plugins', 'install', packPlugin(join(here.base, `weather-${count}`), other), '--yes'], elsewhere);
  const { exit, error } = await here.json(['run', 'forecast', 'Oslo']);
  expect([exit, error?.code]).toEqual([76, 'TOKA_LOCK_DRIFT']);
  expect(error?.data).toMatchObject({ changes: expect.arrayContaining([expect.objectContaining({ field: 'integrity' })]) as unknown });
});

test('a linked plugin is vouched for by its manifest and code alone', async () => {
  const folder = packPlugin(join(here.project, 'weather')).replace(/\/packed\/.*/, '');
  await here.run(['plugins', 'link', folder, '--yes']);
  await here.run(['lock']);
  expect(lock().lockVersion).toBe(1);
  expect(lock().tools['weather/forecast']).not.toHaveProperty('integrity');
});
