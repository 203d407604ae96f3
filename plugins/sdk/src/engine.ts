import { coded, type CodedError, isCoded } from './errors.ts';
import type { JsonObject } from './json.ts';

/** What is to be done, once. The key is chosen by who submits it: 1 to 200 plain characters. The body is for the worker, and is handed on as it is. */
export interface EngineOrder {
  readonly key: string;
  readonly body: JsonObject;
}

/** How an order stands. `attempts`: how often a worker was given it. `result`: what the worker has told, of one that is done. */
export interface EngineStanding {
  readonly state: 'waiting' | 'working' | 'done' | 'cancelled';
  readonly attempts: number;
  readonly result?: JsonObject;
}

/** What a worker gets. A later attempt than 1 means that nobody knows how far the earlier ones came. The signal is aborted when the order is cancelled. */
export interface EngineDelivery extends EngineOrder {
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** Does an order. If it throws, the order is given out again, after a while. */
export type EngineHandler = (delivery: EngineDelivery) => Promise<JsonObject>;

/** What engines differ in. `interrupts`: to cancel what a worker is at, which is refused with `ENGINE_UNSUPPORTED` otherwise. */
export interface EngineSupports {
  readonly interrupts: boolean;
}

/**
 * Reaches an engine. `submit` resolves once the order is kept durably; the same key with another body is refused with `ENGINE_CONFLICT`. A key that
 * nothing has is `ENGINE_UNKNOWN`. `result` waits for the end of an order, or throws the reason of the signal. What waits and is cancelled is never given
 * out; what has ended stays as it is. `work` takes orders until the signal is aborted and what was taken is done: an order is given to one worker at a
 * time, and again if that one is gone. It throws `ENGINE_LOST`, at once, where an order may be given out again while it is being done here.
 */
export interface EngineConnection {
  submit(order: EngineOrder): Promise<'accepted' | 'duplicate'>;
  status(key: string): Promise<EngineStanding>;
  result(key: string, signal: AbortSignal): Promise<EngineStanding>;
  cancel(key: string): Promise<EngineStanding>;
  work(handler: EngineHandler, options: { readonly concurrency: number; readonly signal: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}

/** Gives orders to workers. Keeps them durably; the summary is one sentence without a full stop. */
export interface Engine {
  readonly id: string;
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
    if (!/^[!-~]{1,200}$/.test(key)) throw coded('ENGINE_INVALID', `not a key: ${key}`);
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
    const { message, hint } = (cause ?? {}) as Partial<CodedError>;
    throw coded('ENGINE_UNAVAILABLE', `${id}: ${message ?? String(cause)}`, hint === undefined ? { cause } : { cause, hint });
  }
}
