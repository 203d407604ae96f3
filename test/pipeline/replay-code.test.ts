import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'a.md': 'one\n' });
});
afterEach(() => here[Symbol.dispose]());

const WORDS = ['code', 'run', '--language', 'js', '--allow', 'tool:call:files/file-reader', '--allow', 'fs:read:a.md', '-'];

async function ran(source: string): Promise<string> {
  const { runId } = await here.json<Json & { readonly runId: string }>(WORDS, { input: source });
  return runId;
}

describe('JavaScript that is told again', () => {
  test('gets the answers on record instead of calling', async () => {
    const run = await ran('return (await tools.file_reader({ path: "a.md" })).content');
    here.write({ 'a.md': 'two\n' });
    expect(await here.json(['runs', 'replay', run])).toMatchObject({ exit: 0, same: true });
  });

  test('diverges where it returns something else', async () => {
    const run = await ran('return Math.random()');
    expect(await here.json(['runs', 'replay', run])).toMatchObject({ exit: 76, same: false });
  });

  test('is not done once more to be compared', async () => {
    const run = await ran('return 1');
    expect(await here.json(['runs', 'replay', run, '--reexecute'])).toMatchObject({ exit: 69, error: { code: 'TOKA_RUN_NOT_RECORDED' } });
  });
});
