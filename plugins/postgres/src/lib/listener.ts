import type { Connections } from './connections.ts';

/** How long nothing may be heard before somebody looks: a notification is only a hint, which may get lost on the way. */
const LOOK_MS = 5000;

/** Tells subscribers that something was committed, by whatever process. */
export class Listener {
  readonly #connections: Connections;
  readonly #channel: string;
  readonly #waiting = new Set<(lost?: Error) => void>();
  #connection: Promise<{ close(): Promise<void> }> | undefined;

  constructor(connections: Connections, channel: string) {
    this.#connections = connections;
    this.#channel = channel;
  }

  /**
   * Waits for the next notification.
   *
   * @param isLate Asked when everything from now on is heard: whether there is nothing to wait for.
   * @throws `STORAGE_UNAVAILABLE` if the connection is lost meanwhile; the next call makes another.
   */
  async wait(isLate: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    await this.#connect();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const wake = (lost?: Error): void => (lost ? reject(lost) : resolve());
    const stop = (): void => resolve();
    const look = setTimeout(stop, LOOK_MS);
    this.#waiting.add(wake);
    signal.addEventListener('abort', stop);
    try {
      if (!signal.aborted && (await Promise.race([isLate(), promise])) !== true) await promise;
    } finally {
      clearTimeout(look);
      this.#waiting.delete(wake);
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    // One that could not be opened has told who asked for it.
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  async #connect(): Promise<void> {
    const lost = (why: Error): void => {
      this.#connection = undefined;
      this.#wake(why);
    };
    this.#connection ??= this.#connections.listen(this.#channel, () => this.#wake(), lost);
    try {
      await this.#connection;
    } catch (error) {
      this.#connection = undefined;
      throw error;
    }
  }

  #wake(lost?: Error): void {
    for (const wake of this.#waiting) wake(lost);
  }
}
