import { startAhead, wantedFor } from './ahead.ts';
import { launch } from './launch.ts';
import type { LaunchOptions, Outcome, SandboxPlan } from './plan.ts';
import { releaseSlot, type Slot } from './slots.ts';
import type { Ahead, Wanted } from './waiting.ts';

/** After so many milliseconds of a run the next process is started beside it. */
const NEXT_AFTER_MS = 50;

export interface WarmOptions {
  /** How many processes wait at most. */
  readonly processes: number;
  /** Milliseconds after which one that nobody wanted ends. */
  readonly idleMs: number;
}

interface Waiting {
  readonly print: string;
  /** Undefined while it is being started. */
  ahead?: Ahead;
  timer?: NodeJS.Timeout;
}

/**
 * Keeps processes ready for programs that get their order over a channel: where one was run, the next one of the same sandbox is started ahead.
 * Each has one run, and is never used again.
 */
export class WarmProcesses {
  readonly #options: WarmOptions;
  readonly #waiting = new Set<Waiting>();
  readonly #starting = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: WarmOptions) {
    this.#options = options;
  }

  /** Like `launch`, by a process that waits where there is one. */
  async launch(plan: SandboxPlan, options: LaunchOptions & { readonly slot?: Slot | undefined }): Promise<Outcome> {
    const wanted = this.#wanted(plan);
    if (!wanted) return launch(plan, options);
    // A start would hold up a run that is short, and is over by the time that one which is not has ended.
    let timer: NodeJS.Timeout | undefined = setTimeout(() => {
      timer = undefined;
      this.#begin(wanted);
    }, NEXT_AFTER_MS).unref();
    try {
      return (await this.#carry(this.#take(wanted), wanted, options)) ?? (await launch(plan, options));
    } finally {
      if (timer) setImmediate(() => this.#begin(wanted));
      clearTimeout(timer);
    }
  }

  async #carry(ahead: Ahead | undefined, wanted: Wanted, options: LaunchOptions & { readonly slot?: Slot | undefined }): Promise<Outcome | undefined> {
    if (!ahead) return undefined;
    try {
      const outcome = options.signal?.aborted === true ? undefined : await ahead.carry(wanted, options);
      if (outcome) releaseSlot(options.slot);
      return outcome;
    } catch (error) {
      releaseSlot(options.slot);
      throw error;
    } finally {
      // One that does not come to be used has waited in vain.
      ahead.end();
    }
  }

  #wanted(plan: SandboxPlan): Wanted | undefined {
    if (this.#isClosed) return undefined;
    try {
      return wantedFor(plan);
    } catch {
      // Whoever launches is told the reason.
      return undefined;
    }
  }

  /** Ends all that wait; nothing is started ahead any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const waiting = [...this.#waiting];
    for (const each of waiting) this.#drop(each);
    await Promise.all([...waiting.map(async ({ ahead }) => ahead?.gone), ...this.#starting]);
  }

  #begin(wanted: Wanted): void {
    const starting = this.#startNext(wanted).finally(() => this.#starting.delete(starting));
    this.#starting.add(starting);
  }

  #take(wanted: Wanted): Ahead | undefined {
    for (const waiting of this.#waiting) {
      const { ahead } = waiting;
      if (waiting.print !== wanted.print || !ahead) continue;
      if (!ahead.isAlive() || !ahead.fits(wanted)) {
        this.#drop(waiting);
        continue;
      }
      this.#waiting.delete(waiting);
      clearTimeout(waiting.timer);
      return ahead;
    }
    return undefined;
  }

  async #startNext(wanted: Wanted): Promise<void> {
    if (this.#isClosed || this.#options.processes < 1 || [...this.#waiting].some(({ print }) => print === wanted.print)) return;
    const [oldest] = this.#waiting;
    if (oldest && this.#waiting.size >= this.#options.processes) this.#drop(oldest);
    const waiting: Waiting = { print: wanted.print };
    this.#waiting.add(waiting);
    // Whoever wants the process will be told why there is none.
    const ahead = await startAhead(wanted).catch(() => undefined);
    if (!ahead || !this.#waiting.has(waiting)) {
      this.#waiting.delete(waiting);
      ahead?.end();
      await ahead?.gone;
      return;
    }
    waiting.ahead = ahead;
    waiting.timer = setTimeout(() => this.#drop(waiting), this.#options.idleMs).unref();
    void ahead.gone.then(() => this.#drop(waiting));
  }

  #drop(waiting: Waiting): void {
    if (!this.#waiting.delete(waiting)) return;
    clearTimeout(waiting.timer);
    waiting.ahead?.end();
  }
}
