import { existsSync, globSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ended, type Place, place, tool } from '../support/cli.ts';

let here: Place;
let cache: string;
beforeEach(() => {
  here = place({ ...tool('greeting', 'echo "hello $1"\n', { capabilities: { required: ['proc:exec:bash'] } }), 'note.txt': 'kept\n' });
  cache = join(here.base, 'cache');
  mkdirSync(cache);
});
afterEach(() => here[Symbol.dispose]());

interface Watched extends Ended {
  readonly pid: number;
}

/** Runs it with a cache of its own, where nothing is remembered yet. */
async function run(...words: readonly string[]): Promise<Watched> {
  const { child, ended } = here.start(['run', ...words], { env: { XDG_CACHE_HOME: cache } });
  return { ...(await ended), pid: child.pid! };
}

const greet = async (...words: readonly string[]): Promise<Watched> => run('--allow', 'proc:exec:bash', 'greeting', ...words);

/** What is left of a process on this machine: groups, scratch folders, waiting shells. */
function leftOf({ pid }: Watched): string[] {
  const name = new RegExp(`toka-\\d+-${pid}(-|$)`);
  const groups = globSync('/sys/fs/cgroup/{,*/,*/*/}toka-*').filter((path) => name.test(path));
  const folders = globSync(`${here.base}/**/toka-*`).filter((path) => name.test(path));
  return [...groups, ...folders];
}

test('a tool that ran in a sandbox is remembered, one that did not is not', async () => {
  await greet();
  await run('file-reader', 'note.txt');
  expect(readdirSync(join(cache, 'toka/sandboxed'))).toEqual(['greeting']);
});

test('a sandbox that was made ahead runs the tool as any other does', async () => {
  const first = await greet();
  const second = await greet();
  expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 0, stdout: first.stdout });
  expect(leftOf(second)).toEqual([]);
});

test.each([
  ['parameters that are wrong', ['greeting', '--nosuch'], 2],
  ['a right that nobody granted', ['greeting'], 77],
  ['a word that only looks like it', ['file-reader', 'greeting'], 1],
])('a sandbox that was made ahead in vain is gone when toka ends: %s', async (_, words, code) => {
  await greet();
  const vain = await run(...words);
  expect(vain.code).toBe(code);
  expect(leftOf(vain)).toEqual([]);
});

test('what is remembered may be missing or spoilt', async () => {
  mkdirSync(join(cache, 'toka'));
  writeFileSync(join(cache, 'toka/sandboxed'), 'not a folder');
  expect((await greet()).code).toBe(0);
  expect(existsSync(join(cache, 'toka/sandboxed/greeting'))).toBe(false);
});
