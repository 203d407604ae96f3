import { coded, isCoded } from './errors.ts';
import type { JsonObject } from './json.ts';

/** What is to be done, once. */
export interface EngineOrder {
  /** Chosen by who submits it: 1 to 200 plain characters. */
  readonly key: string;
  /** For the worker; handed on as it is. */
  readonly body: JsonObject;
}

/** How an order stands. */
export interface EngineStanding {
  readonly state: 'waiting' | 'working' | 'done' | 'cancelled';
  /** How often a worker was given it. */
  readonly attempts: number;
  /** Of one that is done. */
  readonly result?: JsonObject;
}

/** An order in the hands of a worker. */
export interface EngineDelivery extends EngineOrder {
  /** From 1. */
  readonly attempt: number;
  /** Aborted when the order is cancelled. */
  readonly signal: AbortSignal;
}

/** Does an order; if it throws, the order is given out again. */
export type EngineHandler = (delivery: EngineDelivery) => Promise<JsonObject>;

/** What is not supported is refused with `ENGINE_UNSUPPORTED`. */
export interface EngineSupports {
  /** To cancel what a worker is at. */
  readonly interrupts: boolean;
}

/** A connection of who submits or of a worker. */
export interface EngineConnection {
  /** Resolves once it is kept durably. The same key with another body: `ENGINE_CONFLICT`. */
  submit(order: EngineOrder): Promise<'accepted' | 'duplicate'>;
  /** An unknown key, here and below: `ENGINE_UNKNOWN`. */
  status(key: string): Promise<EngineStanding>;
  /** Waits for its end, or throws the reason of the signal. */
  result(key: string, signal: AbortSignal): Promise<EngineStanding>;
  /** What waits is never given out then; what has ended stays as it is. */
  cancel(key: string): Promise<EngineStanding>;
  /**
   * Takes orders until the signal is aborted and what was taken is done. An order is given to one worker at a time, and again if that one is gone.
   *
   * @throws `ENGINE_LOST`, at once, where an order may be given out again while it is being done here.
   */
  work(handler: EngineHandler, options: { readonly concurrency: number; readonly signal: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}

/** Keeps orders durably, and gives each to a worker, on whatever host. */
export interface Engine {
  readonly id: string;
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  readonly supports: EngineSupports;
  connect(options: { readonly location: string }): Promise<EngineConnection>;
}

/**
 * Defines an engine, which a plugin names under `contributes.engines`.
 *
 * @param definition It must pass the `engineChecks`.
 * @returns The same, with keys checked, and `ENGINE_UNAVAILABLE` for every error without a code `ENGINE_…`.
 * @example
 * export default defineEngine({
 *   id: 'queue',
 *   summary: 'Give runs to the workers of a queue',
 *   supports: { interrupts: false },
 *   connect: async ({ location }) => new QueueConnection(location),
 * });
 */
export function defineEngine(definition: Engine): Engine {
  const { id } = definition;
  return { ...definition, connect: async (options) => guarded(id, await told(id, async () => definition.connect(options))) };
}

function guarded(id: string, inner: EngineConnection): EngineConnection {
  let isClosed = false;
  const ask = async <T>(work: () => Promise<T>, key = 'key', signal?: AbortSignal): Promise<T> => {
    if (isClosed) throw coded('ENGINE_CLOSED', `${id} is closed`);
    if (!/^[!-~]{1,200}$/.test(key)) throw coded('ENGINE_INVALID', 'expected a key of 1 to 200 plain characters');
    return told(id, work, signal);
  };
  return {
    submit: (order) => ask(() => inner.submit(order), order.key),
    status: (key) => ask(() => inner.status(key), key),
    result: (key, signal) => ask(() => inner.result(key, signal), key, signal),
    cancel: (key) => ask(() => inner.cancel(key), key),
    work: (handler, options) => ask(() => inner.work(handler, options)),
    close: async () => {
      if (!isClosed) await inner.close();
      isClosed = true;
    },
  };
}

async function told<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (cause) {
    signal?.throwIfAborted();
    if (isCoded(cause) && cause.code.startsWith('ENGINE_')) throw cause;
    const hint = isCoded(cause) && cause.hint !== undefined ? { hint: cause.hint } : {};
    throw coded('ENGINE_UNAVAILABLE', `${id}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, ...hint });
  }
}
