import { setTimeout as sleep } from 'node:timers/promises';
import { coded, type EngineDelivery, type EngineHandler } from '@toka/sdk';
import type { Row } from './connections.ts';

/** How long an order is a worker's own, unless it says again that it is at it. The server's clock counts. */
const LEASE_SECONDS = 10;
/** How often it says so: twice it may fail. */
const RENEW_MS = 3000;
/** How long what could not be done is kept before it is given back. */
const PAUSE_MS = 1000;
/** How long it can be asked for how an order ended. */
const KEPT_HOURS = 24;

/** What a worker has of its queue. */
interface Desk {
  readonly id: string;
  readonly channel: string;
  /** `$` followed by a space stands for the table. */
  run(text: string, values: readonly (string | number | null)[]): Promise<Row[]>;
  wait(isLate: () => Promise<boolean>, signal: AbortSignal): Promise<void>;
}

/** Has begun and not ended: the attempt tells it from the same order in other hands. */
interface Held {
  readonly attempt: number;
  readonly stop: AbortController;
  /** By this process's clock, which stands still when it does: until then the order is certainly its own. */
  until: number;
}

const FREE = `(state = 'waiting' OR (state = 'working' AND lease < clock_timestamp()))`;

/** Takes orders and does them. */
export class Worker {
  readonly #desk: Desk;
  readonly #handler: EngineHandler;
  readonly #held = new Map<string, Held>();
  readonly #lost = Promise.withResolvers<never>();

  constructor(desk: Desk, handler: EngineHandler) {
    this.#desk = desk;
    this.#handler = handler;
  }

  async work(concurrency: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const renewing = setInterval(() => void this.#renew(), RENEW_MS);
    try {
      await Promise.race([this.#lost.promise, Promise.all([this.#watch(ended.signal), this.#takeAll(concurrency, signal).finally(() => ended.abort())])]);
    } finally {
      clearInterval(renewing);
      ended.abort();
    }
  }

  async #takeAll(concurrency: number, signal: AbortSignal): Promise<void> {
    const doing = new Set<Promise<void>>();
    while (!signal.aborted) {
      const taken = doing.size < concurrency ? await this.#take() : undefined;
      if (taken) {
        const job = this.#do(taken).finally(() => doing.delete(job));
        doing.add(job);
        continue;
      }
      if (doing.size === 0) await this.#forget();
      const waiting = new AbortController();
      const wake = (): void => waiting.abort();
      void Promise.race(doing).then(wake, wake);
      await this.#desk.wait(async () => doing.size < concurrency && (await this.#isAnyFree()), AbortSignal.any([signal, waiting.signal]));
    }
    await Promise.all(doing);
  }

  async #forget(): Promise<void> {
    await this.#desk.run('DELETE FROM $ WHERE ended < clock_timestamp() - make_interval(hours => $1)', [KEPT_HOURS]);
  }

  async #isAnyFree(): Promise<boolean> {
    const [row] = await this.#desk.run(`SELECT 1 AS one FROM $ WHERE ${FREE} LIMIT 1`, []);
    return row !== undefined;
  }

  async #take(): Promise<EngineDelivery | undefined> {
    const until = performance.now() + LEASE_SECONDS * 1000;
    const [row] = await this.#desk.run(
      `UPDATE $ SET state = 'working', attempts = attempts + 1, worker = $1, lease = clock_timestamp() + make_interval(secs => $2)
      WHERE key = (SELECT key FROM $ WHERE ${FREE} ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING key, body, attempts, cancelled`,
      [this.#desk.id, LEASE_SECONDS],
    );
    if (!row) return undefined;
    const { key, body, attempts, cancelled } = row as { key: string; body: string; attempts: number; cancelled: boolean };
    const stop = new AbortController();
    if (cancelled) stop.abort();
    this.#held.set(key, { attempt: attempts, stop, until });
    return { key, body: JSON.parse(body) as EngineDelivery['body'], attempt: attempts, signal: stop.signal };
  }

  async #do(delivery: EngineDelivery): Promise<void> {
    const { key, attempt } = delivery;
    const result = await this.#handler(delivery).then(JSON.stringify, () => undefined);
    if (result === undefined) await sleep(PAUSE_MS);
    const [kept] = await this.#desk.run(
      `UPDATE $ SET lease = NULL, ${result === undefined ? `state = 'waiting'` : `state = 'done', body = NULL, ended = clock_timestamp()`}, result = $4
      WHERE key = $1 AND worker = $2 AND attempts = $3 AND state = 'working' RETURNING pg_notify($5, '')::text`,
      [key, this.#desk.id, attempt, result ?? null, this.#desk.channel],
    );
    this.#held.delete(key);
    if (!kept) this.#lose(key);
  }

  /** Hears of cancellations at once. */
  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#cancelled();
      await this.#desk.wait(async () => false, signal);
    }
  }

  async #cancelled(): Promise<void> {
    if (this.#held.size === 0) return;
    const rows = await this.#desk.run(`SELECT key FROM $ WHERE worker = $1 AND cancelled AND state = 'working'`, [this.#desk.id]);
    for (const { key } of rows) this.#held.get(String(key))?.stop.abort();
  }

  /** A server that cannot be asked is asked again, as long as what is held is certainly this worker's. */
  async #renew(): Promise<void> {
    for (const [key, held] of this.#held) {
      const asked = performance.now();
      if (asked > held.until) return this.#lose(key);
      const rows = await this.#desk
        .run(`UPDATE $ SET lease = clock_timestamp() + make_interval(secs => $4) WHERE key = $1 AND worker = $2 AND attempts = $3 AND state = 'working' RETURNING key`, [key, this.#desk.id, held.attempt, LEASE_SECONDS])
        .catch(() => undefined);
      if (rows) held.until = asked + LEASE_SECONDS * 1000;
      if (rows?.length === 0 && this.#held.get(key) === held) return this.#lose(key);
    }
  }

  #lose(key: string): void {
    this.#lost.reject(coded('ENGINE_LOST', `the order ${key} is not this worker's any more: it did not say in time that it was at it`, { hint: 'start the worker again' }));
  }
}
