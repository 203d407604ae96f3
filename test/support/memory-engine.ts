import { setTimeout as sleep } from 'node:timers/promises';
import { coded, defineEngine, type Engine, type EngineConnection, type EngineHandler, type EngineOrder, type EngineStanding } from '@toka/sdk';

export interface Kept {
  readonly body: string;
  standing: EngineStanding;
  stop: AbortController;
}

/** Keeps orders as long as this process lives, as it should be done otherwise. */
export class Memory implements EngineConnection {
  readonly orders: Map<string, Kept>;
  readonly interrupts: boolean;

  constructor(orders: Map<string, Kept>, interrupts: boolean) {
    this.orders = orders;
    this.interrupts = interrupts;
  }

  async submit({ key, body }: EngineOrder): Promise<'accepted' | 'duplicate'> {
    const text = JSON.stringify(body);
    const found = this.orders.get(key);
    if (found && found.body !== text) throw coded('ENGINE_CONFLICT', `another order has the key ${key}`);
    if (!found) this.orders.set(key, { body: text, standing: { state: 'waiting', attempts: 0 }, stop: new AbortController() });
    return found ? 'duplicate' : 'accepted';
  }

  async status(key: string): Promise<EngineStanding> {
    return this.find(key).standing;
  }

  async result(key: string, signal: AbortSignal): Promise<EngineStanding> {
    for (;;) {
      const { standing } = this.find(key);
      if (standing.state === 'done' || standing.state === 'cancelled') return standing;
      await tick();
      signal.throwIfAborted();
    }
  }

  async cancel(key: string): Promise<EngineStanding> {
    const kept = this.find(key);
    const { state } = kept.standing;
    if (state === 'working' && !this.interrupts) throw coded('ENGINE_UNSUPPORTED', 'it cannot be interrupted');
    if (state === 'waiting') kept.standing = { ...kept.standing, state: 'cancelled' };
    kept.stop.abort();
    return kept.standing;
  }

  async work(handler: EngineHandler, { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal }): Promise<void> {
    const doing = new Set<Promise<void>>();
    while (!signal.aborted) {
      const next = doing.size < concurrency ? this.take() : undefined;
      if (!next) {
        await tick();
        continue;
      }
      const job = this.do(next, handler).finally(() => doing.delete(job));
      doing.add(job);
    }
    await Promise.all(doing);
  }

  async close(): Promise<void> {}

  find(key: string): Kept {
    const kept = this.orders.get(key);
    if (kept) return kept;
    throw coded('ENGINE_UNKNOWN', `no order has the key ${key}`);
  }

  take(): string | undefined {
    return [...this.orders].find(([, { standing }]) => standing.state === 'waiting')?.[0];
  }

  async do(key: string, handler: EngineHandler): Promise<void> {
    const kept = this.find(key);
    const attempts = kept.standing.attempts + 1;
    kept.standing = { state: 'working', attempts };
    const result = await handler({ key, body: JSON.parse(kept.body) as EngineOrder['body'], attempt: attempts, signal: kept.stop.signal }).catch(() => undefined);
    kept.standing = result ? { state: 'done', attempts, result } : { state: 'waiting', attempts };
  }
}

const tick = async (): Promise<void> => sleep(1);

export function memoryEngine(interrupts: boolean, make: (orders: Map<string, Kept>) => EngineConnection = (orders) => new Memory(orders, interrupts)): Engine {
  const places = new Map<string, Map<string, Kept>>();
  return defineEngine({
    id: 'memory',
    summary: 'Keep orders for a while',
    supports: { interrupts },
    async connect({ location }) {
      const orders = places.get(location) ?? new Map<string, Kept>();
      places.set(location, orders);
      return make(orders);
    },
  });
}
