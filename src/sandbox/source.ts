import { closeSync, read } from 'node:fs';
import type { Socket } from 'node:net';

/** What a process writes, read once. */
export interface Source {
  /** Reads to the end, one chunk at a time, each accepted before the next is read. */
  drain(accept: (chunk: Buffer) => Promise<void>): Promise<void>;
  destroy(): void;
}

export function socketSource(socket: Socket): Source {
  return { drain: async (accept) => drain(socket, accept), destroy: () => void socket.destroy() };
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

/** Bytes that a pipe holds by default (pipe(7)). */
const PIECE = 65_536;

/**
 * An open pipe, without a socket around it. While it is read it holds one of the four threads that Node.js has for files: for the one sandbox of a
 * process that runs a single tool.
 */
export function fileSource(fd: number): Source {
  return new FileSource(fd);
}

class FileSource implements Source {
  readonly #fd: number;
  readonly #room = Buffer.allocUnsafeSlow(PIECE);
  #state: 'unread' | 'read' | 'given up' | 'closed' = 'unread';

  constructor(fd: number) {
    this.#fd = fd;
  }

  async drain(accept: (chunk: Buffer) => Promise<void>): Promise<void> {
    if (this.#state !== 'unread') return;
    this.#state = 'read';
    try {
      for (let chunk = await this.#next(); chunk.length > 0; chunk = await this.#next()) {
        if (this.#isGivenUp()) return;
        await accept(chunk);
      }
    } finally {
      this.#close();
    }
  }

  destroy(): void {
    // A thread may be reading it.
    if (this.#state === 'read') this.#state = 'given up';
    if (this.#state === 'unread') this.#close();
  }

  async #next(): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    read(this.#fd, this.#room, 0, PIECE, null, (error, count) => (error ? reject(error) : resolve(Buffer.from(this.#room.subarray(0, count)))));
    return promise;
  }

  #isGivenUp(): boolean {
    return this.#state === 'given up';
  }

  #close(): void {
    if (this.#state !== 'closed') closeSync(this.#fd);
    this.#state = 'closed';
  }
}
