import { AFTER, BEFORE } from '../lib/frame.ts';
import { rehearse } from '../lib/rehearse.ts';
import { type Engine, makeEngine } from './engine.ts';
import { bitsOf, type Exports, type Image, type Making, PAGE, remade, type Step, type TimedWord, WORD } from './image.ts';
import { started } from './isolate.ts';

/** Bytes: the least that an interpreter can have is more. */
const ANY = 1;

/** Two times at which an isolate is made, milliseconds. */
const [EARLIER, LATER] = [1_000_000_000_000, 1_000_086_400_000];

/** Makes the image of an isolate in which `guest` was evaluated, and makes sure that what is made of it is the same isolate. */
export async function makeImage(module: WebAssembly.Module, guest: string): Promise<Image> {
  const [first, second] = [await record(module, guest, EARLIER), await record(module, guest, LATER)];
  const image = { answers: first.answers, ...pagesOf(first.bytes), ...timedOf(first.bytes, second.bytes), rehearsal: [] };
  const notes: Notes = { steps: [], known: new Uint8Array() };
  const engine = await at(EARLIER, async () => {
    const made = await makeEngine(module, ANY, (exports) => remade(withNotes(exports, () => bytesOf(made), notes), image));
    started(made, { guest: '', more: '' }, () => undefined);
    made.making.done(made.memory);
    return made;
  });
  const again = bytesOf(engine).slice();
  again.set(first.bytes.subarray(image.seed, image.seed + WORD), image.seed);
  if (Buffer.compare(again, first.bytes) !== 0) throw new Error('expected an isolate that is made of an image to be the one that the image was made of');
  const whole = { ...image, rehearsal: rehearsed(engine, notes) };
  // It is not to fail where nobody would hear of it.
  rehearse(module, whole);
  return whole;
}

interface Recorded {
  readonly answers: readonly (number | undefined)[];
  readonly bytes: Uint8Array;
}

async function record(module: WebAssembly.Module, guest: string, time: number): Promise<Recorded> {
  const answers: (number | undefined)[] = [];
  return at(time, async () => {
    const engine = await makeEngine(module, ANY, (exports) => recorded(exports, answers));
    started(engine, { guest, more: '' }, () => undefined);
    return { answers, bytes: bytesOf(engine).slice() };
  });
}

/** Lets all clocks show a time while something is done. */
async function at<T>(time: number, work: () => Promise<T>): Promise<T> {
  const [{ now }, steady] = [Date, performance.now];
  Date.now = () => time;
  performance.now = () => time;
  try {
    return await work();
  } finally {
    Date.now = now;
    performance.now = steady;
  }
}

function recorded(exports: Exports, answers: (number | undefined)[]): Making {
  const noted = (call: Exports[string]): Exports[string] => (...args) => {
    const answer = call(...args);
    answers.push(answer);
    return answer;
  };
  return { exports: Object.fromEntries(Object.entries(exports).map(([name, call]) => [name, noted(call)])), done() {} };
}

interface Notes {
  steps: Step[];
  /** The memory as it was after the last call. */
  known: Uint8Array;
}

/** Notes each call that reaches the interpreter, and what was written into its memory since the one before. */
function withNotes(exports: Exports, bytes: () => Uint8Array, notes: Notes): Exports {
  const noting = (name: string, call: Exports[string]): Exports[string] => (...args) => {
    notes.steps.push({ name, args, writes: writesOf(notes.known, bytes()) });
    const answer = call(...args);
    notes.known = bytes().slice();
    return answer;
  };
  return Object.fromEntries(Object.entries(exports).map(([name, call]) => [name, noting(name, call)]));
}

function writesOf(before: Uint8Array, after: Uint8Array): Step['writes'] {
  const writes: [number, string][] = [];
  for (let place = 0; place < after.length; place += WORD) {
    const word = after.subarray(place, place + WORD);
    if (Buffer.compare(before.subarray(place, place + WORD), word) !== 0) writes.push([place, Buffer.from(word).toString('base64')]);
  }
  return writes;
}

/** Does what each order does, as far as nothing outside of the interpreter is asked. */
const REHEARSAL = `(${BEFORE}return JSON.parse('{"a":[1]}')${AFTER})().then((value) => { const all = new Map([[1, value]]); return [...all].map(([key, each]) => JSON.stringify({ key, ...each })).join() }, (error) => String(error))`;

/** Lets an isolate read and run a program, and notes how. */
function rehearsed(engine: Engine, notes: Notes): readonly Step[] {
  const { context, runtime } = engine;
  Object.assign(notes, { steps: [], known: bytesOf(engine).slice() });
  context.unwrapResult(context.evalCode(REHEARSAL, 'rehearsal.js', { type: 'global', strict: true }));
  runtime.executePendingJobs();
  return notes.steps;
}

function bytesOf({ memory }: Engine): Uint8Array {
  return new Uint8Array(memory.buffer);
}

/** Finds what depends on when an isolate was made: its clocks, and what its random numbers begin with. */
function timedOf(first: Uint8Array, second: Uint8Array): Pick<Image, 'seed' | 'clocks'> {
  const [one, other] = [viewOf(first), viewOf(second)];
  const seeds: number[] = [];
  const clocks: TimedWord[] = [];
  for (let place = 0; place < first.length; place += WORD) {
    const [earlier, later] = [one.getBigUint64(place, true), other.getBigUint64(place, true)];
    if (earlier === later) continue;
    const addend = earlier - bitsOf(EARLIER);
    if (addend === later - bitsOf(LATER)) clocks.push({ place, addend });
    else if (isTime(earlier, later, 1_000)) seeds.push(place);
    // Nanoseconds are what a call has left behind on the stack.
    else if (!isTime(earlier, later, 1_000_000)) throw new Error(`expected nothing but clocks and a seed to depend on the time, found ${earlier} and ${later}`);
  }
  const [seed] = seeds;
  if (seed === undefined || seeds.length > 1) throw new Error(`expected one seed, found ${seeds.length}`);
  return { seed, clocks };
}

function isTime(earlier: bigint, later: bigint, parts: number): boolean {
  return earlier === BigInt(EARLIER) * BigInt(parts) && later === BigInt(LATER) * BigInt(parts);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function pagesOf(bytes: Uint8Array): Pick<Image, 'places' | 'pages'> {
  const places: number[] = [];
  for (let place = 0; place < bytes.length; place += PAGE) if (bytes.subarray(place, place + PAGE).some((byte) => byte !== 0)) places.push(place);
  return { places, pages: Buffer.concat(places.map((place) => bytes.subarray(place, place + PAGE))) };
}
