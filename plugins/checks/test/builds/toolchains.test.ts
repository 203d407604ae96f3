import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check, fixture, has, lay, plan, root } from './support.ts';

describe('a Python project', () => {
  it('is checked by the tools that it configures', async () => {
    await fixture('python-shop');
    expect(await plan()).toEqual([
      'python install planned python3 -m pip check',
      'python lint planned python3 -m ruff check --no-cache --output-format=concise .',
      'python types planned python3 -m mypy --cache-dir=/dev/null',
      'python test planned python3 -m pytest -q --tb=short -p no:cacheprovider',
      'python build planned python3 -m build --no-isolation',
    ]);
  });

  it.skipIf(!has('python3', '-m', 'pytest', '--version'))('with a failing test gives its place (needs pytest)', async () => {
    await fixture('python-shop');
    expect(await check({ steps: ['test'] })).toMatchObject({
      code: 'BUILD_FAILED',
      steps: [{ status: 'failed', exitCode: 1, diagnostics: [{ path: 'tests/test_shop.py', line: 5, message: 'assert 4 == 3' }] }],
    });
  });

  it.skipIf(!has('python3', '--version'))('without pytest is tested by unittest (needs python3)', async () => {
    await fixture('python-unit');
    expect(await check({ steps: ['test'] })).toMatchObject({
      ok: true,
      steps: [{ status: 'passed', command: ['python3', '-m', 'unittest', 'discover', '-s', 'tests'] }],
    });
  });

  it.skipIf(!has('python3', '--version'))('whose tool is not installed is incomplete (needs python3)', async () => {
    await lay({
      'pyproject.toml': '[tool.mypy]\n',
      'tests/test_a.py': 'import unittest\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n',
      'mypy/__main__.py': 'raise SystemExit("No module named mypy")\n',
    });
    expect(await check({ steps: ['types', 'test'] })).toMatchObject({
      code: 'BUILD_INCOMPLETE',
      steps: [{ status: 'unavailable' }, { status: 'passed' }],
    });
  });

  it('uses the interpreter of its own environment', async () => {
    await lay({ 'pyproject.toml': '[tool.mypy]\n', '.venv/bin/python3': '#!/bin/sh\n' });
    expect(await plan({ steps: ['types'] })).toEqual([
      `python types planned ${join(root, '.venv/bin/python3')} -m mypy --cache-dir=/dev/null .`,
    ]);
  });
});

describe('a Rust project', () => {
  it('is checked by cargo, offline and with its lock file', async () => {
    await fixture('rust-till');
    expect(await plan()).toEqual([
      'cargo install planned cargo fetch --locked --offline --quiet',
      'cargo lint planned cargo clippy --locked --offline --all-targets --message-format=short',
      'cargo types planned cargo check --locked --offline --all-targets --message-format=short',
      'cargo test planned cargo test --locked --offline',
      'cargo build planned cargo build --locked --offline --message-format=short',
    ]);
  });

  it.skipIf(!has('cargo', '--version'))('that builds passes, its warnings told (needs cargo)', { timeout: 120_000 }, async () => {
    await fixture('rust-till');
    expect(await check({ steps: ['install', 'types', 'test'] })).toMatchObject({
      ok: true,
      steps: [
        { status: 'passed' },
        { status: 'passed', diagnostics: [{ path: 'src/lib.rs', line: 2, column: 9, severity: 'warning' }] },
        { status: 'passed' },
      ],
    });
  });

  it('covers the members of its workspace', async () => {
    await lay({
      'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n',
      'crates/a/Cargo.toml': '[package]\nname = "a"\n',
      'fuzz/Cargo.toml': '[package]\nname = "fuzz"\n',
    });
    const result = await check({ plan: true, steps: ['types'] });
    expect(result.steps[0]?.command).toContain('--workspace');
    expect(result.uncovered).toEqual([{ folder: 'fuzz', kinds: ['cargo'] }]);
  });
});

describe('a Go project', () => {
  it('is checked by go, its modules unchanged', async () => {
    await fixture('go-till');
    expect(await plan()).toEqual([
      'go install skipped',
      'go lint planned go vet ./...',
      'go types skipped',
      'go test planned go test ./...',
      'go build planned go build -o /dev/null ./...',
    ]);
  });

  it.skipIf(has('go', 'version'))('cannot be checked without go, and that is no success (only where go is not installed)', async () => {
    await fixture('go-till');
    expect(await check()).toMatchObject({ ok: false, code: 'BUILD_NOTHING_CHECKED', counts: { unavailable: 3, passed: 0 } });
  });

  it('of several modules is checked module by module', async () => {
    await lay({
      'go.work': 'go 1.22\n\nuse (\n\t./api\n\t./store // data\n)\n',
      'api/go.mod': 'module api\n',
      'store/go.mod': 'module store\n',
      'old/go.mod': 'module old\n',
    });
    expect(await plan({ steps: ['test'] })).toEqual(['api:go test planned go test ./...', 'store:go test planned go test ./...']);
    expect((await check({ plan: true })).uncovered).toEqual([{ folder: 'old', kinds: ['go'] }]);
  });
});

describe('a Makefile', () => {
  it('is used for targets that are steps, and for no other', async () => {
    await fixture('c-abacus');
    expect(await plan()).toEqual([
      'make lint planned make --no-print-directory lint',
      'make types skipped',
      'make test planned make --no-print-directory check',
      'make build planned make --no-print-directory build',
    ]);
  });

  it.skipIf(!has('make', '--version') || !has('cc', '--version'))(
    'whose program does not compile gives the place (needs make and cc)',
    async () => {
      await fixture('c-abacus');
      const result = await check();
      expect(result.steps).toMatchObject([
        {
          step: 'lint',
          status: 'failed',
          diagnostics: [
            { path: 'abacus.c', line: 3, column: 10, severity: 'error' },
            { line: 2, severity: 'warning' },
          ],
        },
        {},
        { status: 'failed' },
        { status: 'failed' },
      ]);
      expect(await readdir(root)).not.toContain('deployed.txt');
    },
  );

  it.skipIf(!has('make', '--version'))('whose program is missing is not counted as fine (needs make)', async () => {
    await lay({ Makefile: 'lint:\n\tsurely-not-installed\ntest:\n\ttrue\n' });
    expect(await check()).toMatchObject({ code: 'BUILD_INCOMPLETE', counts: { passed: 1, unavailable: 1 } });
  });

  it('beside another manifest runs only what that lacks', async () => {
    await lay({ 'package.json': { scripts: { test: 'x' } }, Makefile: 'test:\n\tnpm test\nlint:\n\ttrue\n' });
    expect(await plan({ steps: ['lint', 'test'] })).toEqual([
      'npm lint skipped',
      'make lint planned make --no-print-directory lint',
      'npm test planned npm run --silent test',
      'make test skipped',
    ]);
  });
});
