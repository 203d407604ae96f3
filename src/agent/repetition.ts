import { hexDigest } from '../digest.ts';
import type { LabelledResult } from '../pipeline/agent/port.ts';
import type { AskedCall } from './conversation.ts';

/** So often the same has come of the same when the model is told so. */
const TOLD_AT = 3;
/** So often, and it is stopped. */
const STOPPED_AT = 6;

/** Notices a model that does the same again and again, and gets the same. */
export class Repetition {
  #last = '';
  #times = 0;

  /** Takes note of one step. */
  note(calls: readonly AskedCall[], results: readonly LabelledResult[]): 'fine' | 'tell' | 'stop' {
    const now = hexDigest(JSON.stringify([calls.map(({ name, params }) => [name, params]), results.map(({ output, isError }) => [output, isError])]));
    this.#times = now === this.#last ? this.#times + 1 : 1;
    this.#last = now;
    if (this.#times >= STOPPED_AT) return 'stop';
    return this.#times >= TOLD_AT ? 'tell' : 'fine';
  }
}
