import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Json, type Place, place } from '../../support/cli.ts';
import { packPlugin } from '../../support/plugin.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

/** Installs a plugin with a runtime that says that it is of one kind, and is of another, and asks for a run in its language. */
async function ranIn({ language, isolation, is = isolation }: { language: string; isolation: string; is?: string }): Promise<Json & { readonly exit: number | null }> {
  const runtime = { id: 'quick', entry: './dist/quick.cjs', summary: 'Run quick', languages: { [language]: ['.quick'] }, isolation, supports: { calls: false, requirements: false } };
  const source = `require('node:fs').writeFileSync(${JSON.stringify(join(here.base, 'ran'))}, '');
module.exports = { default: { id: 'quick', languages: {}, isolation: '${is}', async run() { return { ok: true, data: 'ran' }; }, async program() { return { argv: ['/bin/true'] }; } } };`;
  const spec = { name: 'toka-plugin-quick', tools: [], contributes: { runtimes: [runtime] }, files: { 'dist/quick.cjs': source } };
  const tarball = packPlugin(join(here.base, 'quick'), spec);
  expect(await here.json(['plugins', 'install', tarball, '--yes'])).toMatchObject({ exit: 0 });
  return here.json(['code', 'run', '--language', language, '-'], { input: 'anything' });
}

test('of a plugin that is no part of toka no isolate runs, and nothing of it is loaded', async () => {
  expect(await ranIn({ language: 'quick', isolation: 'isolate' })).toMatchObject({ exit: 69, error: { code: 'TOKA_RUNTIME_UNAVAILABLE' } });
  expect(() => here.read('../ran')).toThrow('ENOENT');
});

test('one that is an isolate, and says that it is not, does not run', async () => {
  expect(await ranIn({ language: 'quick', isolation: 'sandbox', is: 'isolate' })).toMatchObject({ exit: 69, error: { code: 'TOKA_RUNTIME_FAILED' } });
});

test('one whose language another has is not taken silently, nor is the other', async () => {
  expect(await ranIn({ language: 'js', isolation: 'sandbox' })).toMatchObject({ exit: 2, error: { code: 'TOKA_LANGUAGE_AMBIGUOUS', data: { plugins: ['@toka/plugin-javascript', 'toka-plugin-quick'] } } });
});
