import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../support/cli.ts';

/** Adds a line to a file of its own each time that it really runs, so that a hit shows: it is told where by a grant that the cache knows nothing of. */
const COUNT = `apiVersion: toka/v1
metadata: { name: count, version: 1.0.0, category: test, description: Count the words of a file }
spec:
  executable: { type: shell, path: count.sh, interpreter: sh }
  parameters:
    - { name: path, type: path, required: true, description: The file, pass: { positional: 1 } }
    - { name: unit, type: string, default: words, description: What is counted, pass: { positional: 2 } }
  outputs: { schema: { type: object } }
  capabilities: { required: ['fs:read:{path}'], optional: ['env:read:SCALE'] }
  effect: none
  cache: true
`;
const SCRIPT = `words=$(wc -w < "$1")
printf '{"words": %s, "unit": "%s", "scale": "%s", "stamp": "%s"}\\n' "$words" "$2" "$SCALE" "$(date +%s%N)"
`;
const FILES = { 'toka.yaml': '', 'manifests/count/count.yaml': COUNT, 'manifests/count/count.sh': SCRIPT, 'notes.txt': 'one two\n', 'other.txt': 'one two\n' };

let here: Place;
beforeEach(() => {
  here = place(FILES);
});
afterEach(() => here[Symbol.dispose]());

interface Result extends Json {
  readonly runId: string;
  readonly cachedFrom?: string;
  readonly data: { readonly stamp: string };
  readonly exit: number | null;
}

async function count(...words: readonly string[]): Promise<Result> {
  return here.json<Result>(['run', 'count', '--path', 'notes.txt', '--allow', 'fs:read:notes.txt', '--allow', 'fs:read:other.txt', '--allow', 'proc:exec:sh', ...words]);
}

describe('a tool with cache: true', () => {
  test('is answered by an earlier run with the same inputs, and the record says by which', async () => {
    const first = await count();
    const second = await count();
    expect(first).toMatchObject({ exit: 0, status: 'succeeded' });
    expect(first.cachedFrom).toBeUndefined();
    expect(second).toMatchObject({ exit: 0, status: 'succeeded', cachedFrom: first.runId, data: first.data, output: first['output'] });
    const { events } = await here.json<Json & { events: { event: { type: string } }[] }>(['runs', 'show', second.runId]);
    expect(events.map(({ event }) => event.type)).toEqual(['run.requested', 'run.started', 'run.cached', 'run.output', 'run.finished']);
  });

  test('prints the same again, to both streams', async () => {
    here.write({ 'manifests/count/count.yaml': COUNT.replace('  outputs: { schema: { type: object } }\n', ''), 'manifests/count/count.sh': 'echo counted; echo looked >&2' });
    const words = ['run', 'count', '--path', 'notes.txt', '--allow', 'fs:read:notes.txt', '--allow', 'proc:exec:sh'];
    const first = await here.run(words);
    expect(await here.run(words)).toEqual(first);
    expect([first.stdout, first.stderr]).toEqual(['counted\n', 'looked\n']);
    expect(await here.json(words)).toMatchObject({ cachedFrom: expect.any(String) });
  });

  test.each([
    ['a file that it reads', () => here.write({ 'notes.txt': 'one two three\n' }), []],
    ['its script', () => here.write({ 'manifests/count/count.sh': `${SCRIPT}# changed\n` }), []],
    ['its manifest', () => here.write({ 'manifests/count/count.yaml': COUNT.replace('1.0.0', '1.0.1') }), []],
    ['a parameter', () => undefined, ['--unit', 'others']],
    ['what it may do', () => undefined, ['--allow', 'env:read:SCALE']],
  ])('runs again where %s is another', async (_what, change, words) => {
    const first = await count();
    change();
    const second = await count(...words);
    expect(second).toMatchObject({ exit: 0 });
    expect(second.cachedFrom).toBeUndefined();
    expect(second.data.stamp).not.toBe(first.data.stamp);
  });

  test.each([
    ['a file that git ignores', 'docs/built.txt'],
    ['a secret-bearing one that is granted', 'docs/.env'],
    ['a new one', 'docs/new.txt'],
  ])('runs again where %s of a tree that it reads is another', async (_what, file) => {
    here.write({
      'manifests/count/count.yaml': COUNT.replace("'fs:read:{path}'", "'fs:read:docs/**'"),
      'manifests/count/count.sh': "printf '{\"stamp\": \"%s\"}' \"$(cat docs/* docs/.e* 2>/dev/null | cksum)\"",
      '.gitignore': 'built.txt\n',
      'docs/built.txt': 'one\n',
      'docs/.env': 'A=1\n',
    });
    const again = async (): Promise<Result> => here.json<Result>(['run', 'count', '--path', 'notes.txt', '--allow', 'fs:read:docs/**', '--allow', 'proc:exec:sh']);
    const first = await again();
    expect(first).toMatchObject({ exit: 0 });
    expect((await again()).cachedFrom).toBe(first.runId);
    here.write({ [file]: 'two\n' });
    const second = await again();
    expect(second.cachedFrom).toBeUndefined();
    expect(second.data.stamp).not.toBe(first.data.stamp);
  });

  test('runs again where a variable that it reads is another', async () => {
    const at = async (scale: string): Promise<Result> =>
      here.json<Result>(['run', 'count', '--path', 'notes.txt', '--allow', 'fs:read:notes.txt', '--allow', 'proc:exec:sh', '--allow', 'env:read:SCALE'], { env: { SCALE: scale } });
    const first = await at('1');
    expect((await at('2')).cachedFrom).toBeUndefined();
    expect((await at('1')).cachedFrom).toBe(first.runId);
  });

  test('does not care for the times of files', async () => {
    const first = await count();
    utimesSync(join(here.project, 'notes.txt'), 1, 1);
    expect((await count()).cachedFrom).toBe(first.runId);
  });

  test('takes nothing from an earlier run with --no-cache, and is known for later ones', async () => {
    const first = await count();
    const second = await count('--no-cache');
    expect(second.cachedFrom).toBeUndefined();
    expect((await count()).cachedFrom).toBe(first.runId);
  });

  test('asks for its capabilities also where the result is known', async () => {
    await count();
    expect(await here.json(['run', 'count', '--path', 'notes.txt', '--allow', 'proc:exec:sh'])).toMatchObject({ exit: 77 });
  });

  test('believes no entry that another user made', async () => {
    await count();
    rmSync(join(here.env['XDG_STATE_HOME'] ?? join(here.home, '.local/state'), 'toka/keys/cache'));
    expect((await count()).cachedFrom).toBeUndefined();
  });

  test('runs again where the earlier run was pruned', async () => {
    const first = await count();
    expect(await here.json(['runs', 'prune', '--keep', '0', '--yes'])).toMatchObject({ exit: 0 });
    const second = await count();
    expect(second.cachedFrom).toBeUndefined();
    expect(second.data.stamp).not.toBe(first.data.stamp);
  });

  test('keeps nothing of which an input changed while it ran', async () => {
    here.write({ 'manifests/count/count.sh': `echo begun >&2; sleep 1; ${SCRIPT}` });
    const { ended, said } = here.start(['run', 'count', '--path', 'notes.txt', '--allow', 'fs:read:notes.txt', '--allow', 'proc:exec:sh', '--json']);
    await said('begun');
    here.write({ 'notes.txt': 'one two three four\n' });
    expect((await ended).code).toBe(0);
    here.write({ 'notes.txt': 'one two\n' });
    expect((await count()).cachedFrom).toBeUndefined();
  });

  test('keeps nothing that was given a secret', async () => {
    const parameter = '    - { name: key, type: secret, required: true, description: A key, pass: { env: KEY } }\n  outputs:';
    here.write({ 'manifests/count/count.yaml': COUNT.replace('  outputs:', parameter), 'key.json': '{ "key": "open-sesame" }' });
    expect(await count('--params', 'key.json')).toMatchObject({ exit: 0 });
    expect((await count('--params', 'key.json')).cachedFrom).toBeUndefined();
  });

  test('keeps no failure', async () => {
    here.write({ 'manifests/count/count.sh': 'exit 3\n' });
    expect(await count()).toMatchObject({ exit: 1 });
    expect((await count()).cachedFrom).toBeUndefined();
  });
});

describe('a manifest with cache: true', () => {
  test.each([
    ['another effect than none', COUNT.replace('effect: none', 'effect: read')],
    ['a capability to write', COUNT.replace("required: ['fs:read:{path}']", "required: ['fs:write:{path}']")],
    ['standard input', COUNT.replace('interpreter: sh }', 'interpreter: sh, stdin: inherit }')],
  ])('is refused with %s', async (_what, text) => {
    here.write({ 'manifests/count/count.yaml': text });
    const { stderr, code } = await here.run(['run', 'count', '--path', 'notes.txt']);
    expect([code, stderr.includes('TOKA_MANIFEST_INVALID')]).toEqual([65, true]);
  });
});
