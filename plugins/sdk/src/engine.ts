import { coded, isCoded } from './errors.ts';
import type { JsonObject } from './json.ts';

/** What is to be done, once. */
export interface EngineOrder {
  /** Who submits it chooses it; it never means anything else. At most 200 characters. */
  readonly key: string;
  /** All that the worker needs to know. The engine hands it on as it is. */
  readonly body: JsonObject;
}

/** How an order stands. `cancelled`: nobody does it any more, and nobody has told a result. */
export interface EngineStanding {
  readonly state: 'waiting' | 'working' | 'done' | 'cancelled';
  /** How often a worker was given it. */
  readonly attempts: number;
  /** What the worker has told, of one that is done. */
  readonly result?: JsonObject;
}

/** An order in the hands of a worker. */
export interface EngineDelivery extends EngineOrder {
  /** 1 for the first; a later one means that nobody knows how far the earlier ones came. */
  readonly attempt: number;
  /** Aborted when the order is cancelled; what the worker then tells is its result all the same. */
  readonly signal: AbortSignal;
}

/** What a worker does with an order. Its order is given out again, after a while, if it throws. */
export type EngineHandler = (delivery: EngineDelivery) => Promise<JsonObject>;

/** What engines differ in. What one does not support it refuses with `ENGINE_UNSUPPORTED`. */
export interface EngineSupports {
  /** Whether an order that a worker is at can be cancelled. */
  readonly interrupts: boolean;
}

/** A connection to an engine, of who submits or of a worker. */
export interface EngineConnection {
  /** Resolves once the order is kept durably. The same key again is the same order; with another body it is refused with `ENGINE_CONFLICT`. */
  submit(order: EngineOrder): Promise<'accepted' | 'duplicate'>;
  /** Throws `ENGINE_UNKNOWN`, as do `result` and `cancel`, where nothing has that key. */
  status(key: string): Promise<EngineStanding>;
  /** Waits until it is done or cancelled, or until the signal is aborted, whose reason it then throws. */
  result(key: string, signal: AbortSignal): Promise<EngineStanding>;
  /** One that waits is never given out; the worker of another is told. One that has ended stays as it is. */
  cancel(key: string): Promise<EngineStanding>;
  /**
   * Takes orders, at most `concurrency` at once, until the signal is aborted and what was taken is done. An order is given to one worker at a
   * time, and again if that one is gone: at least once, with the same key.
   *
   * @throws `ENGINE_LOST`, at once, where an order may be given to somebody else while it is still being done here: whoever works has to end.
   */
  work(handler: EngineHandler, options: { readonly concurrency: number; readonly signal: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}

/** An engine of durable execution: keeps orders, and gives each to one of its workers, on whatever host. */
export interface Engine {
  /** By which people name it. */
  readonly id: string;
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  readonly supports: EngineSupports;
  /** `location`: an address or a folder, as the engine understands it. */
  connect(options: { readonly location: string }): Promise<EngineConnection>;
}

const CODES = ['ENGINE_INVALID', 'ENGINE_UNKNOWN', 'ENGINE_CONFLICT', 'ENGINE_UNAVAILABLE', 'ENGINE_UNSUPPORTED', 'ENGINE_LOST', 'ENGINE_CLOSED'];
const LONGEST_KEY = 200;

/**
 * Defines an engine: the default export of a file that a plugin names under `contributes.engines`.
 *
 * @param definition How it is reached. `@toka/sdk/testing` has the checks that it must pass.
 * @returns The engine as its users see it: keys are checked, nothing is asked of a closed connection, and every error has one of the codes
 * `ENGINE_…`; what has no such code is `ENGINE_UNAVAILABLE`.
 * @example
 * export default defineEngine({
 *   id: 'queue',
 *   summary: 'Give runs to the workers of a queue',
 *   supports: { interrupts: false },
 *   connect: async ({ location }) => new QueueConnection(location),
 * });
 */
export function defineEngine(definition: Engine): Engine {
  const { id, summary, supports } = definition;
  return { id, summary, supports, connect: async (options) => guarded(id, await told(id, async () => definition.connect(options))) };
}

function guarded(id: string, inner: EngineConnection): EngineConnection {
  let isClosed = false;
  const ask = async <T>(work: () => Promise<T>, key = 'key', signal?: AbortSignal): Promise<T> => {
    if (isClosed) throw coded('ENGINE_CLOSED', `the connection to ${id} is closed`);
    if (!/^[\x21-\x7e]+$/.test(key) || key.length > LONGEST_KEY) throw coded('ENGINE_INVALID', `expected a key of 1 to ${LONGEST_KEY} plain characters, found another`);
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
    if (isCoded(cause) && CODES.includes(cause.code)) throw cause;
    const hint = isCoded(cause) && cause.hint !== undefined ? { hint: cause.hint } : {};
    throw coded('ENGINE_UNAVAILABLE', `${id}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, ...hint });
  }
}
