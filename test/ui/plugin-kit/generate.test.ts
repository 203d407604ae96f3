import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place } from '../../support/cli.ts';
import { generate, KINDS, linkPackages } from '../../support/generated-plugin.ts';
import { hasTmux, openPane } from '../../support/terminal.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

describe.each(KINDS)('a new %s', (kind) => {
  test('builds, passes its own tests, and what toka tests of it', async () => {
    linkPackages(here);
    const plugin = await generate(here, kind, 'toka-plugin-weather');
    const { status, stdout } = spawnSync('npm', ['test'], { cwd: plugin.folder, encoding: 'utf8' });
    expect({ status, stdout: status === 0 ? '' : stdout }).toEqual({ status: 0, stdout: '' });
    const report = await plugin.test();
    expect(report.checks.filter(({ reason }) => reason !== undefined)).toEqual([]);
    expect(report).toMatchObject({ exit: 0, ok: true, schema: 'toka/plugin-test/v1', plugin: 'toka-plugin-weather' });
  });

  test('has nothing of the template in it', async () => {
    const { files, folder } = await here.json<{ files: readonly string[]; folder: string }>(['plugins', 'generate', '@example/toka-plugin-new-thing', '--kind', kind]);
    const texts = files.map((file) => `${file}\n${readFileSync(join(folder, file), 'utf8')}`).join('\n');
    expect(texts).not.toMatch(/word-?count|tiny-?script|scratch-?store|chat-?server|CHAT_SERVER|scratch-?queue|long-?runs|"private"/i);
    expect(texts).toContain('"name": "@example/toka-plugin-new-thing"');
    expect(files).toContain('src/new-thing.ts');
    expect(files).toContain('.gitignore');
  });
});

test.each(['', 'Weather', 'my plugin', '../weather', '.weather', '@toka/weather', 'node_modules', 'weather_report', 'a/b', 'x'.repeat(215), '@example/', 'toka-plugin-', '1weather'])('the name "%s" is refused', async (name) => {
  const before = readdirSync(here.base, { recursive: true });
  expect(await here.json(['plugins', 'generate', name, '--kind', 'tool'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
  expect(readdirSync(here.base, { recursive: true }).filter((file) => !String(file).includes('.toka'))).toEqual(before.filter((file) => !String(file).includes('.toka')));
});

test('a folder that exists is refused, and stays as it is', async () => {
  mkdirSync(join(here.project, 'weather'));
  expect(await here.json(['plugins', 'generate', 'weather', '--kind', 'tool'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
  expect(readdirSync(join(here.project, 'weather'))).toEqual([]);
});

test.each([[], ['--kind', 'door']])('without a kind that there is (%s) nothing is asked where nobody is there', async (...flags) => {
  expect(await here.json(['plugins', 'generate', 'weather', ...flags])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
  expect(existsSync(join(here.project, 'weather'))).toBe(false);
});

test.each(['class', 'default', 'import'])('a name that is a word of the language (%s) makes a plugin that compiles', async (name) => {
  linkPackages(here);
  await expect(generate(here, 'tool', name)).resolves.toBeDefined();
});

describe.skipIf(!hasTmux)('in a terminal (needs tmux)', () => {
  test('the kind is asked for, and then for consent', async () => {
    using pane = openPane(here);
    pane.toka('plugins generate weather');
    await pane.shows('What shall it add?');
    pane.press('Enter');
    await pane.shows('Make the tool plugin weather');
    pane.press('y', 'Enter');
    expect(await pane.exit()).toBe(0);
    expect(existsSync(join(here.project, 'weather/src/weather.ts'))).toBe(true);
  });

  test('without consent nothing is written', async () => {
    using pane = openPane(here);
    pane.toka('plugins generate weather --kind tool');
    await pane.shows('Make the tool plugin weather');
    pane.press('Enter');
    expect(await pane.exit()).toBe(130);
    expect(existsSync(join(here.project, 'weather'))).toBe(false);
  });
});
