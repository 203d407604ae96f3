import { rmSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { makeTree, runCheck } from './tree.ts';

const page = ['# Dependencies', '## Core: `toka`', '| `yaml` | runtime | Parses YAML. |', '## Git tools: `@toka/plugin-git`', '| `diff` | development | Shows changes. |'];

let root: string;
afterEach(() => rmSync(root, { recursive: true, force: true }));

function check(lines: readonly string[], added: object = {}) {
  root = makeTree({
    'package.json': { name: 'toka', workspaces: ['.', 'plugins/*'], dependencies: { yaml: '^2.9.1', '@toka/plugin-git': '^0.1.0' } },
    'plugins/git/package.json': { name: '@toka/plugin-git', devDependencies: { diff: '^9.0.0' }, ...added },
    'docs/dependencies.md': lines.join('\r\n'),
  });
  const { problems, status } = runCheck('dependencies.mjs', root);
  return { problems: problems.map((line) => line.split(':', 1)[0]), status };
}

test('every dependency with its reason passes; our own packages need none', () => {
  expect(check(page)).toEqual({ problems: [], status: 0 });
});

test('a dependency that is not explained is refused', () => {
  expect(check(page, { optionalDependencies: { fsevents: '^2.3.3' } })).toEqual({ problems: ['missing'], status: 1 });
});

test('the reason of another package does not count', () => {
  expect(check(page, { devDependencies: { diff: '^9.0.0', yaml: '^2.9.1' } })).toEqual({ problems: ['missing'], status: 1 });
});

test('an explanation of what is gone is refused', () => {
  expect(check([...page, '| `picomatch` | development | Globs. |'])).toEqual({ problems: ['stale'], status: 1 });
});

test('an empty reason is refused', () => {
  expect(check(page.with(4, '| `diff` | |'))).toEqual({ problems: ['reason'], status: 1 });
});
