import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { place, tool, type Place } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'a line\n', ...tool('greet', 'echo hello', { capabilities: { optional: ['env:read:CI'] } }) });
  mkdirSync(join(here.home, 'config/toka'), { recursive: true });
  writeFileSync(
    join(here.home, 'config/toka/config.yaml'),
    'apiVersion: toka/v1\npolicy:\n  allow:\n    - proc:exec\n  ask:\n    - { capability: proc:exec:bash, tools: [greet], reason: shells }\n  deny:\n    - fs:read:private/**\n',
  );
});
afterEach(() => here[Symbol.dispose]());

interface Checked {
  readonly schema: string;
  readonly verdict: string;
  readonly needs: readonly { readonly capability: string; readonly verdict: string; readonly by: string; readonly grant?: string; readonly required: boolean }[];
}

describe('toka policy check', () => {
  test('names the rule that decides each need, by its place, and what would grant it', async () => {
    const result = await here.json<Checked>(['policy', 'check', 'greet']);
    expect(result).toMatchObject({ exit: 77, schema: 'toka/policy-check/v1', tool: 'project/greet', verdict: 'ask' });
    const [bash, ci] = result.needs;
    expect(bash).toMatchObject({ capability: 'proc:exec:bash', verdict: 'ask', required: true });
    expect(bash?.by).toContain('config.yaml:6');
    expect(bash?.grant).toContain("--allow 'proc:exec:bash'");
    expect(ci).toMatchObject({ capability: 'env:read:CI', verdict: 'deny', required: false });
  });

  test('says why the rule says so, also where it allows', async () => {
    writeFileSync(join(here.home, 'config/toka/config.yaml'), 'apiVersion: toka/v1\npolicy:\n  allow:\n    - { capability: proc:exec:bash, reason: shells are fine }\n');
    const [bash] = (await here.json<Checked>(['policy', 'check', 'greet'])).needs;
    expect(bash).toMatchObject({ verdict: 'allow', by: expect.stringMatching(/config\.yaml:4: shells are fine$/) });
    expect((await here.run(['run', '--dry-run', 'greet'])).stdout).toContain('shells are fine');
  });

  test('takes parameters as toka run does', async () => {
    const read = async (...words: string[]) => here.json<Checked>(['policy', 'check', 'file-reader', ...words]);
    expect(await read('--param', 'path=notes.txt')).toMatchObject({ exit: 0, verdict: 'allow', needs: [{ by: 'built-in' }] });
    const denied = await read('--param', 'path=private/x');
    expect(denied).toMatchObject({ exit: 77, verdict: 'deny' });
    expect(denied.needs[0]?.by).toContain('config.yaml:8');
    expect((await here.json(['policy', 'check', 'file-reader', '--params', '-'], { input: '{"path":"notes.txt"}' })).exit).toBe(0);
    expect((await read('--param', 'path=.env', '--allow', 'fs:read:.env')).exit).toBe(0);
  });

  test('runs, records and asks nothing', async () => {
    await here.run(['policy', 'check', 'greet', '--allow', 'proc:exec:bash']);
    expect((await here.json<{ runs: unknown[] }>(['runs', 'list'])).runs).toEqual([]);
  });

  test('says for people what it says for programs', async () => {
    const { code, stdout } = await here.run(['policy', 'check', 'greet']);
    expect(code).toBe(77);
    for (const part of ['proc:exec:bash', 'config.yaml:6', 'shells', 'env:read:CI']) expect(stdout).toContain(part);
  });

  test('of a call that cannot be decided says why', async () => {
    expect(await here.json(['policy', 'check', 'nobody'])).toMatchObject({ exit: 2, error: { code: 'TOKA_TOOL_UNKNOWN' } });
    expect(await here.json(['policy', 'check', 'file-reader'])).toMatchObject({ exit: 2, error: { code: 'TOKA_PARAM_INVALID' } });
  });
});

interface Tested {
  readonly failed: number;
  readonly cases: readonly { readonly name: string; readonly found: string; readonly passed: boolean; readonly line: number }[];
}

describe('toka policy test', () => {
  const table = (cases: readonly string[]): void => here.write({ 'policy.test.yaml': `apiVersion: toka/v1\ncases:\n${cases.map((each) => `  - ${each}\n`).join('')}` });
  const good = [
    '{ tool: file-reader, params: { path: notes.txt }, expect: allow }',
    '{ tool: files/file-reader, params: { path: private/x }, expect: deny }',
    '{ tool: greet, expect: ask }',
    '{ tool: greet, allow: [process-execution], expect: allow }',
  ];

  test('is content where the policy says what is expected', async () => {
    table(good);
    expect(await here.json<Tested>(['policy', 'test', 'policy.test.yaml'])).toMatchObject({ exit: 0, schema: 'toka/policy-test/v1', passed: 4, failed: 0 });
    expect((await here.run(['policy', 'test', 'policy.test.yaml'])).code).toBe(0);
  });

  test('names each case that is not as expected, with its line, and ends with 1', async () => {
    table([...good, '{ name: nobody reads this, tool: file-reader, params: { path: private/x }, expect: allow }', '{ tool: nobody, expect: deny }']);
    const result = await here.json<Tested>(['policy', 'test', 'policy.test.yaml']);
    expect([result.exit, result.failed]).toEqual([1, 2]);
    expect(result.cases.filter(({ passed }) => !passed)).toMatchObject([
      { name: 'nobody reads this', found: 'deny', line: 7 },
      { found: 'error', error: { code: 'TOKA_TOOL_UNKNOWN' }, line: 8 },
    ]);
    const { stdout } = await here.run(['policy', 'test', 'policy.test.yaml']);
    for (const part of ['policy.test.yaml:7', 'config.yaml:8']) expect(stdout).toContain(part);
  });

  test.each([
    ['{ tool: greet, expect: maybe }', '3:28'],
    ['{ tool: greet }', '3:5'],
    ['{ tool: greet, expect: allow, allow: [nonsense] }', '3:43'],
    ['{ tool: greet, expect: allow, params: 5 }', '3:43'],
  ])('a table that is none is refused with its place: %s', async (line, place_) => {
    table([line]);
    const result = await here.json(['policy', 'test', 'policy.test.yaml']);
    expect(result).toMatchObject({ exit: 65, error: { code: 'TOKA_POLICY_TEST_INVALID' } });
    expect(result.error).toMatchObject({ where: expect.stringContaining(place_) as string });
  });

  test('a table that is not there', async () => {
    expect(await here.json(['policy', 'test', 'nowhere.yaml'])).toMatchObject({ exit: 65, error: { code: 'TOKA_POLICY_TEST_INVALID' } });
  });
});

describe('--dry-run', () => {
  interface Plan {
    readonly needs: readonly { readonly capability: string; readonly neededBy: string; readonly grantedBy: readonly string[]; readonly lack?: string }[];
    readonly origins: { readonly limits: Readonly<Record<string, string>>; readonly env: Readonly<Record<string, string>>; readonly mounts: Readonly<Record<string, string>> };
  }
  const plan = async (...words: readonly string[]) => here.json<Plan>(['run', '--dry-run', ...words]);

  test('says of each line where it comes from', async () => {
    here.write(tool('look', 'true', { capabilities: { required: ['fs:read:notes.txt'], optional: ['env:read:COLOUR'] }, security: { sandbox: { memory: '64M' } } }));
    const file = join(here.project, 'notes.txt');
    const { needs, origins } = await plan('look', '--allow', 'fs:read:notes.txt', '--allow', 'env:read:COLOUR', '--timeout', '5s');
    expect(needs.map(({ capability, grantedBy: [by = ''] }) => [capability, by.replace(/^.*\//, '')])).toEqual([
      ['proc:exec:bash', 'config.yaml:4'],
      [`fs:read:${file}`, 'flag'],
      ['env:read:COLOUR', 'flag'],
    ]);
    expect(needs.map(({ neededBy }) => neededBy.includes('manifests/look.yaml'))).toEqual([true, true, true]);
    expect(origins.limits).toMatchObject({ timeoutMs: 'flag --timeout', cpu: 'level restricted', memory: expect.stringContaining('look.yaml') as string });
    expect([origins.mounts[file], origins.env['PATH']]).toEqual(['flag', 'every sandbox']);
    const { stdout } = await here.run(['run', '--dry-run', 'look', '--allow', 'fs:read:notes.txt']);
    for (const part of ['config.yaml:4', 'by level restricted', 'look.yaml']) expect(stdout).toContain(part);
  });

  test('says why something is missing', async () => {
    const { exit, needs } = await plan('greet');
    expect(exit).toBe(77);
    expect(needs[0]?.lack).toContain('config.yaml:6');
  });
});
