import { rmSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { makeTree, runCheck } from './tree.ts';

const esbuild = { version: '0.28.2', optionalDependencies: { '@esbuild/linux-x64': '0.28.2' } };
const binding = { version: '0.28.2' };

let root: string;
afterEach(() => rmSync(root, { recursive: true, force: true }));

function check(packages: object) {
  root = makeTree({ 'package-lock.json': { packages } });
  const { problems, status } = runCheck('lockfile.mjs', root);
  return { problems: problems.map((line) => line.split(' ', 2).join(' ')), status };
}

test.each([
  ['beside the package', { 'node_modules/esbuild': esbuild, 'node_modules/@esbuild/linux-x64': binding }],
  ['inside the package', { 'node_modules/esbuild': esbuild, 'node_modules/esbuild/node_modules/@esbuild/linux-x64': binding }],
  ['above a workspace', { 'bin/node': esbuild, 'node_modules/@esbuild/linux-x64': binding }],
  ['of a linked workspace', { 'node_modules/toka': { resolved: '', link: true }, 'node_modules/@toka/sdk': { resolved: 'plugins/sdk', link: true } }],
])('a version locked for each platform passes: %s', (_, packages) => {
  expect(check({ '': {}, ...packages })).toEqual({ problems: [], status: 0 });
});

test('a platform without a version is refused', () => {
  expect(check({ '': {}, 'node_modules/esbuild': esbuild })).toEqual({ problems: ['platform: node_modules/esbuild'], status: 1 });
});

test.each(['https://registry.example/esbuild.tgz', 'git+ssh://git@example.org/esbuild.git'])('an address is refused: %s', (resolved) => {
  expect(check({ '': {}, 'node_modules/esbuild': { resolved } })).toEqual({ problems: ['address: node_modules/esbuild'], status: 1 });
});

test('a lock file without packages fails', () => {
  expect(check({}).status).toBe(1);
});
