import { availableParallelism } from 'node:os';
import { type Thread, startThread, warmUp } from './thread.ts';

/** Threads that are kept for later runs. */
const KEPT = Math.max(2, availableParallelism());

const idle: Thread[] = [];
const waiting: PromiseWithResolvers<Thread>[] = [];
let coming = 0;

/** A thread in which nothing has run yet. */
export async function takeThread(memory: number): Promise<Thread> {
  for (let thread = idle.pop(); thread !== undefined; thread = idle.pop()) {
    if (thread.isBroken()) continue;
    thread.keepAlive(true);
    return thread;
  }
  const wanted = Promise.withResolvers<Thread>();
  waiting.push(wanted);
  if (coming < waiting.length) {
    void bring(startThread(memory));
    void warmUp();
  }
  return wanted.promise;
}

/** Starts a thread ahead of the run that will take it, where none waits or comes. */
export function prepareThread(memory: number): void {
  if (idle.length + coming === 0) void bring(startThread(memory));
}

/** Takes a thread back, which prepares itself for the next run. */
export function giveBack(thread: Thread): void {
  if (idle.length + coming < KEPT + waiting.length) void bring(thread.ready());
  else void thread.end();
}

/** Ends all threads that nothing runs in. */
export async function endThreads(): Promise<void> {
  await Promise.all(idle.splice(0).map(async (thread) => thread.end()));
}

async function bring(arrival: Promise<Thread>): Promise<void> {
  coming += 1;
  try {
    const thread = await arrival;
    coming -= 1;
    place(thread);
  } catch (error) {
    coming -= 1;
    if (waiting.length > coming) waiting.shift()?.reject(error);
  }
}

function place(thread: Thread): void {
  const next = waiting.shift();
  if (next !== undefined) next.resolve(thread);
  else if (idle.length < KEPT) {
    thread.keepAlive(false);
    idle.push(thread);
  } else void thread.end();
}
