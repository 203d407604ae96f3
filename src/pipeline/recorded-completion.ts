import type { Journal } from '../journal/contract.ts';
import type { Kept, StoredEvent } from '../journal/events.ts';
import type { Completion } from '../runtime/completion.ts';
import { STOPPED } from './answer.ts';

/** The bytes of a text that was recorded. */
export async function bytesOf(kept: Kept, journal: Journal): Promise<Uint8Array> {
  if ('blob' in kept) return journal.blob(kept.blob);
  return Buffer.from(typeof kept.inline === 'string' ? kept.inline : JSON.stringify(kept.inline));
}

/** What a run on record wrote, and how it ended. */
export async function completionOf(events: readonly StoredEvent[], journal: Journal): Promise<Completion> {
  const pieces: { stream: 'stdout' | 'stderr'; bytes: Uint8Array }[] = [];
  let isTruncated = false;
  for (const { event } of events) {
    if (event.type !== 'run.output') continue;
    pieces.push({ stream: event.stream, bytes: await bytesOf(event.kept, journal) });
    isTruncated ||= event.truncated;
  }
  const last = events.map(({ event }) => event).find((event) => event.type === 'run.finished');
  const stopped = STOPPED[last?.error?.code ?? ''];
  const output = Buffer.concat(pieces.flatMap(({ stream, bytes }) => (stream === 'stdout' ? [bytes] : []))).toString('utf8');
  return { output, outputBytes: last?.usage.outputBytes ?? 0, truncated: isTruncated, exitCode: last?.exitCode ?? null, pieces, ...(stopped ? { stopped } : {}) };
}
