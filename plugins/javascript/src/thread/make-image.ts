import { type Engine, makeEngine } from './engine.ts';
import { bitsOf, type Exports, type Image, type Making, PAGE, remade, type TimedWord, WORD } from './image.ts';
import { started } from './isolate.ts';

/** Bytes: the least that an interpreter can have is more. */
const ANY = 1;

/** Two times at which an isolate is made, milliseconds. */
const [EARLIER, LATER] = [1_000_000_000_000, 1_000_086_400_000];

/** Makes the image of an isolate in which `guest` was evaluated, and makes sure that what is made of it is the same isolate. */
export async function makeImage(module: WebAssembly.Module, guest: string): Promise<Image> {
  const [first, second] = [await record(module, guest, EARLIER), await record(module, guest, LATER)];
  const image = { answers: first.answers, ...pagesOf(first.bytes), ...timedOf(first.bytes, second.bytes) };
  const again = await at(EARLIER, async () => {
    const engine = await makeEngine(module, ANY, (exports) => remade(exports, image));
    started(engine, { guest: '', more: '' }, () => undefined);
    engine.making.done(engine.memory);
    return bytesOf(engine);
  });
  again.set(first.bytes.subarray(image.seed, image.seed + WORD), image.seed);
  if (Buffer.compare(again, first.bytes) !== 0) throw new Error('expected an isolate that is made of an image to be the one that the image was made of');
  return image;
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
