import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../../support/cli.ts';
import { keepFolders } from '../../support/kept-folders.ts';
import { packPlugin, pluginFiles, type PluginSpec, writePlugin } from '../../support/plugin.ts';
import { hasTmux, openPane, type Pane } from '../../support/terminal.ts';

const NAME = 'toka-plugin-weather';
const [DECLARED] = (JSON.parse(pluginFiles()['package.json'] ?? '{}') as { toka: { contributes: { tools: readonly object[] } } }).toka.contributes.tools;

let own: Place;
let here: Place;
beforeEach(() => {
  own = place();
  here = own;
});
afterEach(() => own[Symbol.dispose]());

/** A plugin whose hook says what `said.json` of the package holds, and fails where that is not there. `note` changes the hook's file alone. */
function saying(ids: readonly string[] | undefined, note = ''): PluginSpec {
  const hook = `// ${note}\nimport { readFileSync } from 'node:fs';\nexport default () => JSON.parse(readFileSync(new URL('../said.json', import.meta.url), 'utf8'));`;
  return {
    packageJson: { oclif: { hooks: { 'toka:manifest': './dist/hook.js' } } },
    files: { 'dist/hook.js': hook, ...(ids === undefined ? {} : { 'said.json': JSON.stringify({ tools: ids.map((id) => ({ ...DECLARED, id })) }) }) },
  };
}

function write(ids: readonly string[] | undefined, note = ''): void {
  writePlugin(join(here.project, 'weather'), saying(ids, note));
}

async function link(...words: readonly string[]): Promise<number | null> {
  return (await here.json(['plugins', 'link', 'weather', ...words])).exit;
}

async function tools(cwd = here.project): Promise<string[]> {
  const { tools: all } = await here.json<Json & { tools: readonly { name: string }[] }>(['tools', 'list', '--source', 'weather'], { cwd });
  return all.map(({ name }) => name).toSorted();
}

interface State {
  readonly name: string;
  readonly state: string;
  readonly error?: { readonly code: string; readonly hint?: string };
}

async function state(command: 'plugins list' | 'doctor' = 'plugins list'): Promise<readonly [string | undefined, string | undefined]> {
  const { plugins } = await here.json<Json & { plugins: readonly State[] }>(command.split(' '));
  const found = plugins.find(({ name }) => name === NAME);
  return [found?.state, found?.error?.code];
}

const answers = (): string => join(here.home, '.local/share/toka/record/hooks');
/** Lets toka find another answer kept than the one that it kept. */
function leave(content: string | undefined): void {
  for (const file of readdirSync(answers()).map((name) => join(answers(), name))) {
    rmSync(file);
    if (content !== undefined) writeFileSync(file, content);
  }
}

describe('a linked folder whose files have changed', () => {
  // They share a place: what each of them does to the folder, to the plugins and to the configuration of the user is undone.
  let shared: Place;
  let putBack: () => void;
  beforeAll(async () => {
    shared = place();
    here = shared;
    write(['today']);
    expect(await link('--yes')).toBe(0);
    expect(await tools()).toEqual(['forecast', 'today']);
    putBack = keepFolders([join(here.project, 'weather'), join(here.home, '.local/share/toka')], shared.base);
  });
  beforeEach(() => {
    here = shared;
  });
  afterEach(() => {
    putBack();
    rmSync(join(here.home, 'config/toka/config.yaml'), { force: true });
  });
  afterAll(() => shared[Symbol.dispose]());

  test('brings nothing by a hook that says something else than what was agreed to, and what it declares as before', async () => {
    write(['today', 'tomorrow'], 'changed');
    expect(await tools()).toEqual(['forecast']);
    expect((await here.json(['run', 'forecast', 'Oslo'])).exit).toBe(0);
    expect((await here.json(['run', 'today', 'Oslo'])).error?.code).toBe('TOKA_TOOL_UNKNOWN');
  });

  test('is looked at anew where the module of the hook alone has changed', async () => {
    const before = readFileSync(join(here.project, 'weather/dist/hook.js'), 'utf8');
    writeFileSync(join(here.project, 'weather/said.json'), JSON.stringify({ tools: [{ ...DECLARED, id: 'tomorrow' }] }));
    writeFileSync(join(here.project, 'weather/dist/hook.js'), `${before}\n`);
    expect(await tools()).toEqual(['forecast']);
  });

  test('brings the same by a hook that says the same', async () => {
    write(['today'], 'changed');
    expect(await tools()).toEqual(['forecast', 'today']);
    expect(await state()).toEqual(['linked', undefined]);
  });

  test('brings what was agreed to once its hook says that again', async () => {
    write(['tomorrow'], 'changed');
    expect(await tools()).toEqual(['forecast']);
    write(['today'], 'changed back');
    expect(await tools()).toEqual(['forecast', 'today']);
  });

  test('is said to be pending, by lists, doctor and inspect, each with the one next step', async () => {
    write(['tomorrow'], 'changed');
    const step = `toka plugins accept ${NAME}`;
    expect((await here.run(['tools', 'list'])).stderr).toContain(step);
    expect(await state()).toEqual(['pending', 'TOKA_PLUGIN_CONSENT']);
    expect(await state('doctor')).toEqual(['pending', 'TOKA_PLUGIN_CONSENT']);
    const { exit, error, contributions } = await here.json<Json & { contributions: readonly { id: string }[] }>(['plugins', 'inspect', 'weather']);
    expect([exit, error?.code, error?.hint?.includes(step), contributions.map(({ id }) => id)]).toEqual([77, 'TOKA_PLUGIN_CONSENT', true, ['forecast']]);
  });

  test('brings what its hook says once that was accepted, in every project', async () => {
    const other = join(here.base, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'toka.yaml'), 'apiVersion: toka/v1\n');
    write(['tomorrow'], 'changed');
    expect(await tools(other)).toEqual(['forecast']);
    const { changes } = await here.json<Json & { changes: readonly { change: string }[] }>(['plugins', 'accept', 'weather', '--yes']);
    expect(changes.map(({ change }) => change)).toEqual(['accepted']);
    expect([await tools(), await tools(other)]).toEqual([['forecast', 'tomorrow'], ['forecast', 'tomorrow']]);
    expect(await state()).toEqual(['linked', undefined]);
  });

  test('brings no more where nobody is there to accept it', async () => {
    write(['tomorrow'], 'changed');
    const { exit, error } = await here.json(['plugins', 'accept', 'weather']);
    expect([exit, error?.code]).toEqual([77, 'TOKA_PLUGIN_CONSENT']);
    expect(await tools()).toEqual(['forecast']);
  });

  test('brings it where the configuration of the user names the plugin, once that is accepted', async () => {
    const folder = join(here.home, 'config/toka');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.yaml'), `apiVersion: toka/v1\nplugins:\n  allow: [${NAME}]\n`);
    write(['tomorrow'], 'changed');
    expect(await tools()).toEqual(['forecast']);
    expect((await here.json(['plugins', 'accept', 'weather'])).exit).toBe(0);
    expect(await tools()).toEqual(['forecast', 'tomorrow']);
  });

  test('keeps what was agreed to where it is linked again and nobody agrees', async () => {
    expect(await link()).toBe(77);
    expect(await tools()).toEqual(['forecast', 'today']);
  });

  test('has nothing to accept where its hook says what was agreed to', async () => {
    const { changes } = await here.json<Json & { changes: readonly { change: string }[] }>(['plugins', 'accept', 'weather']);
    expect(changes.map(({ change }) => change)).toEqual(['unchanged']);
  });
});

test('what a hook says to doctor after a failure counts once it was accepted', async () => {
  write(undefined);
  expect(await link('--yes')).toBe(0);
  expect(await state()).toEqual(['broken', 'TOKA_PLUGIN_FAILED']);
  writeFileSync(join(here.project, 'weather/said.json'), JSON.stringify({ tools: [{ ...DECLARED, id: 'today' }] }));
  expect(await state('doctor')).toEqual(['pending', 'TOKA_PLUGIN_CONSENT']);
  expect(await tools()).toEqual(['forecast']);
  expect((await here.json(['plugins', 'accept', 'weather', '--yes'])).exit).toBe(0);
  expect(await tools()).toEqual(['forecast', 'today']);
});

test('a hook that fails cannot be accepted, and that is said', async () => {
  write(undefined);
  await link('--yes');
  const { exit, error } = await here.json(['plugins', 'accept', 'weather', '--yes']);
  expect([exit, error?.code]).toEqual([70, 'TOKA_PLUGIN_FAILED']);
});

// Compatibility: the form of 0.1.0 before answers were agreed to had no version, and did not tell the two apart.
test.each([
  ['was not kept', undefined],
  ['was kept without what was agreed to', JSON.stringify({ key: 'any', answer: { tools: [{ ...DECLARED, id: 'today' }] } })],
  ['is damaged', '{"version":1,"agreed":{},"asked":{"key":1}}'],
])('of an installed plugin whose answer %s nothing counts until it was accepted', async (_, content) => {
  expect((await here.json(['plugins', 'install', packPlugin(join(here.base, 'weather'), saying(['today'])), '--yes'])).exit).toBe(0);
  expect(await tools()).toEqual(['forecast', 'today']);
  leave(content);
  expect(await tools()).toEqual(['forecast']);
  expect(await state()).toEqual(['pending', 'TOKA_PLUGIN_CONSENT']);
  expect((await here.json(['plugins', 'accept', 'weather', '--yes'])).exit).toBe(0);
  expect(await tools()).toEqual(['forecast', 'today']);
});

// Files of compat/ are never changed: an answer that was agreed to stays so.
test('an answer that was agreed to in the form of version 1 counts', async () => {
  write(['today']);
  await link('--yes');
  leave(readFileSync(join(import.meta.dirname, 'compat/v1/hook-answer.json'), 'utf8'));
  expect(await tools()).toEqual(['forecast', 'today']);
});

describe.skipIf(!hasTmux)('in a terminal (needs tmux)', () => {
  let pane: Pane;
  beforeEach(() => {
    pane = openPane(here);
  });
  afterEach(() => pane[Symbol.dispose]());

  test('what is refused when an unchanged folder is linked again brings nothing, and the plugin stays', async () => {
    write(undefined);
    await link('--yes');
    writeFileSync(join(here.project, 'weather/said.json'), JSON.stringify({ tools: [{ ...DECLARED, id: 'today' }] }));
    pane.toka('plugins link weather');
    await pane.shows(`Install ${NAME} 1.0.0?`);
    pane.type('y');
    pane.press('Enter');
    expect(await pane.shows(`Use all of ${NAME} 1.0.0?`)).toContain('today');
    pane.press('Enter');
    expect(await pane.exit()).toBe(77);
    expect(await tools()).toEqual(['forecast']);
    expect(await state()).toEqual(['pending', 'TOKA_PLUGIN_CONSENT']);
  });
});
