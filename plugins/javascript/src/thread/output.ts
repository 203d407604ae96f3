import type { Stream } from '../lib/messages.ts';

const BATCH = 16 * 1024;
const PIECES = 256;
const EVERY_MS = 100;

/** Collects what is printed into batches; code that prints much waits for toka, so that nothing piles up. */
export function makeOutput(maximum: number, send: (pieces: readonly (readonly [Stream, string])[], isWaiting: boolean) => void) {
  let pieces: (readonly [Stream, string])[] = [];
  let bytes = 0;
  let total = 0;
  let last = Number.NEGATIVE_INFINITY;
  const flush = (isWaiting = false): void => {
    if (pieces.length > 0) send(pieces, isWaiting);
    pieces = [];
    bytes = 0;
    last = performance.now();
  };
  return {
    flush,
    /** Is called again and again while code runs, which may print nothing more for long. */
    flushOld(): void {
      if (pieces.length > 0 && performance.now() - last > EVERY_MS) flush();
    },
    /** Answers whether it was within the limit; what is beyond it is dropped. */
    add(stream: Stream, text: string): boolean {
      const length = Buffer.byteLength(text);
      const isWithin = total + length <= maximum;
      pieces.push([stream, isWithin ? text : Buffer.from(text).subarray(0, Math.max(0, maximum - total)).toString()]);
      total += length;
      bytes += length;
      if (bytes > BATCH || pieces.length >= PIECES || performance.now() - last > EVERY_MS) flush(true);
      return isWithin;
    },
  };
}
