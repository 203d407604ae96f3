import { Worker } from 'node:worker_threads';
import {
  type Awaitable,
  type Batch,
  coded,
  type CodedError,
  type Documents,
  type Storage,
  type StorageBackend,
  type StorageOptions,
  type StorageReader,
  type StorageTransaction,
  type StorageWriter,
  type SubscribeOptions,
  type TransactionOptions,
} from '@toka/sdk';
import { errorOf, type FromThread, type Opening, ownBytes, type ToThread } from './messages.ts';

export interface ThreadOptions {
  /** The file of the thread (`journal-thread.ts`). */
  readonly thread: string;
  /** The package.json of each plugin that may bring the backend. */
  readonly plugins: readonly string[];
}

/** What is only passed on: the compiler misses here what the contract gets later. */
const READ = namesOf<keyof StorageReader>({ read: 1, readAll: 1, ends: 1, nodes: 1, get: 1, list: 1, count: 1 });
const WRITE = namesOf<keyof StorageWriter>({ append: 1, put: 1, remove: 1, prune: 1, forget: 1 });
const DOCUMENTS = namesOf<keyof Documents>({ put: 1, remove: 1, clear: 1, marked: 1, mark: 1 });
const LOOK_AFTER = namesOf<Exclude<keyof Plain, keyof StorageReader | keyof StorageWriter>>({ query: 1, search: 1, check: 1, compact: 1, backup: 1, describe: 1 });

/**
 * The same storage, open in a thread of its own: no lock and no disk stops the one that uses it. It keeps the process alive only while it is asked
 * for something. Where the thread dies, all calls are `STORAGE_UNAVAILABLE` from then on.
 */
export function inThread({ id, summary, supports }: Storage, { thread, plugins }: ThreadOptions): Storage {
  const open = async (options: StorageOptions): Promise<StorageBackend> => {
    const line = new Line(id, thread, { backend: id, plugins, options });
    try {
      await line.ask('open');
    } catch (error) {
      await line.stop();
      throw error;
    }
    return backendOver(line, { id, supports });
  };
  return { id, summary, supports, open };
}

function backendOver(line: Line, { id, supports }: Pick<StorageBackend, 'id' | 'supports'>): StorageBackend {
  let closed: Promise<void> | undefined;
  return {
    id,
    supports,
    ...(stub([...READ, ...WRITE, ...LOOK_AFTER], (method, args) => line.ask(method, args)) as Plain),
    transaction: async <T>(work: (own: StorageTransaction) => Awaitable<T>, options?: TransactionOptions) =>
      line.during('transaction', (ask) => ({ ...(stub([...READ, ...WRITE], ask) as StorageTransaction), ...(supports.search === true && { documents: documentsOver(ask) }) }), work, options),
    snapshot: async <T>(work: (own: StorageReader) => Awaitable<T>) => line.during('snapshot', (ask) => stub(READ, ask) as StorageReader, work),
    subscribe(options = {}) {
      if (!supports.subscribe) throw coded('STORAGE_UNSUPPORTED', `the storage ${id} does not support subscribe`);
      return line.follow(options);
    },
    close: async () => (closed ??= line.end()),
  };
}

function namesOf<Name extends string>(names: Readonly<Record<Name, 1>>): string[] {
  return Object.keys(names);
}

/** What can be asked of a backend in one message each. */
type Plain = Omit<StorageBackend, 'id' | 'supports' | 'transaction' | 'snapshot' | 'subscribe' | 'close'>;

type Ask = (method: string, args: readonly unknown[]) => Promise<unknown>;

/** Methods that only pass on what they are asked. */
function stub(methods: readonly string[], ask: Ask): unknown {
  return Object.fromEntries(methods.map((method) => [method, async (...args: readonly unknown[]) => ask(method, args)]));
}

function documentsOver(ask: Ask): Documents {
  return stub(DOCUMENTS, (method, args) => ask(`documents.${method}`, args)) as Documents;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Asks a thread, and hears its answers. */
class Line {
  readonly #id: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #beginning = new Map<number, () => void>();
  #asked = 0;
  /** Why nothing can be asked any more. */
  #over: CodedError | undefined;

  constructor(id: string, thread: string, opening: Opening) {
    this.#id = id;
    // None of the flags that this process was started with: some of them are not for threads.
    this.#worker = new Worker(thread, { workerData: opening, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (error) => this.#lose(String(error)));
    this.#worker.on('exit', (code) => this.#lose(`it ended with ${code}`));
  }

  async ask(method: string, args: readonly unknown[] = [], scope?: number): Promise<unknown> {
    return this.#ask(++this.#asked, method, args, scope);
  }

  /** Does some work here in a transaction, or a snapshot, there. */
  async during<I, T>(kind: 'transaction' | 'snapshot', make: (ask: Ask) => I, work: (own: I) => Awaitable<T>, options?: object): Promise<T> {
    const scope = ++this.#asked;
    const begun = Promise.withResolvers<void>();
    this.#beginning.set(scope, begun.resolve);
    const ended = this.#ask(scope, kind, [options]);
    try {
      await Promise.race([begun.promise, ended]);
    } finally {
      this.#beginning.delete(scope);
    }
    // Whatever comes of it is looked at when the work is done.
    ended.catch(() => {});
    return this.#finish(scope, ended, async () => work(make((method, args) => this.ask(method, args, scope))));
  }

  async *follow({ after = 0, signal }: SubscribeOptions): AsyncGenerator<Batch, void, undefined> {
    const scope = ++this.#asked;
    const leave = (): void => this.#post({ scope, isUndone: false });
    await this.#ask(scope, 'subscribe', [after]);
    signal?.addEventListener('abort', leave);
    try {
      for (;;) {
        if (signal?.aborted === true) return;
        const { done, value } = (await this.ask('next', [], scope)) as IteratorResult<Batch, void>;
        if (done === true) return;
        yield value;
      }
    } catch (error) {
      // Closing ends it, in order.
      if (!(this.#over?.code === 'STORAGE_CLOSED' && error === this.#over)) throw error;
    } finally {
      signal?.removeEventListener('abort', leave);
      leave();
    }
  }

  /** Waits for what was asked before. Where the thread is dead there is nothing to wait for. */
  async end(): Promise<void> {
    try {
      if (!this.#over) await this.ask('close');
    } finally {
      await this.stop();
    }
  }

  async stop(): Promise<void> {
    this.#over ??= coded('STORAGE_CLOSED', `the storage ${this.#id} is closed`);
    await this.#worker.terminate();
  }

  async #finish<T>(scope: number, ended: Promise<unknown>, work: () => Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await work();
    } catch (error) {
      this.#post({ scope, isUndone: true });
      await ended.catch(() => {});
      throw error;
    }
    this.#post({ scope, isUndone: false });
    await ended;
    return value;
  }

  async #ask(id: number, method: string, args: readonly unknown[], scope?: number): Promise<unknown> {
    if (this.#over) throw this.#over;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#post({ id, method, args: args.map((each) => (each instanceof Uint8Array ? ownBytes(each) : each)), ...(scope === undefined ? {} : { scope }) });
    this.#waiting.set(id, { resolve, reject });
    this.#worker.ref();
    return promise;
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromThread): void {
    if ('begun' in message) {
      this.#beginning.get(message.begun)?.();
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('failure' in message) waiting?.reject(errorOf(message.failure));
    else waiting?.resolve(message.value);
  }

  #lose(why: string): void {
    this.#over ??= coded('STORAGE_UNAVAILABLE', `the thread of the storage ${this.#id} is gone: ${why}`, { hint: 'open it again; what was acknowledged is kept' });
    for (const { reject } of this.#waiting.values()) reject(this.#over);
    this.#waiting.clear();
  }
}
