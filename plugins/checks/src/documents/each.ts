import { isCoded, type ToolContext } from '@toka/sdk';
import type { Selected } from './select.ts';
import { decode, type Text } from './text.ts';

/** A file that could not be checked, and why. */
export interface Skipped {
  readonly path: string;
  readonly reason: 'binary' | 'too-complex' | 'too-large' | 'unreadable';
}

/** Documents above this are not prose: 4 MiB. */
export const maxBytes = 4 * 1024 * 1024;
const width = 16;

/**
 * Reads files with bounded concurrency and hands over each text; reports progress for every one.
 *
 * @param ctx The run's context.
 * @param files What to read.
 * @param check Called with every text; may name a reason why it couldn't be checked.
 * @returns The files left out: binary, too large, unreadable.
 */
export async function eachText(
  ctx: ToolContext,
  files: readonly Selected[],
  check: (file: Selected, text: Text) => Promise<Skipped['reason'] | undefined>,
): Promise<Skipped[]> {
  const skipped: Skipped[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      ctx.signal.throwIfAborted();
      const reason = await one(ctx, file, check);
      if (reason !== undefined) skipped.push({ path: file.name, reason });
      ctx.progress({ message: file.name, done: ++done, total: files.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, files.length) }, work));
  return skipped.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function one(
  ctx: ToolContext,
  file: Selected,
  check: (file: Selected, text: Text) => Promise<Skipped['reason'] | undefined>,
): Promise<Skipped['reason'] | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await ctx.fs.read(file.path, { maxBytes });
  } catch (error) {
    if (!isCoded(error)) throw error;
    return error.code === 'TOKA_FS_TOO_LARGE' ? 'too-large' : 'unreadable';
  }
  const text = decode(bytes);
  return text === undefined ? 'binary' : check(file, text);
}
