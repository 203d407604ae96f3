import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { now } from './clock.ts';
import type { FromThread, Reply, ThreadData, ToThread } from './messages.ts';

const PARTS = join(import.meta.dirname, '..', 'dist', 'parts');

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
  /** Whether it has become ready; false where it broke. */
  ready(): Promise<boolean>;
  end(): Promise<unknown>;
}

let parts: { readonly module: Promise<WebAssembly.Module>; readonly guest: string } | undefined;

/** Starts a thread and waits until an isolate stands in it. */
export async function startThread(memory: number): Promise<Thread> {
  parts ??= { module: compile(), guest: readFileSync(join(PARTS, 'guest.cjs'), 'utf8') };
  const { module, guest } = parts;
  const clock = new SharedArrayBuffer(8);
  const turn = new SharedArrayBuffer(4);
  const { port1, port2 } = new MessageChannel();
  const workerData: ThreadData = { guest, memory, clock, turn, replies: port2 };
  const worker = new Worker(join(PARTS, 'thread.cjs'), { env: {}, argv: [], execArgv: [], resourceLimits: HEAP, stdin: false, stdout: true, stderr: true, workerData, transferList: [port2] });
  const thread = wrapped(worker, { due: new Float64Array(clock), turns: new Int32Array(turn), replies: port1 });
  thread.send({ type: 'module', module: await module });
  if (!(await thread.ready())) throw new Error('the interpreter does not start');
  return thread;
}

/** Once for all threads. */
async function compile(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.filename).resolve('@jitl/quickjs-ng-wasmfile-release-sync/wasm');
  return WebAssembly.compile(await readFile(file));
}

function wrapped(worker: Worker, { due, turns, replies }: { readonly due: Float64Array; readonly turns: Int32Array; readonly replies: import('node:worker_threads').MessagePort }): Thread {
  let listener: Listener | undefined;
  let isBroken = false;
  let isReady = false;
  let settleReady: ((isReady: boolean) => void) | undefined;
  const broken = (how: Broken): void => {
    if (isBroken) return;
    isBroken = true;
    replies.close();
    settleReady?.(false);
    listener?.broken(how);
  };
  worker.on('message', (message: FromThread) => {
    if (message.type !== 'ready') return listener?.message(message);
    isReady = true;
    settleReady?.(true);
  });
  worker.on('error', (error: unknown) => broken((error as { readonly code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash'));
  worker.on('exit', () => broken('crash'));
  return {
    send(message) {
      if (message.type === 'order') isReady = false;
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
    async ready() {
      if (isReady || isBroken) return isReady && !isBroken;
      return new Promise((resolve) => (settleReady = resolve));
    },
    async end() {
      isBroken = true;
      replies.close();
      return worker.terminate();
    },
  };
}
