import type { Prepared } from './linux.ts';
import type { Pattern } from './pattern.ts';
import type { LaunchOptions, Outcome } from './plan.ts';

/** A process that was started before anybody asked for it, and waits for its order. */
export interface Ahead {
  /** Whether it is what this sandbox would be if it were made now. */
  fits(wanted: Wanted): boolean;
  isAlive(): boolean;
  /**
   * Makes it the process of a run, once: the run's limits begin here. Like `launch`.
   *
   * @returns undefined where it cannot be that any more; nothing of the plan was run then
   */
  carry(wanted: Wanted, options: LaunchOptions): Promise<Outcome | undefined>;
  end(): void;
  /** Settles when nothing of it is left, whether it was used or not. */
  readonly gone: Promise<void>;
}

/** All that a sandbox would be made of at this moment. */
export interface Wanted {
  readonly prepared: Prepared;
  readonly print: string;
  /** Of a program without a channel, which is started by a shell that waits in its sandbox. */
  readonly pattern: Pattern | undefined;
}
