import type { Engine, EngineConnection, EngineDelivery, EngineHandler } from '../engine.ts';
import type { JsonObject } from '../json.ts';
import { refused, same } from './expect.ts';

/** Somewhere that an engine can connect to, with nothing in it; each connection reaches the same. */
export interface EnginePlace {
  connect(): Promise<EngineConnection>;
  /** Is called when the check has ended. */
  remove?(): Promise<void>;
}

/** A rule for engines. */
export interface EngineCheck {
  /** Stable, for reports. */
  readonly id: string;
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Rejects with the reason where it does not hold. */
  run(engine: Engine, make: () => Promise<EnginePlace>): Promise<void>;
}

const PATIENCE_MS = 20_000;
const BODY: JsonObject = { tool: 'greet', params: { name: 'Zoë 🦊', deep: [1, null, { a: 'b\n"' }] } };
const NEVER = new AbortController().signal;

/**
 * What every engine must hold to.
 *
 * @example
 * import { test } from 'node:test';
 * import { engineChecks } from '@toka/sdk/testing';
 *
 * for (const { name, run } of engineChecks) test(name, () => run(engine, makePlace));
 */
export const engineChecks: readonly EngineCheck[] = [
  check('engine/once', 'the same key is the same order', async ({ one, other }) => {
    same(await one.submit({ key: 'a', body: BODY }), 'accepted', 'the first');
    same(await other.submit({ key: 'a', body: BODY }), 'duplicate', 'the same once more');
    await refused('ENGINE_CONFLICT', async () => one.submit({ key: 'a', body: { tool: 'other' } }), 'the same key with another body');
    same(await one.status('a'), { state: 'waiting', attempts: 0 }, 'how it stands');
  }),
  check('engine/unknown', 'a key that nothing has is told by its code', async ({ one }) => {
    await refused('ENGINE_UNKNOWN', async () => one.status('nothing'), 'its status');
    await refused('ENGINE_UNKNOWN', async () => one.result('nothing', NEVER), 'its result');
    await refused('ENGINE_UNKNOWN', async () => one.cancel('nothing'), 'to cancel it');
  }),
  check('engine/result', 'a worker gets an order as it was submitted, and its result is told to who waits', async ({ one, other, work }) => {
    await one.submit({ key: 'a', body: BODY });
    const result = one.result('a', NEVER);
    work(other, async ({ key, body, attempt }) => ({ key, body, attempt }));
    same(await result, { state: 'done', attempts: 1, result: { key: 'a', body: BODY, attempt: 1 } }, 'the result');
  }),
  check('engine/kept', 'orders and results are there after every connection was closed', async ({ connect, work }) => {
    const first = await connect();
    await first.submit({ key: 'a', body: BODY });
    await first.submit({ key: 'b', body: BODY });
    const worker = work(first, async () => {
      worker.stop();
      return { done: true };
    });
    await worker.ended;
    await first.close();
    const later = await connect();
    same([(await later.status('a')).result, (await later.status('b')).state], [{ done: true }, 'waiting'], 'the result and the other order');
  }),
  check('engine/again', 'what a worker gives back is given out again, with the same key', async ({ one, work }) => {
    await one.submit({ key: 'a', body: BODY });
    const attempts: number[] = [];
    work(one, async ({ attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new Error('not now');
      return {};
    });
    same((await one.result('a', NEVER)).attempts, 2, 'the attempts told');
    same(attempts, [1, 2], 'the attempts made');
  }),
  check('engine/apart', 'an order is given to one worker at a time', async ({ one, other, work }) => {
    const keys = Array.from({ length: 20 }, (_, at) => `order-${at}`);
    const given: string[] = [];
    const note: EngineHandler = async ({ key }) => {
      given.push(key);
      await moment();
      return {};
    };
    work(one, note, 3);
    work(other, note, 3);
    await Promise.all(keys.map(async (key) => one.submit({ key, body: BODY })));
    await Promise.all(keys.map(async (key) => one.result(key, NEVER)));
    same(given.toSorted(), keys.toSorted(), 'what was given out');
  }),
  check('engine/concurrency', 'a worker is given no more at once than it takes', async ({ one, other, work }) => {
    let now = 0;
    let most = 0;
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(keys.map(async (key) => one.submit({ key, body: BODY })));
    work(
      other,
      async () => {
        most = Math.max(most, ++now);
        await moment();
        now -= 1;
        return {};
      },
      2,
    );
    await Promise.all(keys.map(async (key) => one.result(key, NEVER)));
    same(most, 2, 'at most at once');
  }),
  check('engine/patience', 'who aborts waits no longer, and is told the reason', async ({ one }) => {
    await one.submit({ key: 'a', body: BODY });
    const stop = new AbortController();
    const reason = new Error('nobody waits');
    const waiting = one.result('a', stop.signal).catch((error: unknown) => error);
    stop.abort(reason);
    same(await waiting, reason, 'what it ends with');
  }),
  check('engine/cancel', 'what waits and is cancelled is never given out', async ({ one, other, work }) => {
    await one.submit({ key: 'a', body: BODY });
    const waiting = other.result('a', NEVER);
    same(await one.cancel('a'), { state: 'cancelled', attempts: 0 }, 'how it stands');
    same(await waiting, { state: 'cancelled', attempts: 0 }, 'what who waits is told');
    await one.submit({ key: 'b', body: BODY });
    const given: string[] = [];
    work(one, async ({ key }) => {
      given.push(key);
      return {};
    });
    await one.result('b', NEVER);
    same(given, ['b'], 'what was given out');
    same((await one.cancel('b')).state, 'done', 'one that has ended, cancelled');
  }),
  check('engine/interrupt', 'what a worker is at is cancelled, or that is refused', async ({ engine, one, other, work }) => {
    await one.submit({ key: 'a', body: BODY });
    const begun = Promise.withResolvers<EngineDelivery>();
    const go = Promise.withResolvers<void>();
    work(other, async (delivery) => {
      begun.resolve(delivery);
      delivery.signal.addEventListener('abort', () => go.resolve());
      await go.promise;
      return { stopped: delivery.signal.aborted };
    });
    await begun.promise;
    if (engine.supports.interrupts) await one.cancel('a');
    else {
      await refused('ENGINE_UNSUPPORTED', async () => one.cancel('a'), 'to cancel it');
      go.resolve();
    }
    same((await one.result('a', NEVER)).result, { stopped: engine.supports.interrupts }, 'its result');
  }),
  check('engine/stop', 'a worker that is to stop ends what it has begun, and begins nothing more', async ({ one, other, work }) => {
    await one.submit({ key: 'a', body: BODY });
    const worker = work(other, async () => {
      worker.stop();
      await one.submit({ key: 'b', body: BODY });
      return { ended: true };
    });
    await worker.ended;
    same([(await one.status('a')).result, (await one.status('b')).state], [{ ended: true }, 'waiting'], 'what it had begun, and what came then');
  }),
  check('engine/keys', 'keys of another form, and a closed connection, are refused', async ({ one, other }) => {
    for (const key of ['', 'a b', 'ä', 'x'.repeat(201)]) await refused('ENGINE_INVALID', async () => one.submit({ key, body: BODY }), JSON.stringify(key.slice(0, 5)));
    await other.close();
    await refused('ENGINE_CLOSED', async () => other.status('a'), 'a closed connection');
  }),
];

interface Bench {
  readonly engine: Engine;
  readonly one: EngineConnection;
  readonly other: EngineConnection;
  connect(): Promise<EngineConnection>;
  /** Lets a connection work until it is stopped, at the latest when the check ends. */
  work(connection: EngineConnection, handler: EngineHandler, concurrency?: number): { stop(): void; readonly ended: Promise<void> };
}

/** Long enough for whoever would do the same at once. */
async function moment(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 20);
  return promise;
}

function check(id: string, name: string, body: (bench: Bench) => Promise<void>): EngineCheck {
  return { id, name, run: async (engine, make) => within(engine, await make(), body) };
}

async function within(engine: Engine, place: EnginePlace, body: (bench: Bench) => Promise<void>): Promise<void> {
  const opened: EngineConnection[] = [];
  const stop = new AbortController();
  const workers: Promise<void>[] = [];
  const connect = async (): Promise<EngineConnection> => {
    const connection = await place.connect();
    opened.push(connection);
    return connection;
  };
  const work: Bench['work'] = (connection, handler, concurrency = 1) => {
    const own = new AbortController();
    const ended = connection.work(handler, { concurrency, signal: AbortSignal.any([own.signal, stop.signal]) });
    workers.push(ended);
    return { stop: () => own.abort(), ended };
  };
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it took more than ${PATIENCE_MS} ms`)), PATIENCE_MS);
  try {
    await Promise.race([late.promise, body({ engine, connect, work, one: await connect(), other: await connect() })]);
    stop.abort();
    await Promise.race([late.promise, Promise.all(workers)]);
  } finally {
    clearTimeout(timer);
    stop.abort();
    for (const connection of opened) await connection.close();
    await place.remove?.();
  }
}
