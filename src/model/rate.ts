import type { Clock } from '../journal/ids.ts';

const MINUTE_MS = 60_000;

/** What may be asked of a service in a minute. */
export interface RateLimits {
  readonly requests?: number;
  readonly tokens?: number;
}

interface Entry {
  readonly at: number;
  tokens: number;
}

/** Keeps this process within the limits of a service, so that the service need not refuse. */
export class Rate {
  readonly #limits: RateLimits;
  readonly #entries: Entry[] = [];

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /**
   * Waits until there is room for a request of so many tokens.
   *
   * @returns Sets it right once the tokens have been counted.
   */
  async enter(tokens: number, { clock, sleep, signal }: { readonly clock: Clock; readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>; readonly signal: AbortSignal }): Promise<(counted: number) => void> {
    for (;;) {
      const now = clock.now();
      while (this.#entries[0] && this.#entries[0].at <= now - MINUTE_MS) this.#entries.shift();
      const [oldest] = this.#entries;
      if (!oldest || this.#hasRoom(tokens)) {
        const entry: Entry = { at: now, tokens };
        this.#entries.push(entry);
        return (counted) => void (entry.tokens = counted);
      }
      await sleep(oldest.at + MINUTE_MS - now, signal);
    }
  }

  #hasRoom(tokens: number): boolean {
    const { requests = Infinity, tokens: most = Infinity } = this.#limits;
    const used = this.#entries.reduce((sum, entry) => sum + entry.tokens, 0);
    return this.#entries.length < requests && used + tokens <= most;
  }
}
