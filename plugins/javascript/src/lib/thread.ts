import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { now } from './clock.ts';
import { rehearse } from './rehearse.ts';
import type { Image } from '../thread/image.ts';
import type { FromThread, IsolateParts, Reply, ThreadData, ToThread } from './messages.ts';

const PARTS = join(import.meta.dirname, 'parts');

/** MiB of JavaScript of toka's own that a thread may hold. */
const HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** Milliseconds that an interpreter may take to see that its time is over. */
const GRACE = 250;

/** Why a thread has ended by itself. */
export type Broken = 'memory' | 'crash';

export interface Listener {
  message(message: FromThread): void;
  broken(how: Broken): void;
}

/** A thread with one isolate. */
export interface Thread {
  readonly send: (message: ToThread) => void;
  /** Answers a thread that waits. */
  readonly reply: (reply: Reply) => void;
  listen(listener: Listener | undefined): void;
  /** Whether the process stays alive for it. */
  keepAlive(isKept: boolean): void;
  /** Whether code has been running for longer than it may. */
  isOverdue(): boolean;
  isBroken(): boolean;
  /** Itself, once an isolate stands in it. Throws where it broke. */
  ready(): Promise<Thread>;
  end(): Promise<unknown>;
}

let parts: Promise<IsolateParts> | undefined;
let isWarm = false;

/** Starts a thread. What it is sent waits there until an isolate stands in it. */
export async function startThread(memory: number): Promise<Thread> {
  const clock = new SharedArrayBuffer(8);
  const turn = new SharedArrayBuffer(4);
  const { port1, port2 } = new MessageChannel();
  const workerData: ThreadData = { memory, clock, turn, replies: port2 };
  const worker = new Worker(join(PARTS, 'thread.cjs'), { env: {}, argv: [], execArgv: [], resourceLimits: HEAP, stdin: false, stdout: true, stderr: true, workerData, transferList: [port2] });
  const thread = wrapped(worker, { due: new Float64Array(clock), turns: new Int32Array(turn), replies: port1 });
  // Read while the thread starts, and once for all of them.
  parts ??= readParts();
  thread.send({ type: 'parts', parts: await parts });
  return thread;
}

/** Uses the time in which this thread waits for one that has just been started, where there is a processor for each. */
export async function warmUp(): Promise<void> {
  if (isWarm || parts === undefined || availableParallelism() === 1) return;
  isWarm = true;
  try {
    const { module, image } = await parts;
    // The thread is told first what it has to do.
    await nextTurn();
    rehearse(module, image);
  } catch {
    // The thread says what is wrong with its parts.
  }
}

async function readParts(): Promise<IsolateParts> {
  const module = WebAssembly.compile(readFileSync(join(PARTS, 'quickjs.wasm')));
  return { image: readImage(), more: textOf('more.cjs'), module: await module };
}

function textOf(part: string): string {
  return readFileSync(join(PARTS, part), 'utf8');
}

/** Its pages are shared by all threads. */
function readImage(): Image {
  const { clocks, ...facts } = JSON.parse(textOf('isolate.json')) as Omit<Image, 'pages' | 'clocks'> & { readonly clocks: readonly { readonly place: number; readonly addend: string }[] };
  const file = readFileSync(join(PARTS, 'isolate.bin'));
  const pages = new Uint8Array(new SharedArrayBuffer(file.byteLength));
  pages.set(file);
  return { ...facts, pages, clocks: clocks.map(({ place, addend }) => ({ place, addend: BigInt(addend) })) };
}

interface Shared {
  readonly due: Float64Array;
  readonly turns: Int32Array;
  readonly replies: MessagePort;
}

function wrapped(worker: Worker, { due, turns, replies }: Shared): Thread {
  let listener: Listener | undefined;
  let isBroken = false;
  let preparing = Promise.withResolvers<void>();
  /** How often it has yet to say that an isolate stands in it: at first, and once for each order. */
  let awaited = 1;
  const broken = (how: Broken, cause?: unknown): void => {
    if (isBroken) return;
    isBroken = true;
    replies.close();
    preparing.reject(new Error('the interpreter broke down', { cause }));
    listener?.broken(how);
  };
  worker.on('message', (message: FromThread) => {
    if (message.type !== 'ready') return listener?.message(message);
    awaited -= 1;
    if (awaited === 0) preparing.resolve();
  });
  worker.on('error', (error: unknown) => broken((error as { readonly code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash', error));
  worker.on('exit', () => broken('crash'));
  const prepareAgain = () => {
    awaited += 1;
    preparing = Promise.withResolvers();
    // Nobody waits for it while it runs code.
    preparing.promise.catch(() => undefined);
  };
  // Whoever sends an order is told by its listener.
  preparing.promise.catch(() => undefined);
  const thread: Thread = {
    send(message) {
      if (message.type === 'order') prepareAgain();
      worker.postMessage(message);
    },
    reply(reply) {
      replies.postMessage(reply);
      Atomics.add(turns, 0, 1);
      Atomics.notify(turns, 0);
    },
    listen(next) {
      listener = next;
    },
    keepAlive(isKept) {
      if (isKept) worker.ref();
      else worker.unref();
    },
    isOverdue: () => due[0] !== 0 && now() > due[0]! + GRACE,
    isBroken: () => isBroken,
    async ready() {
      await preparing.promise;
      return thread;
    },
    async end() {
      isBroken = true;
      replies.close();
      return worker.terminate();
    },
  };
  return thread;
}
