const FAILURES = 5;
const OPEN_MS = 30_000;

/** Keeps from asking a service that fails each time: after some failures in a row nobody asks for a while, and then one tries. */
export class Breaker {
  #failures = 0;
  #openUntil = 0;

  /** Milliseconds until it may be asked again; 0 where it may. Who is told 0 while others wait is the one that tries. */
  enter(now: number): number {
    if (this.#failures < FAILURES) return 0;
    if (now < this.#openUntil) return this.#openUntil - now;
    this.#openUntil = now + OPEN_MS;
    return 0;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(now: number): void {
    this.#failures += 1;
    if (this.#failures >= FAILURES) this.#openUntil = now + OPEN_MS;
  }
}
