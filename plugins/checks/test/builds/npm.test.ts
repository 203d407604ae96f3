import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toolContext } from '../../../../test/support/tool-context.ts';
import { check, lay, nodeModules, plan, root } from './support.ts';

const COMPILER = { compilerOptions: { strict: true, noEmit: true, target: 'ES2022', module: 'NodeNext' }, include: ['src'] };

describe('an npm project', () => {
  it('with wrong types, lint errors and a failing test gives their places', { timeout: 120_000 }, async () => {
    await lay({
      'package.json': {
        name: 'shop',
        version: '1.0.0',
        scripts: {
          lint: 'oxlint --deny no-debugger src',
          typecheck: 'tsc -p .',
          test: 'node --test src/sum.check.mjs',
          build: 'node -e "console.log(1)"',
          deploy: 'touch deployed',
        },
      },
      'tsconfig.json': COMPILER,
      'src/total.ts': "export function total(prices: number[]): number {\n  return prices.reduce((sum, price) => sum + price, '0');\n}\n",
      'src/old.js': 'debugger;\n',
      'src/sum.check.mjs':
        "import assert from 'node:assert';\nimport { test } from 'node:test';\ntest('adds', () => {\n  assert.equal(1 + 1, 3);\n});\n",
    });
    await symlink(nodeModules, join(root, 'node_modules'));
    const result = await check();
    expect(result).toMatchObject({
      ok: false,
      code: 'BUILD_FAILED',
      steps: [
        { ecosystem: 'npm', step: 'install', status: 'skipped' },
        { step: 'lint', status: 'failed', exitCode: 1, diagnostics: [{ path: 'src/old.js', line: 1, column: 1, severity: 'error' }] },
        { step: 'types', status: 'failed', diagnostics: [{ path: 'src/total.ts', line: 2, column: 3, severity: 'error' }] },
        {
          step: 'test',
          status: 'failed',
          exitCode: 1,
          diagnostics: [{ path: 'src/sum.check.mjs', line: 4, column: 10, severity: 'error' }],
        },
        { step: 'build', status: 'passed', exitCode: 0, command: ['npm', 'run', '--silent', 'build'] },
      ],
    });
    expect(await readdir(root)).not.toContain('deployed');
  });

  it('stops after the first defect where that is asked for', async () => {
    await lay({ 'package.json': { scripts: { lint: 'exit 3', test: 'exit 0' } } });
    const { steps } = await check({ failFast: true });
    expect(steps.map(({ step, status, exitCode }) => [step, status, exitCode])).toEqual([
      ['install', 'skipped', undefined],
      ['lint', 'failed', 3],
      ['types', 'skipped', undefined],
      ['test', 'skipped', undefined],
      ['build', 'skipped', undefined],
    ]);
  });

  it('whose linter is not installed is incomplete, never fine', async () => {
    await lay({ 'package.json': { scripts: { lint: 'surely-not-installed src', test: 'exit 0' } } });
    expect(await check()).toMatchObject({ ok: false, code: 'BUILD_INCOMPLETE', counts: { passed: 1, unavailable: 1 } });
  });

  it('takes the checking script before the mending one, and no script that is not a step', async () => {
    await lay({
      'package.json': {
        scripts: {
          lint: 'eslint --fix .',
          'lint:check': 'eslint .',
          test: 'echo "Error: no test specified" && exit 1',
          check: 'x',
          prepare: 'x',
          start: 'x',
        },
      },
    });
    expect(await plan()).toEqual([
      'npm install skipped',
      'npm lint planned npm run --silent lint:check',
      'npm types skipped',
      'npm test skipped',
      'npm build skipped',
    ]);
  });

  it('checks types with the installed compiler where no script does', async () => {
    await lay({ 'package.json': {}, 'tsconfig.json': COMPILER, 'src/a.ts': 'export const a: number = 1;\n' });
    await symlink(nodeModules, join(root, 'node_modules'));
    // The compiler lies outside the project here, where a tool may usually not look.
    const ctx = toolContext({ root, allows: () => true });
    expect(await check({ steps: ['types'] }, ctx)).toMatchObject({
      ok: true,
      steps: [
        { step: 'types', status: 'passed', command: ['node', 'node_modules/typescript/bin/tsc', '--noEmit', '--project', 'tsconfig.json'] },
      ],
    });
  });

  it.each([
    [{ 'pnpm-lock.yaml': '' }, 'pnpm test planned pnpm --silent run test'],
    [{ 'yarn.lock': '' }, 'yarn test planned yarn run test'],
    [{ 'package-lock.json': {} }, 'npm test planned npm run --silent test'],
    [{ 'bun.lock': '' }, 'npm test unavailable'],
  ])('is run by the manager whose lock file it has: %j', async (lock, expected) => {
    await lay({ 'package.json': { scripts: { test: 'x' } }, ...lock });
    expect(await plan({ steps: ['test'] })).toEqual([expected]);
  });

  it('is run by the manager that it names, whatever lock files lie about', async () => {
    await lay({ 'package.json': { packageManager: 'pnpm@10.4.1', scripts: { test: 'x' } }, 'package-lock.json': {}, 'yarn.lock': '' });
    expect(await plan({ steps: ['test'] })).toEqual(['pnpm test planned pnpm --silent run test']);
  });

  it('runs the scripts of its workspaces, and tells which packages it does not cover', async () => {
    await lay({
      'package.json': { workspaces: ['packages/*', '!packages/legacy'], scripts: { build: 'x' } },
      'packages/a/package.json': { scripts: { test: 'x' } },
      'packages/legacy/package.json': { scripts: { test: 'x' } },
      'tools/mint/Cargo.toml': '[package]\nname = "mint"\nversion = "0.1.0"\n',
    });
    expect(await plan({ steps: ['test', 'build'] })).toEqual([
      'npm test planned npm run --silent --workspaces --if-present test',
      'npm build planned npm run --silent build',
    ]);
    expect((await check({ plan: true })).uncovered).toEqual([
      { folder: 'packages/legacy', kinds: ['node'] },
      { folder: 'tools/mint', kinds: ['cargo'] },
    ]);
  });
});

describe('the installed packages of an npm project', () => {
  const manifest = { dependencies: { picocolors: '^1.1.0' } };
  const locked = (version: string) => ({ '': manifest, 'node_modules/picocolors': { version, integrity: 'sha512-x' } });
  const install = async () => (await check({ steps: ['install'] })).steps[0]?.status;

  it('agree with the lock file', async () => {
    await lay({
      'package.json': manifest,
      'package-lock.json': { packages: locked('1.1.1') },
      'node_modules/.package-lock.json': { packages: { 'node_modules/picocolors': locked('1.1.1')['node_modules/picocolors'] } },
    });
    expect(await install()).toBe('passed');
  });

  it.each([
    ['nothing is installed', { 'package-lock.json': { packages: locked('1.1.1') } }],
    ['there is no lock file', { 'node_modules/.package-lock.json': { packages: {} } }],
    [
      'another version is installed',
      {
        'package-lock.json': { packages: locked('1.1.1') },
        'node_modules/.package-lock.json': { packages: { 'node_modules/picocolors': { version: '1.1.0', integrity: 'sha512-x' } } },
      },
    ],
    [
      'something else is installed',
      {
        'package-lock.json': { packages: { '': manifest } },
        'node_modules/.package-lock.json': { packages: { 'node_modules/leftpad': { version: '1.0.0' } } },
      },
    ],
    [
      'the lock file is for other dependencies',
      {
        'package-lock.json': { packages: { '': { dependencies: { picocolors: '^0.9.0' } } } },
        'node_modules/.package-lock.json': { packages: {} },
      },
    ],
  ])('do not where %s', async (_name, files) => {
    await lay({ 'package.json': manifest, ...files });
    expect(await install()).toBe('failed');
  });

  it('may lack what is for another platform', async () => {
    await lay({
      'package.json': manifest,
      'package-lock.json': { packages: { '': manifest, 'node_modules/fsevents': { version: '2.3.3', optional: true } } },
      'node_modules/.package-lock.json': { packages: {} },
    });
    expect(await install()).toBe('passed');
  });
});
