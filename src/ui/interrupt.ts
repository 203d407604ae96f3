import type { Output } from './output.ts';

/** How Ctrl-C and its kin reach a run: the first asks it to stop and waits, the second ends toka, and with it everything it started. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** Stops listening. */
  end(): void;
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
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  return {
    signal: controller.signal,
    end: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', stop);
      process.off('SIGHUP', stop);
    },
  };
}
