import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Issue } from './issue.ts';

/** Bytes; a manifest or configuration file that is larger is refused before it is read. */
const MAX_BYTES = 1024 ** 2;

export type ReadResult = { readonly text: string } | { readonly issue: Issue };

/**
 * Reads a small text file, whatever stands under its name: a missing file, a folder, a pipe, a huge or binary file gives an issue.
 *
 * @param file The path.
 * @param limit Bytes. Default 1 MiB.
 * @returns The text without a byte order mark, or what is wrong.
 */
export function readTextFile(file: string, limit = MAX_BYTES): ReadResult {
  let fd: number;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for a writer.
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return unreadable(error);
  }
  try {
    const info = fstatSync(fd);
    if (!info.isFile()) return { issue: { path: [], code: 'unreadable', expected: 'a regular file', found: 'something else' } };
    if (info.size > limit) return tooLarge(info.size, limit);
    return decode(readUpTo(fd, info.size, limit), limit);
  } catch (error) {
    return unreadable(error);
  } finally {
    closeSync(fd);
  }
}

/** One byte more than the limit is tried, so that a file that grows or reports no size is noticed. */
function readUpTo(fd: number, size: number, limit: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total <= limit) {
    const chunk = Buffer.allocUnsafe(total === 0 ? size + 1 : 65_536);
    const count = readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer, limit: number): ReadResult {
  if (bytes.length > limit) return tooLarge(bytes.length, limit);
  if (bytes.includes(0)) return notText('a NUL byte');
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    return notText('bytes that are not UTF-8');
  }
}

function notText(found: string): ReadResult {
  return { issue: { path: [], code: 'not-text', expected: 'text in UTF-8', found } };
}

function tooLarge(size: number, limit: number): ReadResult {
  return { issue: { path: [], code: 'too-large', expected: `at most ${limit} bytes`, found: `${size} bytes` } };
}

function unreadable(error: unknown): ReadResult {
  const code = (error as NodeJS.ErrnoException).code ?? 'an error';
  if (code === 'ENOENT') return { issue: { path: [], code: 'file-missing', expected: 'a file', found: 'nothing under this name' } };
  return { issue: { path: [], code: 'unreadable', expected: 'a file that can be read', found: code } };
}
