import { AsyncLocalStorage } from 'node:async_hooks';
import { availableParallelism } from 'node:os';

/** Runs of one level that go on at once. */
const SLOTS = Math.max(8, 2 * availableParallelism());

/** How many runs of code stand above what is going on: code calls tools, which may run code. */
const level = new AsyncLocalStorage<number>();

interface Slots {
  taken: number;
  readonly waiting: (() => void)[];
}

const levels: Slots[] = [];

/**
 * Does something when there is a slot. Each level has slots of its own, so that no run waits for one that waits for it. `inside` is for what the
 * run calls.
 */
export async function inSlot<T>(signal: AbortSignal, what: (inside: <R>(call: () => R) => R) => Promise<T>): Promise<T> {
  const depth = level.getStore() ?? 0;
  const slots = (levels[depth] ??= { taken: 0, waiting: [] });
  if (slots.taken < SLOTS) slots.taken += 1;
  else await turnIn(slots, signal);
  try {
    return await what(level.run(depth + 1, () => AsyncLocalStorage.snapshot()));
  } finally {
    const next = slots.waiting.shift();
    if (next === undefined) slots.taken -= 1;
    else next();
  }
}

/** Waits for a slot; what is ended meanwhile does not need one, and goes on at once. */
async function turnIn(slots: Slots, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = () => {
    const at = slots.waiting.indexOf(resolve);
    if (at === -1) return;
    slots.waiting.splice(at, 1);
    slots.taken += 1;
    resolve();
  };
  slots.waiting.push(resolve);
  signal.addEventListener('abort', leave, { once: true });
  await promise;
  signal.removeEventListener('abort', leave);
}
