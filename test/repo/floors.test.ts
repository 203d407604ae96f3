import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { makeTree, runCheck } from './tree.ts';

/** A house that keeps all rules; each test adds to it. */
const house = {
  'src/launch.ts': `import { spawn } from './commands/run.ts';\nawait import('chalk');`,
  'src/commands/run.ts': `import { createToka } from '../toka.ts';\nimport type { Plan } from '../sandbox/plan.ts';\nimport { parseArgs } from 'node:util';`,
  'src/lean/agent-run.ts': `export const main = 1;`,
  'src/lean/completion-words.ts': `export const main = 1;`,
  'src/lean/run.ts': `export const main = 1;`,
  'src/lean/runs-list.ts': `export const main = 1;`,
  'src/lean/tools-list.ts': `export const main = 1;`,
  'src/toka.ts': `import { execute } from './pipeline/execute.ts';\nimport { start } from './runtime/process.ts';`,
  'src/pipeline/execute.ts': `import { start } from '../runtime/process.ts';\nimport { TokaError } from '../errors.ts';`,
  'src/runtime/process.ts': `import { launch } from '../sandbox/launch.js';\nimport { coded } from '@toka/sdk';`,
  'src/sandbox/launch.ts': `import { spawn } from 'node:child_process';\nimport { makePlan } from './plan.ts';`,
  'src/sandbox/plan.ts': `export const makePlan = 1;`,
  'src/registry/search.ts': `import { z } from 'zod';`,
  'src/errors.ts': `export class TokaError {}`,
  'plugins/sdk/src/index.ts': `import { hash } from 'node:crypto';`,
  'plugins/git/src/git-log.ts': `import { coded } from '@toka/sdk';\nimport { diffLines } from 'diff';\nimport { format } from './format.ts';`,
  'plugins/git/src/format.ts': `export const format = 1;`,
};

let root: string;
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs the check over the house with these files added; the answer is the rule and the place of each problem. */
function check(added: Readonly<Record<string, string>>): { problems: string[]; status: number | null } {
  root = makeTree({ ...house, ...added });
  const { problems, status } = runCheck('floors.mjs', root);
  return { problems: problems.map((line) => /^\w+: [^ ]+/.exec(line)?.[0] ?? line), status };
}

test('a house that keeps the rules passes', () => {
  expect(check({})).toEqual({ problems: [], status: 0 });
});

describe('an import that goes up is refused', () => {
  test.each([
    ['of a value', `import { x } from '../pipeline/execute.ts';`],
    ['of a type', `import type { x } from '../pipeline/execute.ts';`],
    ['in a type', `export type X = import('../pipeline/execute.ts').X;`],
    ['of a value that is exported again', `export { x } from '../pipeline/execute.ts';`],
    ['of everything that is exported again', `export * from '../pipeline/execute.ts';`],
    ['at run time', `export const load = () => import('../pipeline/execute.ts');`],
    ['at run time, in backquotes', 'export const load = () => import(`../pipeline/execute.ts`);'],
    ['by the name of the compiled file', `import { x } from '../pipeline/execute.js';`],
  ])('%s', (_, source) => {
    const { problems, status } = check({ 'src/journal/chain.ts': `// first\n${source}` });
    expect(problems).toEqual([expect.stringMatching(/^upward: src\/journal\/chain\.ts:2:\d+$/)]);
    expect(status).toBe(1);
  });

  test('to toka.ts, and to launch.ts at the very top', () => {
    expect(check({ 'src/registry/search.ts': `import '../toka.ts';`, 'src/ui/table.ts': `import '../launch.ts';` }).problems).toEqual([
      'upward: src/registry/search.ts:1:8',
      'upward: src/ui/table.ts:1:8',
    ]);
  });
});

test.each([
  { room: 'capability', other: 'registry/search.ts' },
  { room: 'hooks', other: 'commands/run.ts' },
])('an import from $room of its neighbour $other is refused', ({ room, other }) => {
  expect(check({ [`src/${room}/a.ts`]: `import '../${other}';` }).problems).toEqual([`sideways: src/${room}/a.ts:1:8`]);
});

test('neither errors nor the SDK knows the other', () => {
  expect(check({ 'src/errors.ts': `import type { CodedError } from '@toka/sdk';` }).problems).toEqual(['sideways: src/errors.ts:1:33']);
});

describe('a circle is refused, and told once', () => {
  test('of two files', () => {
    expect(check({ 'src/sandbox/plan.ts': `import './launch.ts';` }).problems).toEqual(['circle: src/sandbox/launch.ts']);
  });

  test('of three files, through a type and a dynamic import', () => {
    const circle = {
      'src/config/layers.ts': `import type { Origin } from './origins.ts';`,
      'src/config/origins.ts': `await import('./merge.ts');`,
      'src/config/merge.ts': `export * from './layers.ts';`,
    };
    expect(check(circle).problems).toEqual(['circle: src/config/layers.ts']);
  });

  test('of a file with itself', () => {
    expect(check({ 'src/errors.ts': `import './errors.ts';` }).problems).toEqual(['circle: src/errors.ts']);
  });

  test('in a plugin', () => {
    expect(check({ 'plugins/git/src/format.ts': `import './git-log.ts';` }).problems).toEqual(['circle: plugins/git/src/format.ts']);
  });
});

describe('what starts programs is reserved', () => {
  test.each([
    ['commands/run.ts', '../runtime/process.ts'],
    ['ui/repl/session.ts', '../../sandbox/launch.ts'],
    ['agent/loop.ts', '../model/gateway.ts'],
    ['registry/probe.ts', 'node:child_process'],
    ['registry/probe.ts', 'child_process'],
    ['journal/git.ts', 'execa'],
  ])('%s may not import %s', (file, specifier) => {
    expect(check({ [`src/${file}`]: `import type { X } from '${specifier}';`, 'src/model/gateway.ts': '' }).problems).toEqual([
      `reserved: src/${file}:1:24`,
    ]);
  });

  test('doctor may ask the probe, and start what housekeeping needs', () => {
    const doctor = { 'src/commands/doctor.ts': `import '../sandbox/probe.ts';\nawait import('execa');`, 'src/sandbox/probe.ts': '' };
    expect(check(doctor).problems).toEqual([]);
  });
});

describe('packages of ours keep apart', () => {
  test.each([
    ['plugins/git/src/format.ts', 'toka'],
    ['plugins/git/src/format.ts', '@toka/plugin-files/dist/file-reader.js'],
    ['plugins/sdk/src/index.ts', 'zod'],
    ['src/registry/search.ts', '@toka/plugin-files'],
  ])('%s may not import %s', (file, specifier) => {
    expect(check({ [file]: `import '${specifier}';` }).problems).toEqual([`stranger: ${file}:1:8`]);
  });

  test.each([
    ['plugins/git/src/format.ts', '../../sdk/src/index.ts'],
    ['plugins/git/src/format.ts', '../../../src/errors.ts'],
    ['src/registry/search.ts', '../../plugins/sdk/src/index.ts'],
  ])('%s may not reach out to %s', (file, specifier) => {
    expect(check({ [file]: `import '${specifier}';` }).problems).toEqual([`outside: ${file}:1:8`]);
  });
});

test('a file in a folder without a floor is refused', () => {
  expect(check({ 'src/util/helpers.ts': '' }).problems).toEqual(['homeless: src/util/helpers.ts']);
});

describe('on the way from launch.ts', () => {
  test('a package is refused, however far away it is imported', () => {
    expect(check({ 'src/runtime/process.ts': `import '../registry/search.ts';` }).problems).toEqual(['hot: src/registry/search.ts:1:19']);
  });

  test('an inline type leaves the import in place, a type-only import does not', () => {
    const sources = { 'src/errors.ts': `import type { A } from 'zod';\nimport { type B } from 'yaml';` };
    expect(check(sources).problems).toEqual(['hot: src/errors.ts:2:24']);
  });
});

describe('a check that finds nothing fails', () => {
  test.each([
    ['an empty src/', 'src', 'nothing: no'],
    ['a plugin without sources', 'plugins/git/src', 'nothing: no'],
    ['no launch.ts', 'src/launch.ts', 'nothing: the'],
  ])('%s', (_, path, problem) => {
    root = makeTree(house);
    rmSync(join(root, path), { recursive: true });
    expect(runCheck('floors.mjs', root)).toEqual({ problems: [expect.stringContaining(problem)], status: 1 });
  });
});

test('a file that does not parse fails by name', () => {
  const { problems, status } = check({ 'src/errors.ts': 'export const = 1;' });
  expect(problems.join('\n')).toContain('src/errors.ts');
  expect(status).toBe(1);
});
