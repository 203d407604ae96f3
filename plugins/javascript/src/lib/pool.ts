import { availableParallelism } from 'node:os';
import { type Thread, startThread } from './thread.ts';

/** Threads that are kept for later runs. */
const KEPT = Math.max(2, availableParallelism());

const idle: Thread[] = [];
const waiting: ((thread: Thread) => void)[] = [];
let preparing = 0;

/** A thread in which nothing has run yet. */
export async function takeThread(memory: number): Promise<Thread> {
  const thread = idle.pop();
  if (thread !== undefined) {
    thread.keepAlive(true);
    return thread;
  }
  return new Promise((resolve, reject) => {
    waiting.push(resolve);
    if (preparing >= waiting.length) return;
    preparing += 1;
    startThread(memory).then(arrived, (error: unknown) => {
      preparing -= 1;
      waiting.splice(waiting.indexOf(resolve), 1);
      reject(error instanceof Error ? error : new Error('no thread could be started'));
    });
  });
}

/** Takes a thread back that prepares itself for the next run. */
export function giveBack(thread: Thread): void {
  if (idle.length + preparing >= KEPT + waiting.length) {
    void thread.end();
    return;
  }
  preparing += 1;
  void thread.ready().then((isReady) => {
    if (isReady) arrived(thread);
    else preparing -= 1;
  });
}

/** Ends all threads that nothing runs in. */
export async function endThreads(): Promise<void> {
  await Promise.all(idle.splice(0).map(async (thread) => thread.end()));
}

function arrived(thread: Thread): void {
  preparing -= 1;
  const next = waiting.shift();
  if (next !== undefined) next(thread);
  else if (idle.length < KEPT) {
    thread.keepAlive(false);
    idle.push(thread);
  } else void thread.end();
}
