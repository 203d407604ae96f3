import type { EventEmitter } from 'node:events';
import { TokaError } from '../errors.ts';
import type { Output } from './output.ts';

/** How Ctrl-C and its kin reach a run: the first asks it to stop and waits, the second ends toka, and with it everything it started. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** Stops listening. */
  end(): void;
}

/** The process as what the files of the bundle have in common: each has modules of its own. */
const bundle: EventEmitter = process;
const UNREAD = 'toka:unread';

/**
 * Asks what goes on to stop, since nobody gets what it writes.
 *
 * @returns Whether anything does.
 */
export function stopUnread(why: string): boolean {
  return bundle.emit(UNREAD, why);
}

export function listenForInterrupts(stderr: Output): Interrupts {
  const controller = new AbortController();
  let count = 0;
  const interrupt = (): void => {
    count += 1;
    if (count > 1) process.exit(130);
    stderr.write('\nstopping; press Ctrl-C again to kill\n');
    controller.abort();
  };
  const stop = (): void => controller.abort();
  const unread = (why: string): void => {
    controller.abort(new TokaError('TOKA_CANCELLED', why, { hint: 'to let it go to its end read all that it writes, or write it to a file' }));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  bundle.on(UNREAD, unread);
  return {
    signal: controller.signal,
    end: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', stop);
      process.off('SIGHUP', stop);
      bundle.off(UNREAD, unread);
    },
  };
}

/** For what only looks on and has nothing to bring to an end: whatever interrupts it ends it. */
export function untilInterrupted(): Interrupts {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, stop);
  return {
    signal: controller.signal,
    end: () => {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}

/** For a conversation, which Ctrl-C does not end: the terminal, or whoever reads, has gone, or toka is to end. */
export function untilHungUp(): Interrupts {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const signals = ['SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, stop);
  bundle.on(UNREAD, stop);
  return {
    signal: controller.signal,
    end: () => {
      for (const signal of signals) process.off(signal, stop);
      bundle.off(UNREAD, stop);
    },
  };
}
