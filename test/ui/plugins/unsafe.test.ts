import { chmodSync, globSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
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

function umask(mask: number): Disposable {
  const before = process.umask(mask);
  return { [Symbol.dispose]: () => void process.umask(before) };
}

describe('a tarball', () => {
  async function installTar(write: (folder: string) => string[], level = 1): Promise<Json & { readonly exit: number | null }> {
    const folder = join(here.base, 'tar');
    for (const [name, content] of Object.entries(pluginFiles())) {
      mkdirSync(join(folder, 'package', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'package', name), content);
    }
    const more = write(folder);
    const file = join(here.base, 'weather.tgz');
    await create({ cwd: folder, file, gzip: { level }, preservePaths: true }, ['package', ...more]);
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

  test('with a package.json that is far too large is refused, however well it packs', async () => {
    const { exit, error } = await installTar((folder) => {
      writeFileSync(join(folder, 'package/package.json'), JSON.stringify({ name: 'weather', padding: 'x'.repeat(50_000_000) }));
      return [];
    }, 9);
    expect([exit, error?.code]).toEqual([65, 'TOKA_MANIFEST_INVALID']);
  });

  test.each([
    ['with a byte order mark', (text: string) => `\uFEFF${text}`],
    ['in YAML', (text: string) => text.replace('"name"', 'name')],
  ])('with a package.json %s, which is no JSON, is refused', async (_, spoil) => {
    const { exit, error } = await installTar((folder) => {
      const file = join(folder, 'package/package.json');
      writeFileSync(file, spoil(readFileSync(file, 'utf8')));
      return [];
    });
    expect([exit, error?.code]).toEqual([65, 'TOKA_MANIFEST_INVALID']);
  });

  test('is told what is wrong with its files by their places in the package: what was unpacked is gone', async () => {
    const { error } = await installTar((folder) => {
      writeFileSync(join(folder, 'package/package.json'), JSON.stringify({ ...(JSON.parse(pluginFiles()['package.json'] ?? '') as object), toka: { manifestVersion: 1, api: 'x', contributes: {} } }));
      return [];
    });
    expect(error).toMatchObject({ code: 'TOKA_MANIFEST_INVALID', where: expect.stringMatching(/^package\.json:\d/) as string });
    expect(JSON.stringify(error)).not.toContain('staging');
  });

  test('whose name is a path is refused', async () => {
    const { exit, error } = await installTar((folder) => {
      const file = join(folder, 'package/package.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"toka-plugin-weather"', '"../weather"'));
      return [];
    });
    expect([exit, error?.code]).toEqual([65, 'TOKA_MANIFEST_INVALID']);
  });

  test('for another platform is refused', async () => {
    const { exit, error } = await installTar((folder) => {
      writeFileSync(join(folder, 'package/package.json'), JSON.stringify({ ...(JSON.parse(pluginFiles()['package.json'] ?? '') as object), os: ['no-such-system'] }));
      return [];
    });
    expect([exit, error?.code]).toEqual([69, 'TOKA_PLUGIN_UNAVAILABLE']);
  });

  test('whose files anybody may write is installed so that their owner alone may, also for somebody who grants all to everybody', async () => {
    using _ = umask(0);
    const { exit } = await installTar((folder) => {
      chmodSync(join(folder, 'package/dist'), 0o777);
      chmodSync(join(folder, 'package/dist/forecast.js'), 0o4777);
      return [];
    });
    expect(exit).toBe(0);
    const [installed = ''] = globSync(join(here.home, '.local/share/toka/plugins/*/node_modules/toka-plugin-weather/dist'));
    expect(['', 'forecast.js'].map((name) => statSync(join(installed, name)).mode & 0o7777)).toEqual([0o755, 0o755]);
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
