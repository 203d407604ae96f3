import { setImmediate } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { type Awaitable, type Batch, coded, type StorageBackend, type StorageEntry, type TransactionOptions } from '@toka/sdk';
import { findStorage } from '../backends.ts';
import { type Call, failureOf, type FromThread, type Opening, ownBytes, type ToThread } from './messages.ts';

/** A transaction or a snapshot whose work is done by the other side, or a subscription that it reads. */
interface Scope {
  /** What calls of this scope go to. */
  readonly target: object;
  end(isUndone: boolean): void;
}

/** Keeps a storage open in this thread and does in it, in their order, what the messages of a port say. */
export function serve(port: MessagePort, { backend, plugins, options }: Opening): void {
  const post = (message: FromThread): void => port.postMessage(message);
  const host = new Host(() => findStorage(backend, plugins).open(options), (begun) => post({ begun }));
  port.on('message', (message: ToThread) => {
    if ('isUndone' in message) host.end(message.scope, message.isUndone);
    else void host.answer(message).then(post);
  });
}

class Host {
  readonly #open: () => Promise<StorageBackend>;
  readonly #begun: (scope: number) => void;
  readonly #scopes = new Map<number, Scope>();
  #backend: StorageBackend | undefined;

  constructor(open: () => Promise<StorageBackend>, begun: (scope: number) => void) {
    this.#open = open;
    this.#begun = begun;
  }

  async answer(call: Call): Promise<FromThread> {
    const { id } = call;
    try {
      return { id, value: portable(call.method, await this.#do(call)) };
    } catch (thrown) {
      return { id, failure: failureOf(thrown) };
    }
  }

  end(scope: number, isUndone: boolean): void {
    this.#scopes.get(scope)?.end(isUndone);
  }

  #do({ id, method, args, scope }: Call): unknown {
    if (scope !== undefined) return invoke(this.#scopes.get(scope)?.target, method, args);
    if (method === 'open') return this.#start();
    const backend = this.#backend as StorageBackend;
    switch (method) {
      case 'transaction':
        return backend.transaction(async (own) => this.#during(id, own), args[0] as TransactionOptions | undefined);
      case 'snapshot':
        return backend.snapshot(async (own) => this.#during(id, own));
      case 'close':
        return close(backend);
      case 'subscribe':
        return this.#follow(id, backend, args[0] as number);
      default:
        return invoke(backend, method, args);
    }
  }

  async #start(): Promise<void> {
    this.#backend = await this.#open();
  }

  /** Lasts as long as the work of the other side. */
  async #during(scope: number, target: object): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#scopes.set(scope, { target, end: (isUndone) => (isUndone ? reject(new Error('the work has failed')) : resolve()) });
    this.#begun(scope);
    try {
      await promise;
    } finally {
      this.#scopes.delete(scope);
    }
  }

  #follow(scope: number, backend: StorageBackend, after: number): void {
    const ending = new AbortController();
    const batches: AsyncIterator<Batch> = backend.subscribe({ after, signal: ending.signal })[Symbol.asyncIterator]();
    const end = (): void => {
      ending.abort();
      this.#scopes.delete(scope);
    };
    this.#scopes.set(scope, { target: batches, end });
  }
}

/** What was asked before has ended then; its answers, which are on their way, go out first. */
async function close(backend: StorageBackend): Promise<void> {
  await backend.close();
  await setImmediate();
}

function invoke(whole: object | undefined, path: string, args: readonly unknown[]): unknown {
  const [method = '', part] = path.split('.').toReversed();
  const target = part === undefined ? whole : whole && (whole as Readonly<Record<string, object | undefined>>)[part];
  const found = target && (target as Readonly<Record<string, (...given: readonly unknown[]) => Awaitable<unknown>>>)[method];
  if (!found) throw coded('STORAGE_CLOSED', 'this transaction has ended');
  return found.apply(target, [...args]);
}

function portable(method: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return ownBytes(value);
  return method === 'list' ? (value as StorageEntry[]).map((entry) => ({ ...entry, value: ownBytes(entry.value) })) : value;
}
