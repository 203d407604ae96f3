import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTree, runCheck } from './tree.ts';

let root: string;
beforeEach(() => {
  root = makeTree({ 'README.md': 'Run it anywhere.\n', 'docs/setup.md': 'Copy it to /usr/local/bin.\n' });
  execFileSync('git', ['init', '--quiet'], { cwd: root });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function check() {
  execFileSync('git', ['add', '--all'], { cwd: root });
  return runCheck('paths.mjs', root);
}

test('files that belong to no machine pass', () => {
  expect(check()).toEqual({ problems: [], status: 0 });
});

test('the folder of the checkout is refused, with its place', () => {
  writeFileSync(join(root, 'docs/setup.md'), `# Setup\n\ncd ${root}/bin\n`);
  expect(check()).toEqual({ problems: [expect.stringMatching(/^docs\/setup\.md:3:/)], status: 1 });
});

test('the host of the registry is refused', () => {
  writeFileSync(join(root, '.npmrc'), 'registry=http://localhost:4873/\n');
  expect(check()).toEqual({ problems: [expect.stringMatching(/^\.npmrc:1:/)], status: 1 });
});

test('a repository without a tracked file fails', () => {
  rmSync(join(root, 'README.md'));
  rmSync(join(root, 'docs'), { recursive: true });
  expect(check().status).toBe(1);
});
