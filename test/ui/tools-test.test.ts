import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Json, type Place, place, type Spec, tool } from '../support/cli.ts';

let here: Place | undefined;
afterEach(() => {
  here?.[Symbol.dispose]();
  here = undefined;
});

interface Report extends Json {
  readonly ok: boolean;
  readonly checks: readonly { readonly tool: string; readonly rule: string; readonly example?: string; readonly reason?: string; readonly skipped?: string }[];
}

const EXAMPLE = { description: 'Once', params: {} };

/** Tests one tool, and tells which rules failed or were skipped. */
async function tested(script: string, spec: Spec = {}, ...flags: string[]) {
  here = place({ 'notes.txt': 'one\n', ...tool('count', script, { examples: [EXAMPLE], capabilities: { required: ['fs:read:**'] }, ...spec }) });
  const { exit, checks } = await here.json<Report>(['tools', 'test', 'count', ...flags]);
  return {
    exit,
    failed: checks.filter(({ reason }) => reason !== undefined).map(({ rule }) => rule),
    skipped: checks.filter(({ skipped }) => skipped !== undefined).map(({ rule }) => rule),
  };
}

const OUTPUT = { outputs: { schema: { type: 'object', properties: { lines: { type: 'integer' } }, required: ['lines'] } } };
const SOUND = { exit: 0, failed: [], skipped: [] };

test('a sound tool passes', async () => {
  expect(await tested(`printf '{"lines": %s}' "$(wc -l <notes.txt)"`, OUTPUT)).toEqual(SOUND);
});

test('a project with links, out of it or round in circles, is copied as it is', async () => {
  here = place({ 'notes.txt': 'one\n', ...tool('count', 'cat notes.txt', { examples: [EXAMPLE], capabilities: { required: ['fs:read:**'] } }) });
  mkdirSync(join(here.base, 'outside'));
  writeFileSync(join(here.base, 'outside/closed'), '', { mode: 0o000 });
  symlinkSync(join(here.base, 'outside'), join(here.project, 'outside'));
  for (const name of ['one', 'other']) symlinkSync('.', join(here.project, name));
  expect((await here.run(['tools', 'test', 'count'])).code).toBe(0);
});

/** For each rule a tool that breaks it. */
const BROKEN: Readonly<Record<string, readonly [string, Spec?, ...string[]]>> = {
  'tool/examples': ['true', { examples: [] }],
  'example/exit-code': ['echo no >&2; exit 3'],
  'example/output': [`printf '{"lines": "one"}'`, OUTPUT, 'example/exit-code'],
  'example/stderr': ['exit 3', { examples: [{ ...EXAMPLE, exitCode: 3 }] }],
  'example/effect': ['echo two >>notes.txt', { capabilities: { required: ['fs:read:**', 'fs:write:**'] } }],
};

test.each(Object.entries(BROKEN))('%s can be broken', async (rule, [script, spec = {}, ...others]) => {
  const { exit, failed } = await tested(script, spec);
  expect({ exit, failed: failed.toSorted() }).toEqual({ exit: 1, failed: [rule, ...others].toSorted() });
});

test('what an example does stays in its copy', async () => {
  expect(await tested('echo two >>notes.txt', { effect: 'external', capabilities: { required: ['fs:read:**', 'fs:write:**'] } })).toEqual(SOUND);
  expect(here?.read('notes.txt')).toBe('one\n');
});

test('an example that is to fail passes with its exit code alone', async () => {
  expect(await tested('echo "no such file" >&2; exit 3', { examples: [{ ...EXAMPLE, exitCode: 3 }] })).toEqual(SOUND);
});

test('what it asks for beyond its copy has to be granted, and without that nothing is known of it', async () => {
  const spec = { capabilities: { required: ['fs:read:**', 'env:read:EDITOR'] } };
  expect(await tested('true', spec)).toEqual({ exit: 69, failed: [], skipped: ['example/runs'] });
  here?.[Symbol.dispose]();
  expect(await tested('true', spec, '--allow', 'env:read:EDITOR')).toEqual(SOUND);
});

test('all tools that are no part of toka, with a JUnit report', async () => {
  here = place({ ...tool('one', 'true', { examples: [EXAMPLE] }), ...tool('two', 'exit 1', { examples: [EXAMPLE] }) });
  const { code, stdout } = await here.run(['tools', 'test', '--all', '--junit', 'report.xml']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^project\/two +example\/exit-code +FAILED/m);
  const xml = readFileSync(join(here.project, 'report.xml'), 'utf8');
  expect(xml).toContain('<testcase classname="project/one" name="example/exit-code: Once"');
  expect(xml).toMatch(/<testcase classname="project\/two" name="example\/exit-code: Once" time="0"><failure message="expected success, found failed/);
  expect(xml).not.toContain('classname="files/');
});

test('a bundled tool is tried in the folder that is named', async () => {
  here = place();
  const examples = join(import.meta.dirname, '../../plugins/files/test/examples');
  expect(await here.json(['tools', 'test', 'file-reader', '--folder', examples])).toMatchObject({ exit: 0, ok: true, schema: 'toka/tool-test/v1' });
});

test.each([[[]], [['--all', 'file-reader']], [['no-such-tool']]])('%j is refused', async (words) => {
  here = place();
  expect(await here.json(['tools', 'test', ...words])).toMatchObject({ exit: 2 });
});
