/** What the interpreter can be called with. */
export type Exports = Readonly<Record<string, (...args: number[]) => number | undefined>>;

/** An isolate as it is before any order. It is made when the plugin is built, since to make one takes longer than most programs run. */
export interface Image {
  /** What each call into the interpreter gave while it was made, in their order. */
  readonly answers: readonly (number | undefined)[];
  /** Where a page of its memory holds anything, bytes. */
  readonly places: readonly number[];
  /** Those pages, one behind the other. */
  readonly pages: Uint8Array;
  /** Where the word stands that its random numbers begin with. */
  readonly seed: number;
  /** Where it holds when it was made. */
  readonly clocks: readonly TimedWord[];
  /** The calls by which it reads and runs a short program that asks for nothing outside of it. */
  readonly rehearsal: readonly Step[];
}

/** A call into the interpreter, and what is written into its memory before. */
export interface Step {
  readonly name: string;
  readonly args: readonly number[];
  /** By place, bytes in base64. */
  readonly writes: readonly (readonly [place: number, bytes: string])[];
}

/** A word that is the bits of a number of milliseconds, and what the interpreter adds to them where it keeps numbers as values. */
export interface TimedWord {
  readonly place: number;
  readonly addend: bigint;
}

/** Pages of WebAssembly that the engine demands to start with. */
export const LEAST = 256;

export const PAGE = 4096;
export const WORD = 8;

export function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!;
}

/** An interpreter that is made, or made again of an image. */
export interface Making {
  readonly exports: Exports;
  /** Its memory is now as it is to be before any order. */
  done(memory: WebAssembly.Memory): void;
}

/** Answers what is asked while an isolate is made as it was answered for the image, and then puts the memory of it in place. */
export function remade(exports: Exports, { answers, places, pages, seed, clocks }: Image): Making {
  let asked = 0;
  let isDone = false;
  const answered = (call: Exports[string]): Exports[string] => (...args) => (isDone ? call(...args) : answers[asked++]);
  return {
    exports: Object.fromEntries(Object.entries(exports).map(([name, call]) => [name, answered(call)])),
    done({ buffer }) {
      if (asked !== answers.length) throw new Error(`expected ${answers.length} calls into the interpreter, found ${asked}`);
      const memory = new Uint8Array(buffer);
      for (const [at, place] of places.entries()) memory.set(pages.subarray(at * PAGE, (at + 1) * PAGE), place);
      const [words, now] = [new DataView(buffer), bitsOf(performance.now())];
      words.setBigUint64(seed, bitsOf(1 + Math.random()), true);
      for (const { place, addend } of clocks) words.setBigUint64(place, now + addend, true);
      isDone = true;
    },
  };
}
