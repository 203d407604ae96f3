import type { Engine, EngineConnection, EngineHandler, EngineOrder, EngineStanding } from '@toka/sdk';
import { engineChecks } from '@toka/sdk/testing';
import { expect, test } from 'vitest';
import { type Kept, Memory, memoryEngine } from '../support/memory-engine.ts';

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
  expect(await faultOf(id, memoryEngine(interrupts))).toBeUndefined();
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
  'engine/interrupt': () => memoryEngine(true, (orders) => new Memory(orders, false)),
  'engine/stop': () =>
    variant((orders) => new (class extends Memory {
      override async work(handler: EngineHandler, options: { readonly concurrency: number; readonly signal: AbortSignal }) {
        await super.work(handler, options);
        const next = this.take();
        if (next !== undefined) await this.do(next, handler);
      }
    })(orders, true)),
  // What defineEngine adds is missing.
  'engine/keys': () => ({ ...memoryEngine(true), connect: async () => new Memory(new Map(), true) }),
};

function variant(make: (orders: Map<string, Kept>) => EngineConnection): Engine {
  return memoryEngine(true, make);
}

test('there is a broken engine for each check', () => {
  expect(Object.keys(FAULTS).toSorted()).toEqual(ids.toSorted());
});

test.each(Object.entries(FAULTS))('%s finds an engine that does not hold to it', async (id, make) => {
  expect(await faultOf(id, make())).toBeTypeOf('string');
});
