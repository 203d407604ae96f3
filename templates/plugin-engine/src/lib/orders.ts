import { coded, type EngineOrder, type EngineStanding, type JsonObject } from '@toka/sdk';

interface Kept {
  /** As text, so that nobody changes it. */
  readonly body: string;
  readonly standing: EngineStanding;
  readonly stop: AbortController;
}

/** All orders of one place, and who waits for them to change. */
export class Orders {
  readonly #kept = new Map<string, Kept>();
  #changed = Promise.withResolvers<void>();

  submit({ key, body }: EngineOrder): 'accepted' | 'duplicate' {
    const text = JSON.stringify(body);
    const known = this.#kept.get(key);
    if (known && known.body !== text) throw coded('ENGINE_CONFLICT', `expected the order ${key} as it was submitted before, found another`);
    if (known) return 'duplicate';
    this.#put(key, { body: text, standing: { state: 'waiting', attempts: 0 }, stop: new AbortController() });
    return 'accepted';
  }

  standing(key: string): EngineStanding {
    return this.#find(key).standing;
  }

  /** One that a worker is at goes on: its worker is told, and says how it ended. */
  cancel(key: string): EngineStanding {
    const kept = this.#find(key);
    if (kept.standing.state === 'waiting') this.#put(key, { ...kept, standing: { ...kept.standing, state: 'cancelled' } });
    if (kept.standing.state === 'working') kept.stop.abort();
    return this.standing(key);
  }

  /** The oldest order that waits, which is the caller's from then on. */
  take(): { readonly order: EngineOrder; readonly attempt: number; readonly signal: AbortSignal } | undefined {
    const [key, kept] = [...this.#kept].find(([, { standing }]) => standing.state === 'waiting') ?? [];
    if (key === undefined || !kept) return undefined;
    const attempt = kept.standing.attempts + 1;
    this.#put(key, { ...kept, standing: { state: 'working', attempts: attempt } });
    return { order: { key, body: JSON.parse(kept.body) as JsonObject }, attempt, signal: kept.stop.signal };
  }

  /** Without a result it is given out again. */
  giveBack(key: string, result?: JsonObject): void {
    const kept = this.#find(key);
    const { attempts } = kept.standing;
    this.#put(key, { ...kept, standing: result ? { state: 'done', attempts, result } : { state: 'waiting', attempts } });
  }

  /** Resolves at the next change of any order, or when the signal is aborted. */
  async change(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const stop = (): void => aborted.resolve();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await Promise.race([this.#changed.promise, aborted.promise]);
    signal.removeEventListener('abort', stop);
  }

  #find(key: string): Kept {
    const kept = this.#kept.get(key);
    if (kept) return kept;
    throw coded('ENGINE_UNKNOWN', `no order has the key ${key}`);
  }

  #put(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
