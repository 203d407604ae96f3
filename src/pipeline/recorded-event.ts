import type { JsonValue } from '@toka/sdk';
import { printCapability } from '../capability/grammar.ts';
import type { Keeper } from '../journal/blobs.ts';
import type { BlobRef, Kept, RunRecorded } from '../journal/events.ts';
import type { RecordedCall } from '../journal/recorded.ts';
import type { Mask } from '../runtime/mask.ts';
import type { TapedAnswer, TapedCall } from '../runtime/taped-call.ts';
import { maskOf } from './mask.ts';
import type { Recording, Run } from './run.ts';

/** What is kept so that the run can be told again. Secrets are replaced; an answer that held one is not kept. */
export function recordedEvent(run: Run, { calls, files, input, lost, toolDigest }: Recording, keeper: Keeper): RunRecorded {
  const mask = maskOf(run);
  const contents = new Map<string, BlobRef>();
  const keep = (bytes: Uint8Array): Kept => {
    const kept = keeper.content(clean(mask, bytes));
    if ('blob' in kept) contents.set(kept.blob, kept);
    return kept;
  };
  return {
    v: 1,
    type: 'run.recorded',
    calls: keeper.json(calls.map((call) => recordedCall(call, mask, keep)) as unknown as JsonValue),
    files: keeper.json(files.map(({ path, ...file }) => ({ path: mask.text(path), ...file }))),
    missing: run.decision?.fallen.map(({ capability }) => printCapability(capability)) ?? [],
    ...(toolDigest === undefined ? {} : { toolDigest }),
    ...(input ? { input: keeper.output(clean(mask, input)) } : {}),
    ...(lost.length === 0 ? {} : { lost }),
    contents: [...contents.values()],
  };
}

type Keep = (bytes: Uint8Array) => Kept;

function recordedCall({ do: verb, args, content, answer }: TapedCall, mask: Mask, keep: Keep): RecordedCall {
  return { do: verb, args: mask.json(args), ...(content ? { content: keep(content) } : {}), answer: recordedAnswer(answer, mask, keep) };
}

function recordedAnswer({ bytes, ...answer }: TapedAnswer, mask: Mask, keep: Keep): RecordedCall['answer'] {
  const isSame = JSON.stringify(mask.json(answer as JsonValue)) === JSON.stringify(answer);
  if (!isSame || (bytes && Buffer.compare(clean(mask, bytes), bytes) !== 0)) return { lost: 'secret' };
  return { ...answer, ...(bytes ? { content: keep(bytes) } : {}) };
}

/** The same bytes without the secrets of the run. */
export function clean(mask: Mask, bytes: Uint8Array): Uint8Array {
  return mask.pieces([{ stream: 'stdout', bytes }])[0]?.bytes ?? bytes;
}
