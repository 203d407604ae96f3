import { existsSync, globSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ended, type Place, place, processesWith, tool, until } from '../support/cli.ts';

let here: Place;
let cache: string;
let env: Readonly<Record<string, string>>;
beforeEach(() => {
  here = place({ ...tool('greeting', 'echo "hello $1"\n', { capabilities: { required: ['proc:exec:bash'] } }), 'note.txt': 'kept\n' });
  cache = join(here.base, 'cache');
  // Other tests take the pipes that lie where all leave them.
  env = { XDG_CACHE_HOME: cache, XDG_RUNTIME_DIR: join(here.base, 'run') };
  for (const folder of Object.values(env)) mkdirSync(folder, { mode: 0o700 });
});
afterEach(() => here[Symbol.dispose]());

interface Watched extends Ended {
  readonly pid: number;
}

/** Runs it with a cache of its own, where nothing is remembered yet. */
async function run(...words: readonly string[]): Promise<Watched> {
  const { child, ended } = here.start(['run', ...words], { env });
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

/** Shells that wait for a program, and hold pipes of this test. */
function waiting(): string[] {
  return processesWith('IFS= read').filter((line) => globSync(`/proc/${line.split(' ')[0]}/fd/*`).some((fd) => linkOf(fd).startsWith(here.base)));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Its process has ended.
    return '';
  }
}

test('a tool that ran in a sandbox is remembered, one that did not is not', async () => {
  await greet();
  await run('file-reader', 'note.txt');
  expect(readdirSync(join(cache, 'toka/sandboxes'))).toEqual(['greeting']);
});

test.each([
  ['made ahead', 1],
  ['laid out ahead', 2],
])('a sandbox that was %s runs the tool as any other does', async (_, before) => {
  const first = await greet();
  for (let count = 1; count < before; count += 1) await greet();
  const last = await greet();
  expect({ code: last.code, stdout: last.stdout }).toEqual({ code: 0, stdout: first.stdout });
  expect(leftOf(last)).toEqual([]);
});

test('a sandbox is laid out ahead from the third run on, for each folder on its own', async () => {
  const how = async (cwd = here.project): Promise<boolean> => {
    const { ended } = here.start(['run', '--allow', 'proc:exec:bash', '--allow', 'fs:read:**', 'how'], { cwd, env });
    return (await ended).stdout.includes('IFS= read');
  };
  here.write({ ...tool('how', `tr '\\0' ' ' </proc/1/cmdline
`, { capabilities: { required: ['proc:exec:bash'] } }), 'below/kept': '' });
  expect([await how(), await how(), await how(), await how()]).toEqual([false, false, true, true]);
  expect(await how(join(here.project, 'below'))).toBe(false);
});

test.each([
  ['parameters that are wrong', ['greeting', '--nosuch'], 2, 1],
  ['a right that nobody granted', ['greeting'], 77, 1],
  ['a word that only looks like it', ['file-reader', 'greeting'], 1, 1],
  ['parameters that are wrong, laid out', ['greeting', '--nosuch'], 2, 2],
  ['a right that nobody granted, laid out', ['greeting'], 77, 2],
])('a sandbox that was made ahead in vain is gone when toka ends: %s', async (_, words, code, runs) => {
  for (let before = 0; before < runs; before += 1) await greet();
  const vain = await run(...words);
  expect(vain.code).toBe(code);
  expect(leftOf(vain)).toEqual([]);
});

/** Kills toka so many milliseconds after a sandbox of it was seen to wait; false where its run had ended before. */
async function killedWhileWaiting(later: number): Promise<boolean> {
  // What was killed leaves no pipes to the next one.
  await greet();
  const { child, ended } = here.start(['run', '--allow', 'proc:exec:bash', 'greeting'], { env });
  while (child.exitCode === null && waiting().length === 0) await setTimeout(1);
  await setTimeout(later);
  child.kill('SIGKILL');
  return (await ended).code === null;
}

test('nothing is left of a sandbox that was laid out ahead where toka was killed before its run', async () => {
  await greet();
  for (const later of [0, 1, 2, 5, 10]) await until(async () => killedWhileWaiting(later));
  await expect.poll(waiting, { timeout: 10_000 }).toEqual([]);
});

test('what is remembered may be missing or spoilt', async () => {
  mkdirSync(join(cache, 'toka'));
  writeFileSync(join(cache, 'toka/sandboxes'), 'not a folder');
  expect((await greet()).code).toBe(0);
  expect(existsSync(join(cache, 'toka/sandboxes/greeting'))).toBe(false);
});

test('several at once each run their tool, and leave pipes for as many', async () => {
  await greet();
  await greet();
  const ran = await Promise.all(['a', 'b', 'c', 'd'].map(async () => greet()));
  expect(ran.map(({ code, stdout }) => ({ code, stdout }))).toEqual(ran.map(() => ({ code: 0, stdout: 'hello \n' })));
  expect(ran.flatMap(leftOf)).toEqual([]);
  const kept = globSync(`${here.base}/**/pipes-*`);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThanOrEqual(5);
});

test.each<[string, (script: string) => void]>([
  ['are files', (script) => writeFileSync(script, 'echo evil\n')],
  ['are links to files', (script) => symlinkSync('/etc/passwd', script)],
  ['are missing', () => undefined],
])('a run does without pipes that were kept where they %s', async (_, spoil) => {
  await greet();
  await greet();
  const [kept] = globSync(`${here.base}/**/pipes-*/script`);
  rmSync(kept!);
  spoil(kept!);
  const ran = await greet();
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 0, stdout: 'hello \n' });
  expect(leftOf(ran)).toEqual([]);
  expect((await greet()).code).toBe(0);
});

test('a second Ctrl-C kills what runs in a sandbox that was laid out ahead', async () => {
  here.write(tool('stubborn', `trap '' TERM INT; echo begun; while :; do sleep 0.1; done\n`, { capabilities: { required: ['proc:exec:bash'] } }));
  const words = ['--allow', 'proc:exec:bash', 'stubborn', '--timeout', '100ms'];
  for (let before = 0; before < 2; before += 1) await run(...words);
  const { child, ended } = here.start(['run', ...words.slice(0, 3)], { env });
  await once(child.stdout!, 'data');
  child.kill('SIGINT');
  await setTimeout(200);
  child.kill('SIGINT');
  const { code } = await ended;
  expect(code).toBe(130);
  expect(leftOf({ code, pid: child.pid! } as Watched)).toEqual([]);
  await expect.poll(() => processesWith('stubborn.sh'), { timeout: 5000 }).toEqual([]);
}, 30_000);

test('what a tool says on both streams comes out where threads are few', async () => {
  here.write(tool('loud', `head -c 200000 /dev/zero | tr '\\0' x >&2; echo done\n`, { capabilities: { required: ['proc:exec:bash'] } }));
  for (let before = 0; before < 2; before += 1) await run('--allow', 'proc:exec:bash', 'loud');
  const { ended } = here.start(['run', '--allow', 'proc:exec:bash', 'loud'], { env: { ...env, UV_THREADPOOL_SIZE: '1' } });
  expect(await ended).toMatchObject({ code: 0, stdout: 'done\n' });
}, 30_000);
