import { read as readCallback, closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { fsError, notFile, tooLarge } from './tool-fs-errors.ts';
import { locateToRead, typeName, type Jail } from './tool-fs-jail.ts';

const MAX_RULES = 4 * 1024 * 1024;
const CHUNK = 256 * 1024;
const MAX_PIECE = 4 * 1024 * 1024;

const readAsync = promisify(readCallback);

function openToRead(jail: Jail, absolute: string): { fd: number; size: number } {
  const located = locateToRead(jail, absolute);
  try {
    if (!located.stat.isFile()) throw notFile(absolute, typeName(located.stat));
    const noFollow = located.handle === located.real ? constants.O_NOFOLLOW : 0;
    const fd = openSync(located.handle, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
    try {
      located.verify(fd);
      return { fd, size: located.stat.size };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } finally {
    located.close();
  }
}

// Small pieces are read in place: a hop to the thread pool costs more than the read.
async function readPiece(fd: number, buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
  if (length <= CHUNK) return readSync(fd, buffer, offset, length, position);
  return (await readAsync(fd, buffer, offset, length, position)).bytesRead;
}

/** Reads the bytes from `start` on, `length` of them or all. */
export async function readBytes(
  jail: Jail,
  absolute: string,
  start: number,
  length: number | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const { fd, size } = openToRead(jail, absolute);
  try {
    const wanted = Math.min(Math.max(size - start, 0), length ?? Infinity);
    if (wanted > maxBytes) throw tooLarge(absolute, wanted, maxBytes);
    // One byte more than expected tells whether the file has grown (or, as in /proc, never told its size).
    let buffer = Buffer.allocUnsafeSlow(Math.min(wanted + 1, length ?? Infinity));
    let filled = 0;
    for (;;) {
      jail.checkAborted();
      if (filled === buffer.length) {
        if (filled === length) break;
        if (filled > maxBytes) throw tooLarge(absolute, filled, maxBytes);
        const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(filled * 2, CHUNK), length ?? Infinity));
        buffer.copy(grown, 0, 0, filled);
        buffer = grown;
      }
      const asked = Math.min(buffer.length - filled, MAX_PIECE);
      const got = await readPiece(fd, buffer, filled, asked, start + filled);
      filled += got;
      // A short read is the end of a regular file; what never tells its size (in /proc) is asked again.
      if (got === 0 || (size > 0 && got < asked)) break;
    }
    if (filled > maxBytes) throw tooLarge(absolute, filled, maxBytes);
    return buffer.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}

/** Yields the bytes from `start` up to, not including, `end`, each piece in memory of its own. */
export async function* streamBytes(jail: Jail, absolute: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  const { fd, size } = openStream(jail, absolute);
  try {
    let position = start;
    while (position < end) {
      jail.checkAborted();
      const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - position));
      const got = await readNext(fd, buffer, position, position === start, absolute);
      position += got;
      if (got > 0) yield buffer.subarray(0, got);
      if (got === 0 || (size > 0 && got < buffer.length)) return;
    }
  } finally {
    closeSync(fd);
  }
}

/** The first piece is read in place, since most files have no other; those after it let the event loop have its turn. */
async function readNext(fd: number, buffer: Buffer, position: number, isFirst: boolean, absolute: string): Promise<number> {
  try {
    if (isFirst) return readSync(fd, buffer, 0, buffer.length, position);
    return (await readAsync(fd, buffer, 0, buffer.length, position)).bytesRead;
  } catch (error) {
    throw fsError(error, 'read', absolute);
  }
}

function openStream(jail: Jail, absolute: string): { fd: number; size: number } {
  jail.checkAborted();
  try {
    return openToRead(jail, absolute);
  } catch (error) {
    throw fsError(error, 'read', absolute);
  }
}

/** The text of a file of ignore rules, read in place. */
export function readRules(jail: Jail, absolute: string): string {
  const { fd, size } = openToRead(jail, absolute);
  try {
    if (size > MAX_RULES) throw tooLarge(absolute, size, MAX_RULES);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}
