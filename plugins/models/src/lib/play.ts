import { setTimeout as wait } from 'node:timers/promises';
import { type ModelEvent, providerError } from '@toka/sdk';
import type { ScriptedReply } from './script.ts';

/** Plays a reply as a model would answer. `number` makes the ids of its calls differ from those of other replies. */
export async function* play(reply: ScriptedReply, number: number, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  const { calls, end, error, finish, usage } = reply;
  for await (const text of pieces(reply.reasoning, false, reply, signal)) yield { type: 'reasoning', text };
  for await (const text of pieces(reply.text, end === 'repeat', reply, signal)) yield { type: 'text', text };
  for (const [index, call] of calls.entries()) {
    const id = call.id ?? `call-${number + 1}-${index + 1}`;
    yield { type: 'tool-call', id, name: call.tool, ...('raw' in call ? { params: {}, malformed: call.raw } : { params: call.params }) };
  }
  if (usage) yield { type: 'usage', ...usage };
  if (error) throw providerError(error.code, `the script says so: ${error.code}`, error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs });
  if (end === 'hang') await wait(FOREVER_MS, undefined, { signal });
  if (end === 'break') return;
  yield { type: 'finish', reason: finish ?? (calls.length > 0 ? 'tool-calls' : 'stop') };
}

/** The longest that a timer can wait, 24 days. */
const FOREVER_MS = 2 ** 31 - 1;

async function* pieces(text: string | undefined, isRepeated: boolean, { chunkChars, delayMs }: ScriptedReply, signal: AbortSignal): AsyncGenerator<string> {
  const letters = Array.from(text ?? '');
  const rounds = isRepeated ? Infinity : 1;
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < letters.length; at += chunkChars) {
      if (delayMs > 0) await wait(delayMs, undefined, { signal });
      yield letters.slice(at, at + chunkChars).join('');
    }
    // What never ends must leave others room.
    if (isRepeated) await wait(delayMs, undefined, { signal });
  }
}
