import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isGone, thisProcess } from '../../src/journal/process.ts';

test('this process is not gone', () => {
  expect(isGone(thisProcess())).toBe(false);
});

test('a process that was killed is gone, even before its parent has collected it', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const { start: _, ...identity } = { ...thisProcess(), pid: child.pid ?? 0 };
  expect(isGone(identity)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isGone(identity)).toBe(true);
});

test.runIf(process.platform === 'linux')('a process that got the number of an earlier one does not stand for it', () => {
  const identity = thisProcess();
  expect(isGone({ ...identity, start: (identity.start ?? 0) - 1 })).toBe(true);
});

test.runIf(process.platform === 'linux')('a process before the last start of the machine is gone', () => {
  expect(isGone({ ...thisProcess(), boot: '00000000-0000-0000-0000-000000000000' })).toBe(true);
});

test.runIf(process.platform === 'linux')('a process in another namespace, whose number means nothing here, is not called gone', () => {
  expect(isGone({ ...thisProcess(), pid: 2 ** 30, start: 1, namespace: 'pid:[1]' })).toBe(false);
});

test('a process of another machine that shares the journal is not called gone, whenever that machine was started', () => {
  expect(isGone({ ...thisProcess(), machine: '0123456789abcdef', boot: '00000000-0000-0000-0000-000000000000' })).toBe(false);
});
