import { now } from '../lib/clock.ts';

/** The time of code: all but what it waits for tools. toka sees in `clock` by when code that is running has to be done, and ends the thread of what isn't. */
export class Budget {
  readonly #clock: Float64Array;
  #left: number;
  #since: number | undefined;

  constructor(clock: SharedArrayBuffer, milliseconds: number) {
    this.#clock = new Float64Array(clock);
    this.#left = milliseconds;
  }

  get left(): number {
    return this.#since === undefined ? this.#left : this.#left - (now() - this.#since);
  }

  start(): void {
    if (this.#since !== undefined) return;
    this.#since = now();
    this.#clock[0] = this.#since + this.#left;
  }

  pause(): void {
    this.#left = this.left;
    this.#since = undefined;
    this.#clock[0] = 0;
  }
}
