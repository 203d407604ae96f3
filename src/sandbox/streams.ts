import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { LaunchOptions, SandboxPlan } from './plan.ts';
import type { Pipes } from './scratch.ts';
import { fileSource, type Source, socketSource } from './source.ts';

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
  readonly stdout: Source;
  readonly stderr: Source;
  readonly channel: ChannelStreams | undefined;
  /** Lets go of the process's ends, once it holds them itself. */
  started(): void;
  /** Keeps this process alive. */
  hold(): void;
  rest(): void;
  destroy(): void;
}

/** Pipes that are open, before there are streams. */
export interface Ends {
  /** What a process needs that is started meanwhile is there already, and to make a socket takes as long as to open ten files. */
  streams(): Streams;
}

/** Opens both ends of each pipe, so that neither side waits for the other or takes its absence for the end. */
export function openEnds(pipes: Pipes, { channel, stdin }: Pick<SandboxPlan, 'channel' | 'stdin'>): Ends {
  const guards: number[] = [];
  const own: number[] = [];
  const open = (path: string, flags: number): number => {
    guards.push(openSync(path, O_RDWR | O_NONBLOCK));
    const fd = openSync(path, flags | O_NONBLOCK);
    own.push(fd);
    return fd;
  };
  try {
    const fds = {
      stdin: stdin === 'pipe' ? open(pipes.stdin, O_WRONLY) : undefined,
      stdout: open(pipes.stdout, O_RDONLY),
      stderr: open(pipes.stderr, O_RDONLY),
      channel: channel ? { lines: open(pipes.lines, O_WRONLY), replies: open(pipes.replies, O_RDONLY) } : undefined,
    };
    return { streams: () => streamsOver(fds, guards) };
  } catch (error) {
    for (const fd of [...guards, ...own]) closeSync(fd);
    throw error;
  }
}

interface Fds {
  readonly stdin: number | undefined;
  readonly stdout: number;
  readonly stderr: number;
  readonly channel: { readonly lines: number; readonly replies: number } | undefined;
}

function streamsOver(fds: Fds, guards: number[]): Streams {
  const sockets: Socket[] = [];
  const make = (fd: number, way: 'readable' | 'writable'): Socket => {
    const socket = new Socket({ fd, readable: way === 'readable', writable: way === 'writable' });
    sockets.push(socket);
    return socket;
  };
  const { channel } = fds;
  const streams = {
    stdin: fds.stdin === undefined ? undefined : make(fds.stdin, 'writable'),
    stdout: socketSource(make(fds.stdout, 'readable')),
    stderr: socketSource(make(fds.stderr, 'readable')),
    channel: channel && { lines: make(channel.lines, 'writable'), replies: make(channel.replies, 'readable') },
  };
  // A process may end without reading what it was given.
  for (const stream of [streams.stdin, streams.channel?.lines]) stream?.on('error', () => undefined);
  const started = (): void => guards.splice(0).forEach((fd) => closeSync(fd));
  return {
    ...streams,
    started,
    hold: () => sockets.forEach((socket) => void socket.ref()),
    rest: () => sockets.forEach((socket) => void socket.unref()),
    destroy: () => {
      started();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The output of a process that runs already, without sockets. */
export function openFiles(pipes: Pick<Pipes, 'stdout' | 'stderr'>): Ends {
  const open = (path: string): Source => {
    // The other end is open, but the kernel would wait for the next one to be opened (fifo(7)).
    const guard = openSync(path, O_RDWR | O_NONBLOCK);
    try {
      return fileSource(openSync(path, O_RDONLY));
    } finally {
      closeSync(guard);
    }
  };
  const [stdout, stderr] = [open(pipes.stdout), open(pipes.stderr)];
  const nothing = (): void => undefined;
  const destroy = (): void => [stdout, stderr].forEach((source) => source.destroy());
  return { streams: () => ({ stdin: undefined, channel: undefined, stdout, stderr, started: nothing, hold: nothing, rest: nothing, destroy }) };
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
    stdout.drain((chunk) => pass('stdout', chunk)),
    stderr.drain(passHeld),
  ]).then(() => undefined);
  return {
    bytes: () => bytes,
    truncated: () => truncated,
    held: () => Buffer.concat(held ?? []).toString('utf8').trim(),
    release,
    done,
  };
}
