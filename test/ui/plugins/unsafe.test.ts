import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../../support/cli.ts';
import { pluginFiles, writePlugin } from '../../support/plugin.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

describe('a tarball', () => {
  async function installTar(write: (folder: string) => string[], prefix = 'package'): Promise<Json & { readonly exit: number | null }> {
    const folder = join(here.base, 'tar');
    for (const [name, content] of Object.entries(pluginFiles())) {
      mkdirSync(join(folder, 'package', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'package', name), content);
    }
    const more = write(folder);
    const file = join(here.base, 'weather.tgz');
    await create({ cwd: folder, file, gzip: { level: 1 }, preservePaths: true }, [prefix, ...more]);
    return here.json(['plugins', 'install', file, '--yes']);
  }

  test.each([
    ['a path out of it', () => ['package/../../outside.txt']],
    ['an absolute path', (folder: string) => [join(folder, '../outside.txt')]],
  ])('with %s is refused', async (_, paths) => {
    writeFileSync(join(here.base, 'outside.txt'), '');
    const { exit, error } = await installTar(paths);
    expect([exit, error?.code]).toEqual([65, 'TOKA_PLUGIN_UNSAFE']);
  });

  test.each([
    ['out of it', '/etc/passwd'],
    ['in it', 'dist'],
  ])('with a link %s is refused', async (_, target) => {
    const { exit, error } = await installTar((folder) => {
      symlinkSync(target, join(folder, 'package/link'));
      return [];
    });
    expect([exit, error?.code]).toEqual([65, 'TOKA_PLUGIN_UNSAFE']);
  });

  test('that holds more than plugins have is refused, however small it is', async () => {
    const { exit, error } = await installTar((folder) => {
      writeFileSync(join(folder, 'package/zeros'), '');
      truncateSync(join(folder, 'package/zeros'), 600 * 1024 ** 2);
      return [];
    });
    expect([exit, error?.code]).toEqual([65, 'TOKA_PLUGIN_UNSAFE']);
  });

  test('whose name is a path is refused', async () => {
    const { exit, error } = await installTar((folder) => {
      const file = join(folder, 'package/package.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"toka-plugin-weather"', '"../weather"'));
      return [];
    });
    expect([exit, error?.code]).toEqual([65, 'TOKA_MANIFEST_INVALID']);
  });

  test.each([
    ['no tarball', 'no tarball at all'],
    ['an empty file', ''],
  ])('%s is refused', async (_, text) => {
    const file = join(here.base, 'weather.tgz');
    writeFileSync(file, text);
    expect((await here.json(['plugins', 'install', file, '--yes'])).exit).toBe(65);
  });
});

test('a folder whose entry is a link out of it is not linked', async () => {
  const folder = writePlugin(join(here.project, 'weather'), { contributes: { storage: [{ id: 'cloud', entry: './cloud.js', summary: 'A cloud' }] } });
  writeFileSync(join(here.base, 'outside.js'), '');
  symlinkSync(join(here.base, 'outside.js'), join(folder, 'cloud.js'));
  const { exit, error } = await here.json(['plugins', 'link', 'weather', '--yes']);
  expect([exit, error?.code]).toEqual([65, 'TOKA_MANIFEST_INVALID']);
});
