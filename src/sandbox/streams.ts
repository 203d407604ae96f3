import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { LaunchOptions, SandboxPlan } from './plan.ts';
import type { Pipes } from './scratch.ts';

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** toka's ends of the pipes of a channel. */
export interface ChannelStreams {
  /** What the program reads. */
  readonly lines: Socket;
  /** What it writes. */
  readonly replies: Socket;
}

/** toka's ends of the pipes of a process. */
export interface Streams {
  readonly stdin: Socket | undefined;
  readonly stdout: Socket;
  readonly stderr: Socket;
  readonly channel: ChannelStreams | undefined;
  /** Lets go of the process's ends, once it holds them itself. */
  started(): void;
  destroy(): void;
}

/** Opens both ends of each pipe, so that neither side waits for the other or takes its absence for the end. */
export function openStreams(pipes: Pipes, plan: Pick<SandboxPlan, 'channel' | 'stdin'>): Streams {
  const guards: number[] = [];
  const open = (path: string, flags: number): Socket => {
    guards.push(openSync(path, O_RDWR | O_NONBLOCK));
    const fd = openSync(path, flags | O_NONBLOCK);
    return new Socket({ fd, readable: flags === O_RDONLY, writable: flags === O_WRONLY });
  };
  const streams = {
    stdin: plan.stdin === 'pipe' ? open(pipes.stdin, O_WRONLY) : undefined,
    stdout: open(pipes.stdout, O_RDONLY),
    stderr: open(pipes.stderr, O_RDONLY),
    channel: plan.channel ? { lines: open(pipes.lines, O_WRONLY), replies: open(pipes.replies, O_RDONLY) } : undefined,
  };
  // A process may end without reading what it was given.
  for (const stream of [streams.stdin, streams.channel?.lines]) stream?.on('error', () => undefined);
  const started = (): void => guards.splice(0).forEach((fd) => closeSync(fd));
  return {
    ...streams,
    started,
    destroy: () => {
      started();
      for (const stream of [streams.stdin, streams.stdout, streams.stderr, streams.channel?.lines, streams.channel?.replies]) stream?.destroy();
    },
  };
}

/** Writes the input, waiting while the process does not read, and closes the stream. */
export async function feed(stdin: Socket, input: LaunchOptions['input']): Promise<void> {
  const chunks = input === undefined ? [] : input instanceof Uint8Array ? [input] : input;
  for await (const chunk of chunks) {
    if (stdin.destroyed) return;
    await taken(stdin, chunk);
  }
  stdin.end();
}

/** Writes, and waits while the reader does not keep up. */
export async function taken(stream: Socket, chunk: Uint8Array | string): Promise<void> {
  if (!stream.write(chunk)) await nextOf(stream, ['drain', 'close']);
}

function nextOf(stream: Socket, events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}

export interface Delivery {
  readonly bytes: () => number;
  readonly truncated: () => boolean;
  /** What the launcher itself said, if that is all that came on stderr: it is no output of the tool until `release`. */
  readonly held: () => string;
  release(): Promise<void>;
  /** Both streams have ended and all their output has been accepted. */
  readonly done: Promise<void>;
}

const LAUNCHER = 'bwrap: ';
const HELD = 4096;

/** Passes output on until it reaches its limit; from then on it is dropped and `onLimit` is called once. */
export function deliver(
  { stdout, stderr }: Streams,
  limit: number,
  onOutput: LaunchOptions['onOutput'],
  onLimit: () => void,
): Delivery {
  let bytes = 0;
  let truncated = false;
  let held: Buffer[] | undefined = [];
  const pass = async (stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> => {
    const room = limit - bytes;
    bytes += Math.min(chunk.length, room);
    if (room > 0) await onOutput(stream, chunk.subarray(0, room));
    if (chunk.length <= room || truncated) return;
    truncated = true;
    onLimit();
  };
  const release = async (): Promise<void> => {
    const chunk = Buffer.concat(held ?? []);
    held = undefined;
    if (chunk.length > 0) await pass('stderr', chunk);
  };
  const passHeld = async (chunk: Buffer): Promise<void> => {
    if (!held) return pass('stderr', chunk);
    held.push(chunk);
    const text = Buffer.concat(held).toString('latin1');
    if (text.length > HELD || !(text.startsWith(LAUNCHER) || LAUNCHER.startsWith(text))) await release();
  };
  const done = Promise.all([
    drain(stdout, (chunk) => pass('stdout', chunk)),
    drain(stderr, passHeld),
  ]).then(() => undefined);
  return {
    bytes: () => bytes,
    truncated: () => truncated,
    held: () => Buffer.concat(held ?? []).toString('utf8').trim(),
    release,
    done,
  };
}

/**
 * Reads a stream to its end, one chunk at a time, each accepted before the next is read. Iterating over it would do the same, and compiles a
 * millisecond's worth of functions at each start.
 */
export async function drain(stream: Socket, accept: (chunk: Buffer) => Promise<void>): Promise<void> {
  if (stream.destroyed) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let accepted = Promise.resolve();
  const refuse = (error: unknown): void => {
    stream.destroy();
    reject(error);
  };
  const end = (): void => void accepted.then(resolve, refuse);
  stream.on('error', reject).on('end', end).on('close', end);
  stream.on('data', (chunk: Buffer) => {
    stream.pause();
    accepted = accepted.then(async () => accept(chunk));
    void accepted.then(() => stream.resume(), refuse);
  });
  return promise;
}
