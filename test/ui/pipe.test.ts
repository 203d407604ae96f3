import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Json, type Place, place } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'docs/a.md': 'one\n', 'b.md': 'two\n' });
});
afterEach(() => here[Symbol.dispose]());

async function listed(): Promise<string> {
  return (await here.run(['run', 'file-lister', '.', '--json'])).stdout;
}

async function read(words: readonly string[], input: string): Promise<Json & { readonly exit: number | null }> {
  return here.json(['run', 'file-reader', '--params', '-', ...words], { input });
}

test('a result is mapped to the parameters of the next tool by JSON Pointer', async () => {
  expect(await read(['--map', 'path=/entries/0/path'], await listed())).toMatchObject({ exit: 0, data: { content: 'two\n' } });
});

test('a plain object is mapped likewise, and other parameters may be given beside it', async () => {
  expect(await read(['--map', 'path=/files~1here/~0', '--limit', '1'], JSON.stringify({ 'files/here': { '~': 'b.md' } }))).toMatchObject({ exit: 0 });
});

test('a result that does not fit says what it holds, what is taken, and how to map it', async () => {
  const { exit, error } = await read([], await listed());
  expect([exit, error?.code, error?.data]).toMatchObject([2, 'TOKA_PARAM_INVALID', { from: 'files/file-lister' }]);
  expect(error?.message).toContain('entries (array)');
  expect(error?.message).toContain('path (string, required)');
  expect(error?.hint).toContain('--map path=/');
});

test.each([
  ['leads to nothing', 'path=/entries/99/path', 'TOKA_PARAM_INVALID'],
  ['goes into a text', 'path=/entries/0/path/x', 'TOKA_PARAM_INVALID'],
  ['names a member of every object', 'path=/constructor', 'TOKA_PARAM_INVALID'],
  ['gives a value of another type', 'path=/entries', 'TOKA_PARAM_INVALID'],
  ['names no parameter', 'nope=/entries', 'TOKA_PARAM_INVALID'],
  ['is no pointer', 'path=entries', 'TOKA_USAGE'],
  ['has no name', '=/entries', 'TOKA_USAGE'],
])('a mapping that %s is refused', async (_what, map, code) => {
  expect(await read(['--map', map], await listed())).toMatchObject({ exit: 2, error: { code } });
});

test('a mapping without anything to map from is refused', async () => {
  expect(await here.json(['run', 'file-reader', '--map', 'path=/x'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
});

test.each([
  ['that does not say how it ended', { schema: 'toka/run-result/v1', data: { path: 'b.md' } }],
  ['of a version that this toka does not know', { schema: 'toka/run-result/v9', status: 'succeeded', data: { path: 'b.md' } }],
])('a result %s is refused as such', async (_, result) => {
  const { exit, error } = await read([], JSON.stringify(result));
  expect([exit, error?.code]).toEqual([2, 'TOKA_PARAM_INVALID']);
  expect(error?.message).toContain('toka/run-result/v1');
});

test('the result of a run that failed is not passed on', async () => {
  const failed = (await here.run(['run', 'file-reader', 'gone.md', '--json'])).stdout;
  expect(await read(['--map', 'path=/path'], failed)).toMatchObject({ exit: 2, error: { code: 'TOKA_PARAM_INVALID' } });
});
