import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { drain, fileSource, type Source, socketSource } from '../../src/sandbox/source.ts';
import { temporaryFolder } from './support.ts';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

function socketOf(script: string): Socket {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  return child.stdout as Socket;
}

let serial = 0;

function pipeOf(script: string): Source {
  const path = join(folder.path, String(serial++));
  execFileSync('mkfifo', [path]);
  children.push(spawn('sh', ['-c', `exec >"$0"; ${script}`, path], { stdio: 'ignore' }));
  return fileSource(openSync(path, 'r'));
}

describe.each([
  ['a socket', (script: string): Source => socketSource(socketOf(script))],
  ['a pipe', pipeOf],
])('what comes out of %s', (_, sourceOf) => {
  test('is accepted piece by piece, each before the next is read', async () => {
    let [bytes, open, most] = [0, 0, 0];
    await sourceOf('head -c 1000000 /dev/zero').drain(async (chunk) => {
      most = Math.max(most, (open += 1));
      await sleep(1);
      bytes += chunk.length;
      open -= 1;
    });
    expect({ bytes, most, open }).toEqual({ bytes: 1_000_000, most: 1, open: 0 });
  });

  test('stays as it was when more is read', async () => {
    const pieces: Buffer[] = [];
    await sourceOf('printf one; sleep 0.1; printf other').drain(async (chunk) => void pieces.push(chunk));
    expect(pieces.map(String)).toEqual(['one', 'other']);
  });

  test('is accepted to the last piece before it ends', async () => {
    const said: string[] = [];
    await sourceOf('printf all').drain(async (chunk) => {
      await sleep(50);
      said.push(chunk.toString());
    });
    expect(said).toEqual(['all']);
  });

  test('is read no further where a piece is refused', async () => {
    const pieces: Buffer[] = [];
    const refuse = async (chunk: Buffer): Promise<void> => {
      pieces.push(chunk);
      throw new Error('refused');
    };
    const child = (): ChildProcess => children.at(-1)!;
    await expect(sourceOf('while :; do echo more; done').drain(refuse)).rejects.toThrow('refused');
    expect(pieces).toHaveLength(1);
    // Whoever goes on writing is told that nobody reads.
    if (child().exitCode === null && child().signalCode === null) await once(child(), 'exit');
  });

  test('ends at once where it was given up before', async () => {
    const source = sourceOf('sleep 20');
    source.destroy();
    await expect(source.drain(async () => undefined)).resolves.toBeUndefined();
  });
});

test('a socket that is given up meanwhile has ended', async () => {
  const stream = socketOf('sleep 20');
  const drained = drain(stream, async () => undefined);
  stream.destroy();
  await expect(drained).resolves.toBeUndefined();
});

test('a pipe that is given up meanwhile has ended with its writer, and is closed', async () => {
  const before = readdirSync('/proc/self/fd').length;
  const source = pipeOf('sleep 20');
  const drained = source.drain(async () => undefined);
  source.destroy();
  children.at(-1)!.kill('SIGKILL');
  await expect(drained).resolves.toBeUndefined();
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
});
