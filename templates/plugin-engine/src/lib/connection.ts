import type { EngineConnection, EngineHandler, EngineOrder, EngineStanding } from '@toka/sdk';
import type { Orders } from './orders.ts';

export class Connection implements EngineConnection {
  readonly #orders: Orders;

  constructor(orders: Orders) {
    this.#orders = orders;
  }

  async submit(order: EngineOrder): Promise<'accepted' | 'duplicate'> {
    return this.#orders.submit(order);
  }

  async status(key: string): Promise<EngineStanding> {
    return this.#orders.standing(key);
  }

  async result(key: string, signal: AbortSignal): Promise<EngineStanding> {
    for (;;) {
      const standing = this.#orders.standing(key);
      if (standing.state === 'done' || standing.state === 'cancelled') return standing;
      await this.#orders.change(signal);
      signal.throwIfAborted();
    }
  }

  async cancel(key: string): Promise<EngineStanding> {
    return this.#orders.cancel(key);
  }

  async work(handler: EngineHandler, { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal }): Promise<void> {
    const begun = new Set<Promise<void>>();
    while (!signal.aborted) {
      const taken = begun.size < concurrency ? this.#orders.take() : undefined;
      if (!taken) {
        await this.#orders.change(signal);
        continue;
      }
      const { order, ...delivery } = taken;
      const work = this.#do(order, async () => handler({ ...order, ...delivery })).finally(() => begun.delete(work));
      begun.add(work);
    }
    await Promise.all(begun);
  }

  async close(): Promise<void> {
    // Memory needs no closing.
  }

  /** What a worker throws is its own affair: the order is for another attempt. */
  async #do({ key }: EngineOrder, handle: () => ReturnType<EngineHandler>): Promise<void> {
    try {
      this.#orders.giveBack(key, await handle());
    } catch {
      this.#orders.giveBack(key);
    }
  }
}
