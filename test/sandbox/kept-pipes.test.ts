import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { claimPipes, leavePipes } from '../../src/sandbox/kept-pipes.ts';
import { scratchBase, scratchFolder } from '../../src/sandbox/scratch.ts';
import { temporaryFolder } from './support.ts';

// Other processes of toka leave theirs where this user's lie.
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
  process.env['XDG_RUNTIME_DIR'] = folder.path;
});
afterAll(() => folder[Symbol.dispose]());
afterEach(() => {
  for (const name of readdirSync(scratchBase()).filter((each) => each.includes('pipes'))) rmSync(join(scratchBase(), name), { recursive: true });
});

const free = (): string[] => readdirSync(scratchBase()).filter((name) => name.startsWith('pipes-'));

let serial = 0;

function leavePair(): void {
  const paths = [serial++, serial++].map((name) => join(scratchFolder(), String(name)));
  execFileSync('mkfifo', ['-m', '600', '--', ...paths]);
  leavePipes(paths[0]!, paths[1]!);
}

test('there are none where nobody left any', () => {
  expect(claimPipes()).toBeUndefined();
});

test('a pair that was left is one process’s at a time', () => {
  leavePair();
  const claimed = claimPipes();
  expect(claimPipes()).toBeUndefined();
  claimed!.giveBack();
  expect(claimPipes()).toBeDefined();
});

test('one is left where there is none, and no second', () => {
  leavePair();
  leavePair();
  expect(free()).toHaveLength(1);
});

test('what is written at one end is read at the other', () => {
  leavePair();
  const { own, shell } = claimPipes()!.open();
  writeSync(own.script, 'order');
  writeSync(shell.status, 'said');
  const room = Buffer.alloc(16);
  expect([room.toString('utf8', 0, readSync(shell.script, room)), room.toString('utf8', 0, readSync(own.status, room))]).toEqual(['order', 'said']);
});

test('toka does not wait for a status that is not there', () => {
  leavePair();
  const { own } = claimPipes()!.open();
  expect(() => readSync(own.status, Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'EAGAIN' }) as Error);
});

test.each([
  ['a file', (path: string): void => writeFileSync(path, 'exec evil\n')],
  ['a folder', (path: string): unknown => mkdirSync(path)],
  ['nothing', (): void => undefined],
])('what is no pipe is not opened: %s', (_, make) => {
  leavePair();
  const script = join(scratchBase(), free()[0]!, 'script');
  rmSync(script);
  make(script);
  const before = readdirSync('/proc/self/fd').length;
  expect(() => claimPipes()!.open()).toThrow();
  expect(readdirSync('/proc/self/fd').length).toBe(before);
});
