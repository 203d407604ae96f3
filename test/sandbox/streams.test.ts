import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { drain } from '../../src/sandbox/streams.ts';

const outputOf = (script: string): Socket => spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout as Socket;

test('each piece is accepted before the next is read', async () => {
  let [bytes, open, most] = [0, 0, 0];
  await drain(outputOf('head -c 1000000 /dev/zero'), async (chunk) => {
    most = Math.max(most, (open += 1));
    await sleep(1);
    bytes += chunk.length;
    open -= 1;
  });
  expect({ bytes, most, open }).toEqual({ bytes: 1_000_000, most: 1, open: 0 });
});

test('the last piece is accepted before the end', async () => {
  const said: string[] = [];
  await drain(outputOf('printf all'), async (chunk) => {
    await sleep(50);
    said.push(chunk.toString());
  });
  expect(said).toEqual(['all']);
});

test('where a piece is refused, nothing more is read', async () => {
  const stream = outputOf('while :; do echo more; done');
  const pieces: Buffer[] = [];
  const refuse = async (chunk: Buffer): Promise<void> => {
    pieces.push(chunk);
    throw new Error('refused');
  };
  await expect(drain(stream, refuse)).rejects.toThrow('refused');
  expect({ pieces: pieces.length, destroyed: stream.destroyed }).toEqual({ pieces: 1, destroyed: true });
});

test('it ends where the stream is given up meanwhile', async () => {
  const stream = outputOf('sleep 20');
  const drained = drain(stream, async () => undefined);
  stream.destroy();
  await expect(drained).resolves.toBeUndefined();
});

test('it ends at once where the stream was given up before', async () => {
  const stream = outputOf('sleep 20');
  stream.destroy();
  await once(stream, 'close');
  await expect(drain(stream, async () => undefined)).resolves.toBeUndefined();
});
