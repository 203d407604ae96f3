import { mkdirSync, symlinkSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { place, tool, type Place } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ ...tool('greet', 'echo hello') });
});
afterEach(() => here[Symbol.dispose]());

const allow = ['--allow', 'proc:exec:bash'] as const;
const missing = (result: { readonly error?: { readonly data?: Readonly<Record<string, unknown>> } }): unknown =>
  result.error?.data?.['missing'];

function userConfig(text: string): void {
  mkdirSync(join(here.home, 'config/toka'), { recursive: true });
  writeFileSync(join(here.home, 'config/toka/config.yaml'), `apiVersion: toka/v1\n${text}`);
}

describe('a tool of a project that nobody has trusted', () => {
  test('is denied, naming what is missing and the flag that grants it', async () => {
    const result = await here.json(['run', 'greet']);
    expect(result).toMatchObject({
      exit: 77,
      status: 'denied',
      output: '',
      exitCode: null,
      error: { code: 'TOKA_CAPABILITY_DENIED', data: { tool: 'project/greet', missing: ['proc:exec:bash'] } },
    });
    expect(result.error?.hint).toContain("--allow 'proc:exec:bash'");
  });

  test('runs with that flag', async () => {
    expect(await here.json(['run', 'greet', ...allow])).toMatchObject({ exit: 0, status: 'succeeded', output: 'hello\n', exitCode: 0 });
  });

  test('runs for a rule of the user; a rule for another tool is not one for it', async () => {
    userConfig('policy: { allow: [{ capability: proc:exec:bash, tools: [project/other] }] }');
    expect((await here.json(['run', 'greet'])).exit).toBe(77);
    userConfig('policy: { allow: [{ capability: proc:exec:bash, tools: [project/greet] }] }');
    expect((await here.json(['run', 'greet'])).exit).toBe(0);
  });

  test('takes nothing from the rules the clone brought along', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy: { allow: [proc:exec:bash] }\n' });
    expect((await here.json(['run', 'greet'])).exit).toBe(77);
  });

  test('nor from state, approvals or an index that the clone brought along', async () => {
    const grants = JSON.stringify({ version: 1, grants: [{ capability: 'proc:exec:bash', tools: ['project/greet'], root: here.project }] });
    here.write({
      '.toka/state/trust.json': JSON.stringify({ version: 1, projects: { [here.project]: {} } }),
      '.toka/state/sessions/any.json': grants,
      '.toka/config.yaml': 'apiVersion: toka/v1\npolicy: { allow: [proc:exec] }\n',
    });
    expect((await here.json(['run', 'greet'])).exit).toBe(77);
  });
});

describe('trust', () => {
  const rules = 'apiVersion: toka/v1\npolicy: { allow: [proc:exec:bash] }\n';

  test('counts for exactly the text that was trusted', async () => {
    here.write({ 'toka.yaml': rules });
    expect(await here.json(['trust', '--show'])).toMatchObject({ exit: 0, state: 'untrusted', grants: ['proc:exec:bash for every tool'] });
    expect((await here.json(['run', 'greet'])).exit).toBe(77);
    expect(await here.json(['trust'])).toMatchObject({ exit: 0, state: 'trusted' });
    expect((await here.json(['run', 'greet'])).exit).toBe(0);
    here.write({ 'toka.yaml': `${rules}# one more line\n` });
    expect(await here.json(['trust', '--show'])).toMatchObject({ state: 'changed' });
    expect((await here.json(['run', 'greet'])).exit).toBe(77);
    expect((await here.run(['trust', '--show'])).stdout).toContain('+ # one more line');
    here.write({ 'toka.yaml': rules });
    expect((await here.json(['run', 'greet'])).exit).toBe(0);
    expect(await here.json(['trust', '--revoke'])).toMatchObject({ exit: 0, state: 'untrusted' });
    expect((await here.json(['run', 'greet'])).exit).toBe(77);
  });

  test('shows what else would count, not only what is granted', async () => {
    const settings = 'tools: { paths: [more] }\nprefer: { greet: project }\nstorage: { backend: sqlite, location: journals }\nretention: { age: 30d, count: 100 }\n';
    here.write({ 'toka.yaml': `apiVersion: toka/v1\n${settings}` });
    const said = ['further tools are those in more', 'greet means project/greet', 'the journal is kept in sqlite at journals', 'toka runs prune drops what runs hold beyond age 30d, count 100'];
    expect(await here.json(['trust', '--show'])).toMatchObject({ grants: [], settings: said });
    const { stdout } = await here.run(['trust', '--show']);
    for (const line of said) expect(stdout).toContain(line);
  });

  test.each([
    ['hooks: [{ on: before-tool, tools: files/*, run: { command: [curl, 10.0.0.1] } }]', 'before tool (files/*) of an agent it runs curl 10.0.0.1'],
    ['hooks: [{ on: after-turn, run: { tool: notes } }]', 'after turn of an agent it runs the tool notes'],
    ['engine: { id: far, location: somewhere }', 'runs are given to the engine far at somewhere'],
    ["flows: { trusted: ['*'] }", 'what * says counts as if it came from you'],
    ['flows: { allow: [{ tool: mail, parameter: to, values: [a, b], origins: [web] }] }', 'an agent may pass a, b that stems from web on to mail, as to, without a question'],
    ['models: { roles: { work: some/model } }', 'work is the model some/model'],
    ['models: { fallbacks: { some/model: other/model } }', 'where some/model does not answer, other/model is asked'],
    ['models: { providers: { some: { baseURL: http://10.0.0.1/v1 } } }', 'some is asked at http://10.0.0.1/v1, with your key for it'],
    ['models: { providers: { some: { protocol: other } } }', 'some is spoken to as other'],
    ['models: { providers: { some: { keyEnv: SECRET } } }', 'the key for some is the variable SECRET'],
    ['models: { providers: { some: { keyFile: ../key } } }', 'the key for some is the file ../key'],
    ['models: { providers: { some: { context: 10, limits: { requests: 1 } } } }', 'of some it also sets limits: {"requests":1}, context: 10'],
    ['hooks: [{ on: after-turn, run: { tool: notes, params: { loud: true } } }]', 'after turn of an agent it runs the tool notes with {"loud":true}'],
    ['repl: { theme: light, screenReader: true }', 'conversations are lines alone'],
    ['tools: { paths: ["a\\nit grants nothing"] }', 'further tools are those in a it grants nothing'],
  ])('shows what would count: %s', async (settings, said) => {
    here.write({ 'toka.yaml': `apiVersion: toka/v1\n${settings}\n` });
    const { stdout } = await here.run(['trust', '--show']);
    expect(stdout.split('\n').map((line) => line.trim())).toContain(said);
  });

  test('is withdrawn from a file that is broken by now', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\n' });
    await here.json(['trust']);
    here.write({ 'toka.yaml': 'apiVersion: [\n' });
    expect(await here.json(['trust', '--revoke'])).toMatchObject({ exit: 0, state: 'untrusted' });
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\n' });
    expect(await here.json(['trust', '--show'])).toMatchObject({ state: 'untrusted' });
  });

  test('says nothing of a retention that holds nothing', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\nretention: {}\n' });
    expect(await here.json(['trust', '--show'])).toMatchObject({ settings: [] });
  });

  test('brings tools of a folder outside of the project, with scripts beside them but none further up', async () => {
    const written = (files: Record<string, string>, at: string): void => here.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [name.replace('manifests', at), text])));
    written(tool('shared', 'echo shared'), '../shared');
    written(tool('astray', 'echo astray', { executable: { path: '../up.sh' } }), '../shared');
    here.write({ '../up.sh': 'echo up', 'toka.yaml': 'apiVersion: toka/v1\ntools: { paths: [../shared] }\n' });
    expect(await here.json(['run', 'shared', ...allow])).toMatchObject({ exit: 2, error: { code: 'TOKA_TOOL_UNKNOWN' } });
    await here.json(['trust']);
    expect(await here.json(['run', 'shared', ...allow])).toMatchObject({ exit: 0, output: 'shared\n' });
    expect(await here.json(['run', 'astray', ...allow])).toMatchObject({ exit: 65, error: { code: 'TOKA_MANIFEST_INVALID' } });
  });

  test('what changed is shown also where a rule only moved to another list', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy:\n  deny:\n    - env:read:KEY\n    - proc:exec:bash\n  allow:\n    - env:read:CI\n' });
    await here.json(['trust']);
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy:\n  deny:\n    - env:read:KEY\n  allow:\n    - env:read:CI\n    - proc:exec:bash\n' });
    const { changes } = await here.json<{ changes: string[] }>(['trust', '--show']);
    expect(changes).toEqual(['-     - proc:exec:bash', '+     - proc:exec:bash']);
    expect((await here.run(['trust', '--show'])).stdout).toContain('+     - proc:exec:bash');
  });

  test('a copy of a trusted project is not trusted', async () => {
    here.write({ 'toka.yaml': rules });
    await here.json(['trust']);
    const { HOME, XDG_CONFIG_HOME, XDG_STATE_HOME } = here.env as Record<string, string>;
    using other = place({ 'toka.yaml': rules, ...tool('greet', 'echo hello') });
    expect((await other.json(['run', 'greet'], { env: { HOME, XDG_CONFIG_HOME, XDG_STATE_HOME } })).exit).toBe(77);
  });

  test('an untrusted project may narrow: its denials count', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy: { deny: [{ capability: proc:exec:bash, reason: frozen }] }\n' });
    const result = await here.json(['run', 'greet', ...allow]);
    expect(result).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
    expect(result.error?.message).toContain('frozen');
  });

  test('a damaged list of trusted projects: nothing runs, and the next step is said', async () => {
    await here.json(['trust']);
    const folder = join(here.home, 'state/toka/trust');
    for (const file of readdirSync(folder)) writeFileSync(join(folder, file), '{');
    const result = await here.json(['run', 'greet', ...allow]);
    expect(result).toMatchObject({ exit: 76, schema: 'toka/error/v1', error: { code: 'TOKA_INTEGRITY' } });
    expect(result.error?.hint).toBeTruthy();
  });
});

describe('denials and levels win over every grant', () => {
  test('a denial in the user’s configuration over --allow and a trusted project', async () => {
    userConfig('policy: { deny: [{ capability: proc:exec:bash, reason: no shells }] }');
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy: { allow: [proc:exec:bash] }\n' });
    await here.json(['trust']);
    const result = await here.json(['run', 'greet', ...allow]);
    expect(result).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
    expect(result.error?.hint).not.toContain('--allow');
  });

  test('the level: no network below elevated', async () => {
    here.write(tool('fetch', 'true', { capabilities: { required: ['net:connect:example.org:443'] }, security: { level: 'standard' } }));
    expect(await here.json(['run', 'fetch', ...allow, '--allow', 'net:connect'])).toMatchObject({
      exit: 77,
      error: { code: 'TOKA_CAPABILITY_DENIED' },
    });
  });

  test('at elevated the network still takes a grant', async () => {
    here.write(tool('fetch', 'true', { capabilities: { required: ['net:connect:example.org:443'] }, security: { level: 'elevated' } }));
    expect(await here.json(['run', 'fetch', ...allow])).toMatchObject({ exit: 77 });
    expect(await here.json(['run', 'fetch', ...allow, '--allow', 'net:connect:example.org:443'])).toMatchObject({ exit: 0 });
  });
});

describe('bundled tools', () => {
  test('read the project at once', async () => {
    here.write({ 'notes.txt': 'a line\n' });
    expect((await here.json(['run', 'file-reader', 'notes.txt'])).exit).toBe(0);
  });

  test('read nothing beside it, also not through a link', async () => {
    writeFileSync(join(here.base, 'outside.txt'), 'private');
    expect(await here.json(['run', 'file-reader', '../outside.txt'])).toMatchObject({ exit: 77 });
    symlinkSync('../outside.txt', join(here.project, 'link.txt'));
    const result = await here.json(['run', 'file-reader', 'link.txt']);
    expect([result.exit, JSON.stringify(result).includes('private')]).toEqual([77, false]);
  });

  test('a secret-bearing file needs a flag, which is named', async () => {
    here.write({ '.env': 'TOKEN=planted-value\n' });
    const denied = await here.json(['run', 'file-reader', '.env']);
    expect([denied.exit, missing(denied)]).toEqual([77, [`fs:read:${here.project}/.env`]]);
    expect(denied.error?.hint).toContain(`--allow 'fs:read:${here.project}/.env'`);
    expect(JSON.stringify(denied)).not.toContain('planted-value');
    expect((await here.json(['run', 'file-reader', '.env', '--allow', 'fs:read:.env'])).exit).toBe(0);
  });

  test('write nothing without a grant', async () => {
    const words = ['run', 'file-writer', 'new.txt', '--content', 'text'];
    expect((await here.json(words)).exit).toBe(77);
    expect(() => here.read('new.txt')).toThrow();
    expect((await here.json([...words, '--allow', 'fs:write:new.txt', '--allow', 'fs:read:new.txt'])).exit).toBe(0);
    expect(here.read('new.txt')).toBe('text');
  });
});

describe('optional capabilities', () => {
  test('fall away where they are not granted, and the tool is told', async () => {
    const script = `export default { name: 'look', summary: 'Look', effect: 'read', capabilities: {},
      params: { type: 'object', properties: {}, additionalProperties: false },
      run: async (_, { missing, env }) => ({ missing, colour: missing.length > 1 ? null : env('COLOUR') }) };`;
    here.write(tool('look', script, { type: 'native', capabilities: { optional: ['env:read:COLOUR', 'fs:read:docs/**'] } }));
    here.write({ 'docs/a.md': '' });
    const words = ['run', 'look', '--allow', 'proc:exec:node'];
    const env = { COLOUR: 'green' };
    const without = await here.json(words, { env });
    expect(without).toMatchObject({ exit: 0, data: { colour: null } });
    expect(JSON.stringify((without.data as { missing: unknown }).missing)).toContain('env:read:COLOUR');
    expect(await here.json([...words, '--allow', 'env:read:COLOUR'], { env })).toMatchObject({ exit: 0, data: { colour: 'green' } });
  });
});

test('what the tool sees is what was granted', async () => {
  const script = 'cat docs/a.md; ls; cat ../outside.txt; printenv SECRET_THING; printenv HOME; true';
  here.write({ 'docs/a.md': 'inside\n', 'private.txt': '', ...tool('look', script, { capabilities: { required: ['fs:read:docs/**'] } }) });
  const { stdout } = await here.run(['run', 'look', ...allow, '--allow', 'fs:read:docs/**'], { env: { SECRET_THING: 'planted' } });
  expect([stdout.includes('private.txt'), stdout.includes('planted'), stdout.includes(here.home)]).toEqual([false, false, false]);
});

describe('a longer name stands for what it stands for', () => {
  const look = tool('look', 'true', { capabilities: { required: ['validation'], optional: ['interactive-mode'] } });

  test('in a manifest: what is missing is named by its real capabilities', async () => {
    here.write(look);
    expect(missing(await here.json(['run', 'look']))).toEqual(['proc:exec:bash', `fs:read:${here.project}/**`]);
    expect((await here.json<{ tools: unknown[] }>(['tools', 'list', '--capability', 'validation', '--source', 'project'])).tools).toHaveLength(1);
  });

  test('with --allow, and in a configuration', async () => {
    here.write(look);
    const words = ['run', 'look', '--allow', 'validation'];
    expect((await here.json([...words, '--allow', 'process-execution'])).exit).toBe(0);
    userConfig('policy: { allow: [process-execution] }');
    expect((await here.json(words)).exit).toBe(0);
    userConfig('policy: { allow: [process-execution], deny: [{ capability: filesystem-read, tools: [look] }] }');
    expect((await here.json(words)).exit).toBe(77);
  });

  test('a name that is none is refused where it stands', async () => {
    userConfig('policy: { allow: [proces-execution] }');
    const result = await here.json(['run', 'greet']);
    expect(result).toMatchObject({ exit: 78, error: { code: 'TOKA_CONFIG_INVALID' } });
    userConfig('');
    expect((await here.json(['run', 'greet', '--allow', 'proces-execution'])).exit).toBe(2);
  });
});
