import { setTimeout as sleep } from 'node:timers/promises';
import { coded, defineEngine, type Engine, type EngineConnection, type EngineHandler, type EngineOrder, type EngineStanding } from '@toka/sdk';
import { engineChecks } from '@toka/sdk/testing';
import { expect, test } from 'vitest';

interface Kept {
  readonly body: string;
  standing: EngineStanding;
  stop: AbortController;
}

/** Keeps orders as long as this process lives, as it should be done otherwise. */
class Memory implements EngineConnection {
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

function engine(interrupts: boolean, make: (orders: Map<string, Kept>) => EngineConnection = (orders) => new Memory(orders, interrupts)): Engine {
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

let places = 0;

async function faultOf(id: string, tried: Engine): Promise<string | undefined> {
  const location = String(++places);
  const check = engineChecks.find((each) => each.id === id);
  try {
    await check?.run(tried, async () => ({ connect: async () => tried.connect({ location }) }));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const ids = engineChecks.map(({ id }) => id);

test.each(ids.flatMap((id) => [[id, true], [id, false]] as const))('%s holds for a sound engine (interrupts: %s)', async (id, interrupts) => {
  expect(await faultOf(id, engine(interrupts))).toBeUndefined();
});

/** For each check, an engine that is sound but for one thing. */
const FAULTS: Readonly<Record<string, () => Engine>> = {
  'engine/once': () =>
    variant((orders) => new (class extends Memory {
      override async submit(order: EngineOrder) {
        this.orders.delete(order.key);
        return super.submit(order);
      }
    })(orders, true)),
  'engine/unknown': () =>
    variant((orders) => new (class extends Memory {
      override async cancel(key: string): Promise<EngineStanding> {
        return this.orders.has(key) ? super.cancel(key) : { state: 'cancelled', attempts: 0 };
      }
    })(orders, true)),
  'engine/result': () =>
    variant((orders) => new (class extends Memory {
      override async do(key: string, handler: EngineHandler) {
        return super.do(key, async (delivery) => handler({ ...delivery, body: {} }));
      }
    })(orders, true)),
  'engine/kept': () => variant(() => new Memory(new Map(), true)),
  'engine/again': () =>
    variant((orders) => new (class extends Memory {
      override async do(key: string, handler: EngineHandler) {
        return super.do(key, async (delivery) => handler(delivery).catch(() => ({})));
      }
    })(orders, true)),
  'engine/apart': () =>
    variant((orders) => new (class extends Memory {
      override async do(key: string, handler: EngineHandler) {
        await super.do(key, async (delivery) => {
          await handler(delivery);
          return handler(delivery);
        });
      }
    })(orders, true)),
  'engine/concurrency': () =>
    variant((orders) => new (class extends Memory {
      override async work(handler: EngineHandler, options: { readonly concurrency: number; readonly signal: AbortSignal }) {
        return super.work(handler, { ...options, concurrency: options.concurrency + 1 });
      }
    })(orders, true)),
  'engine/patience': () =>
    variant((orders) => new (class extends Memory {
      override async result(key: string, signal: AbortSignal) {
        return super.result(key, signal).catch(async () => this.status(key));
      }
    })(orders, true)),
  'engine/cancel': () =>
    variant((orders) => new (class extends Memory {
      override take() {
        return super.take() ?? [...this.orders].find(([, { standing }]) => standing.state === 'cancelled')?.[0];
      }
      override async cancel(key: string) {
        const standing = await super.cancel(key);
        this.orders.set(`${key}-again`, { ...this.find(key), standing: { state: 'waiting', attempts: 0 } });
        return standing;
      }
    })(orders, true)),
  'engine/interrupt': () => engine(true, (orders) => new Memory(orders, false)),
  'engine/stop': () =>
    variant((orders) => new (class extends Memory {
      override async work(handler: EngineHandler, options: { readonly concurrency: number; readonly signal: AbortSignal }) {
        await super.work(handler, options);
        const next = this.take();
        if (next !== undefined) await this.do(next, handler);
      }
    })(orders, true)),
  // What defineEngine adds is missing.
  'engine/keys': () => ({ ...engine(true), connect: async () => new Memory(new Map(), true) }),
};

function variant(make: (orders: Map<string, Kept>) => EngineConnection): Engine {
  return engine(true, make);
}

test('there is a broken engine for each check', () => {
  expect(Object.keys(FAULTS).toSorted()).toEqual(ids.toSorted());
});

test.each(Object.entries(FAULTS))('%s finds an engine that does not hold to it', async (id, make) => {
  expect(await faultOf(id, make())).toBeTypeOf('string');
});
