import type { IsolateParts } from '../lib/messages.ts';
import { makeIsolate } from '../thread/isolate.ts';

const NOWHERE = { clock: new SharedArrayBuffer(8), call() {}, output() {}, artifact: () => '', end() {} };

/**
 * Runs the shortest program there is, of toka's own, in an isolate that nothing else will use. V8 compiles a function of the engine when it is
 * first called, and all threads share what is compiled: the thread that the first order waits for then finds it done.
 */
export async function warm(parts: IsolateParts, memory: number): Promise<void> {
  const isolate = await makeIsolate(parts, memory);
  const limits = { memory, timeoutMs: 1000, maxOutput: 0, maxValue: 1000, maxCalls: 0 };
  isolate.run({ type: 'order', id: 0, source: 'return 1', isTyped: false, name: 'warm.js', params: '{}', aliases: [], limits }, NOWHERE);
}
