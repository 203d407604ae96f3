/** When an answer came: as which of all that were waited for, counted from 1, and how much had been asked by then. */
export interface Turn {
  readonly place: number;
  readonly asked: number;
}

export interface Turns {
  /** Waits for the turn of an answer. */
  wait(turn: Turn): Promise<void>;
  /** Says that something was asked. */
  asked(): void;
}

/** How long a tool may wait for an answer whose turn does not come, since it asks for other things than on record, in milliseconds: each time half as long as before. */
const PATIENCE = 100;

/**
 * Lets answers come in the order in which they came on record, none before as much was asked as then: a tool that waits for several things at
 * once then does everything in the same order again.
 */
export function inTurns(): Turns {
  const waiting = new Map<number, { readonly turn: Turn; go(): void }>();
  let next = 1;
  let count = 0;
  let patience = PATIENCE;
  let timer: NodeJS.Timeout | undefined;
  const give = (): void => {
    for (let first = waiting.get(next); first && first.turn.asked <= count; first = waiting.get(next)) {
      waiting.delete(next);
      next += 1;
      first.go();
    }
  };
  const watch = (): void => {
    clearTimeout(timer);
    if (waiting.size > 0) timer = setTimeout(goOn, patience);
  };
  const goOn = (): void => {
    patience /= 2;
    next = Math.min(...waiting.keys());
    count = Math.max(count, waiting.get(next)?.turn.asked ?? 0);
    give();
    watch();
  };
  return {
    asked() {
      count += 1;
      queueMicrotask(give);
    },
    async wait(turn) {
      if (turn.place < next || waiting.has(turn.place)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(turn.place, { turn, go: resolve });
      queueMicrotask(give);
      watch();
      await promise;
      watch();
    },
  };
}
