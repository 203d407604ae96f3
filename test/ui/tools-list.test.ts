import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Place, place } from '../support/cli.ts';

const manifest = (name: string, description: string, category = 'texts'): string => `apiVersion: toka/v1
metadata: { name: ${name}, version: 1.0.0, category: ${JSON.stringify(category)}, description: ${JSON.stringify(description)}, author: a, tags: [x] }
spec:
  executable: { type: shell, path: tool.sh, interpreter: sh, workingDirectory: caller }
  capabilities: { required: ['proc:exec:sh'] }
  effect: read
`;

let here: Place;
beforeAll(() => {
  here = place({
    'manifests/tool.sh': ':\n',
    'manifests/short.yaml': manifest('short', 'Here', 'Übung'),
    'manifests/wide.yaml': manifest('wide', 'First\u061c line   with room\nand a second', 'größer als andere 🗂'),
    '.toka/tools/tool.sh': ':\n',
    '.toka/tools/file-reader.yaml': manifest('file-reader', 'Has the name of a tool of toka'),
  });
});
afterAll(() => here[Symbol.dispose]());

const list = async (...flags: readonly string[]): Promise<string> => (await here.run(['tools', 'list', ...flags])).stdout;
const line = async (start: string): Promise<string | undefined> => (await list()).split('\n').find((each) => each.startsWith(start));

describe('the table of tools', () => {
  test('is the same whether SQLite or JavaScript lays it out', async () => {
    // Every tool of the project needs this capability, and no other has it.
    expect((await list('--capability', 'proc:exec:sh', '--source', 'project')).split('\n')).toEqual((await list('--source', 'project')).split('\n'));
  });

  test('shows a tool whose name others have by its full name, also where the others are left out', async () => {
    for (const flags of [[], ['--source', 'project'], ['--category', 'texts']]) {
      expect(await list(...flags)).toMatch(/^project\/file-reader +project /m);
    }
    expect(await line('file-reader')).toBe(undefined);
    expect(await line('files/file-reader')).toMatch(/^files\/file-reader +files /);
  });

  test('shows the first line of a description, without what turns the direction of reading, one space at a time', async () => {
    expect(await line('wide')).toMatch(/ read +First line with room$/);
  });

  test('has its columns below their titles, whatever letters are in them', async () => {
    const [head = '', ...lines] = (await list()).trimEnd().split('\n');
    const at = Array.from(head).join('').indexOf('EFFECT');
    for (const each of lines) expect(Array.from(each).slice(at).join('')).toMatch(/^(none|read|idempotent|external|privileged) /);
  });

  test('says that nothing fits on stderr, and has its head alone', async () => {
    const { code, stdout, stderr } = await here.run(['tools', 'list', '--category', 'none such']);
    expect([code, stdout.trimEnd().split(/ +/)]).toEqual([0, ['NAME', 'SOURCE', 'CATEGORY', 'EFFECT', 'DESCRIPTION']]);
    expect(stderr).toContain('no tool fits');
  });
});

describe('a configuration that does not fit', () => {
  const user = (text: string): void => {
    const folder = join(here.home, 'config/toka');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.yaml'), `apiVersion: toka/v1\n${text}`);
    onTestFinished(() => rmSync(join(folder, 'config.yaml')));
  };

  test('names a folder of tools that is not there, and the list says so', async () => {
    user('tools:\n  paths: [nosuch]\n');
    const { code, stderr } = await here.run(['tools', 'list']);
    expect(code).toBe(0);
    expect(stderr).toContain(join(here.home, 'config/toka/nosuch'));
  });

  test('names a folder of tools that is there, and nothing is said', async () => {
    mkdirSync(join(here.base, 'empty'));
    user(`tools:\n  paths: [${join(here.base, 'empty')}]\n`);
    expect((await here.run(['tools', 'list'])).stderr).toBe('');
  });

  test('prefers a source that has no tool of that name, and the run that needs it says so', async () => {
    user('prefer: { file-reader: nosuch }\n');
    const { error } = await here.json(['run', 'file-reader', 'toka.yaml']);
    expect(error).toMatchObject({ code: 'TOKA_TOOL_AMBIGUOUS', hint: expect.stringContaining('nosuch') as unknown });
  });
});
