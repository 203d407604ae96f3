import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toolContext } from '../../../../test/support/tool-context.ts';
import { check, lay, plan, root } from './support.ts';

describe('any folder', () => {
  it('with nothing to check is not fine', async () => {
    await lay({ 'notes.txt': 'x' });
    expect(await check()).toMatchObject({ ok: false, code: 'BUILD_NOTHING_CHECKED', steps: [] });
  });

  it('without a project of its own has those below checked', async () => {
    await lay({
      'web/package.json': { scripts: { test: 'x' } },
      'server/go.mod': 'module server\n',
      'server/node_modules/a/package.json': {},
    });
    expect(await plan({ steps: ['test'] })).toEqual(['server:go test planned go test ./...', 'web:npm test planned npm run --silent test']);
  });

  it('is checked for the ecosystems that the caller names', async () => {
    await lay({ 'package.json': { scripts: { test: 'x' } }, 'go.mod': 'module a\n' });
    expect(await plan({ steps: ['test'], ecosystems: ['go'] })).toEqual(['go test planned go test ./...']);
  });

  it('that is none is refused', async () => {
    await expect(check({ path: join(root, 'absent') })).rejects.toMatchObject({ code: 'BUILD_NOT_FOLDER' });
  });

  it.each([
    ['package.json', '{'],
    ['package.json', '[]'],
    ['Cargo.toml', 'a ='],
    ['pyproject.toml', '= 1'],
  ])('with a broken %s (%s) says so', async (name, text) => {
    await lay({ [name]: text });
    await expect(check()).rejects.toMatchObject({ code: 'BUILD_MANIFEST_INVALID' });
  });
});

describe('a step', () => {
  it('whose program was not granted is denied, and the flag is named', async () => {
    await lay({ 'package.json': { scripts: { test: 'exit 0', build: 'exit 0' } } });
    const result = await check({}, toolContext({ root, missing: ['proc:exec:npm'] }));
    expect(result).toMatchObject({ ok: false, counts: { denied: 2, passed: 0 } });
    expect(result.steps.find(({ status }) => status === 'denied')?.reason).toContain('--allow proc:exec:npm');
  });

  /** A compiler that never ends, started directly: no shell between it and its end. */
  const endless = {
    'package.json': {},
    'tsconfig.json': {},
    'node_modules/typescript/bin/tsc': 'console.log("at work"); setInterval(() => {}, 1000);',
  };

  it('that takes too long is stopped and told apart from a failure', async () => {
    await lay(endless);
    expect(await check({ steps: ['types'], stepTimeout: 1 })).toMatchObject({
      code: 'BUILD_FAILED',
      counts: { 'timed-out': 1, failed: 0 },
    });
  });

  it('ends with the run when that is cancelled', async () => {
    await lay(endless);
    const cancel = new AbortController();
    const reason = new Error('cancelled by the test');
    const ctx = toolContext({ root, signal: cancel.signal });
    const running = check(
      { steps: ['types'] },
      { ...ctx, progress: ({ message }) => void (message?.includes('at work') === true && cancel.abort(reason)) },
    );
    await expect(running).rejects.toBe(reason);
  });

  it('reports its progress and keeps the end of a long output', async () => {
    await lay({
      'package.json': { scripts: { test: 'node print.cjs' } },
      'print.cjs': 'for (let n = 0; n < 50000; n++) console.log("line " + n);',
    });
    const ctx = toolContext({ root });
    const { steps } = await check({ steps: ['test'] }, ctx);
    expect(steps[0]?.output?.split('\n')).toHaveLength(60);
    expect(steps[0]?.output).toMatch(/line 49999$/);
    expect(ctx.reported.some(({ message }) => message?.startsWith('npm test: line ') === true)).toBe(true);
    expect(ctx.reported.at(-1)).toMatchObject({ done: 1, total: 1 });
  });
});
