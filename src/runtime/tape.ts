import type { JsonValue } from '@toka/sdk';
import { CONTENT_INLINE_LIMIT, CONTENTS_LIMIT } from '../journal/blobs.ts';
import type { Verb } from '../journal/recorded.ts';
import { TAPE_LIMITS, type TapedAnswer, type TapedCall, type TapeLimits } from './taped-call.ts';
import type { Turn } from './turns.ts';

/** Letters of JSON that a byte of text may become. */
const ESCAPED = 6;

/** Takes the answer of a call. */
export type Question = (answer: TapedAnswer) => void;

/** What a run asks and is answered, as long as there is room. */
export class Tape {
  readonly #calls: { do: Verb; args: JsonValue; content?: Uint8Array; answer: TapedAnswer }[] = [];
  readonly #limits: TapeLimits;
  #bytes = 0;
  #contents = 0;
  #listed = 0;
  #isFull = false;
  #answered = 0;

  constructor(limits: TapeLimits = TAPE_LIMITS) {
    this.#limits = limits;
  }

  get calls(): readonly TapedCall[] {
    return this.#calls;
  }

  /** Whether calls are missing at the end. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Notes a call; the answer follows, through what is returned. */
  ask(verb: Verb, args: JsonValue, content?: Uint8Array): Question {
    if (!this.#takes(args)) return () => undefined;
    const keeps = content === undefined || this.#keeps(content);
    const call: { answer: TapedAnswer } & Omit<TapedCall, 'answer'> = { do: verb, args, ...(content !== undefined && keeps ? { content } : {}), answer: { lost: 'end' } };
    this.#calls.push(call);
    return (answer) => {
      call.answer = this.#fitting(answer);
    };
  }

  /** The turn of the next answer that was waited for. */
  nextTurn(): Turn {
    return { place: ++this.#answered, asked: this.#calls.length };
  }

  #fitting({ bytes, ...answer }: TapedAnswer): TapedAnswer {
    if (!this.#takes(answer as JsonValue)) return { lost: 'size' };
    if (bytes === undefined) return answer;
    return this.#keeps(bytes) ? { ...answer, bytes } : { lost: 'size' };
  }

  #takes(value: JsonValue): boolean {
    this.#listed += JSON.stringify(value).length * 2;
    this.#isFull ||= this.#listed > this.#limits.list;
    return !this.#isFull;
  }

  #keeps({ byteLength }: Uint8Array): boolean {
    const isInline = byteLength <= CONTENT_INLINE_LIMIT;
    if (byteLength > this.#limits.each || this.#bytes + byteLength > this.#limits.all || this.#contents >= CONTENTS_LIMIT) return false;
    this.#bytes += byteLength;
    // What is inline may be no text, and is then kept beside the event as well.
    this.#contents += 1;
    if (isInline) this.#listed += byteLength * ESCAPED;
    return true;
  }
}
