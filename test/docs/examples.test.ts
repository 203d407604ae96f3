import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { canSandbox, copy, ROOT } from './support.ts';

const clone = copy();
afterAll(() => clone[Symbol.dispose]());
const project = join(clone.folder, 'examples/project');
const launcher = join(ROOT, 'bin/run.js');
const sandboxed = canSandbox(clone);
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

function toka(args: readonly string[], input?: string) {
  return clone.spawn(process.execPath, [launcher, ...args], { cwd: project, ...(input === undefined ? {} : { input }) });
}

test('every manifest of the example project is valid', () => {
  expect(toka(['tools', 'validate', 'manifests']).status).toBe(0);
});

test('the project grants itself nothing before it is trusted, and less than it asks for afterwards', () => {
  expect(toka(['run', 'word-count', 'data/notes.txt']).status).toBe(77);
  expect(toka(['trust']).status).toBe(0);
  expect(toka(['run', 'csv-summary', 'data/private/customers.csv']).status).toBe(77);
});

describe.skipIf(!sandboxed)('in the sandbox', () => {
  test('the shell tool gives typed data', () => {
    toka(['trust']);
    const { data } = JSON.parse(toka(['run', 'word-count', 'data/notes.txt', '--json']).stdout) as { data: unknown };
    const text = readFileSync(join(project, 'data/notes.txt'), 'utf8');
    expect(data).toEqual({ lines: 3, words: text.trim().split(/\s+/).length, bytes: text.length });
  });

  test.skipIf(!has('python3'))('the result of the Python tool is what the TypeScript tool takes', () => {
    toka(['trust']);
    const summary = toka(['run', '--quiet', 'csv-summary', 'data/sales.csv', '--json']);
    const { status, stdout } = toka(['run', 'markdown-table', '--params', '-'], summary.stdout);
    expect(status).toBe(0);
    expect(stdout).toContain('| amount | number | 1 |');
  });

  test.skipIf(!has('curl'))('a page that wants a secret mailed gets nothing, and the person gets what they ask for', () => {
    const { status, stdout, stderr } = clone.spawn(process.execPath, [join(ROOT, 'examples/poisoned-page/demo.mjs')], { cwd: project });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/TOKA_FLOW_DENIED: .*collector@evil\.example.*comes from web/);
    expect(stdout.match(/exit code .*/g)).toEqual(['exit code 77, in the outbox: nothing', 'exit code 0, in the outbox: ann@shop.example']);
  });

  test.skipIf(!has('make') || !has('python3'))('all of the Makefile runs, with exit codes and --json', () => {
    const { status, stdout, stderr } = clone.spawn('make', ['-C', 'examples', `TOKA=${process.execPath} ${launcher}`], { cwd: clone.folder });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+ links, 0 broken$/m);
    expect(stdout).toMatch(/^~ project\/word-count$/m);
    expect(stdout).toContain('agent: { "region": "south"');
    expect(stdout).toContain('agent: may not read data/private, as it should be');
    expect(readFileSync(join(clone.folder, 'examples/build/sales.md'), 'utf8')).toContain('4 rows');
  });
});

test('a token goes through three processes, and none gets more out of it', () => {
  const { status, stdout, stderr } = clone.spawn(process.execPath, [join(ROOT, 'examples/tokens/parent.mjs')], { cwd: project });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const outcomes = stdout.trim().split('\n').map((line) => /^(\w+) .* (\w+)$/.exec(line)?.slice(1));
  expect(outcomes).toEqual([
    ['child', 'ok'],
    ['child', 'ok'],
    ['child', 'TOKA_CAPABILITY_DENIED'],
    ['grandchild', 'ok'],
    ['grandchild', 'TOKA_TOKEN_WIDENS'],
    ['grandchild', 'TOKA_TOKEN_DELEGATION'],
    ['grandchild', 'TOKA_CAPABILITY_DENIED'],
    ['grandchild', 'TOKA_TOKEN_WIDENS'],
    ['grandchild', 'TOKA_TOKEN_FORGED'],
    ['grandchild', 'TOKA_TOKEN_KEY_UNKNOWN'],
  ]);
});

test('the example of embedding runs, and is denied what nobody granted', () => {
  const { status, stdout, stderr } = clone.spawn(process.execPath, [join(ROOT, 'examples/embed.mjs')], { cwd: project });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^denied TOKA_CAPABILITY_DENIED 1$/m);
  expect(stdout).toMatch(sandboxed ? /^succeeded \w+$/m : /TOKA_SANDBOX_UNAVAILABLE/);
});
