import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Place, place } from '../support/cli.ts';

const TSC = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');

let here: Place;
beforeEach(() => {
  here = place({ 'toka.yaml': '' });
});
afterEach(() => here[Symbol.dispose]());

function compiled(types: string, code: string): string {
  writeFileSync(join(here.project, 'tools.d.ts'), types);
  writeFileSync(join(here.project, 'code.ts'), code);
  return spawnSync(process.execPath, [TSC, '--noEmit', '--strict', '--types', '', 'tools.d.ts', 'code.ts'], { cwd: here.project, encoding: 'utf8' }).stdout;
}

test('the types of all tools are TypeScript, in which right calls compile and wrong ones do not', async () => {
  const { code, stdout } = await here.run(['tools', 'types']);
  expect(code).toBe(0);
  expect(compiled(stdout, 'export const read = async () => (await tools.file_reader({ path: "a", limit: 3 })).content.length;\n')).toBe('');
  expect(compiled(stdout, 'export const read = () => tools.file_reader({ path: 1 });\n')).toContain('TS2322');
  expect(compiled(stdout, 'export const read = () => tools.file_raeder({ path: "a" });\n')).toContain('TS2551');
});

test('one tool is named, or several by a glob', async () => {
  expect((await here.run(['tools', 'types', 'file-reader'])).stdout.match(/^ {2}\w+\(/gm)).toEqual(['  file_reader(']);
  expect((await here.run(['tools', 'types', 'files/file-*'])).stdout.match(/^ {2}\w+\(/gm)).toHaveLength(5);
});

test('a name that there is not is suggested for', async () => {
  expect(await here.run(['tools', 'types', 'file-raeder'])).toMatchObject({ code: 2 });
});
