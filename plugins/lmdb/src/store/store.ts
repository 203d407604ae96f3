import { constants } from 'node:os';
import { coded } from '@toka/sdk';
import type { RootDatabase, Transaction } from 'lmdb';
import { READERS } from '../place/folder.ts';
import { translate, unavailable } from '../place/failures.ts';
import type { Span } from './keys.ts';

type Database = RootDatabase<Buffer, Buffer>;

interface Pair {
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface ScanOptions {
  readonly reverse?: boolean;
  /** Default: no end. */
  readonly limit?: number;
}

/** What can be read in one moment, by keys. */
export interface Reading {
  get(key: Buffer): Buffer | undefined;
  has(key: Buffer): boolean;
  /** In the order of the keys. Has to be read before anything else happens. */
  scan(span: Span, options?: ScanOptions): Iterable<Pair>;
  count(span: Span): number;
}

/** A commit in the making, which sees what it has written itself. */
export interface Writing extends Reading {
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
}

const { EACCES, EPERM, EROFS } = constants.errno;

/** `transactionSync`: it can be aborted, and commits before it returns. */
const COMMIT = 3;
/**
 * LMDB's MDB_NOMETASYNC: what was written is on the disk, but not yet which state is the last. A power cut undoes the last commit, and the
 * file stays whole. With MDB_NOSYNC it might not.
 */
const RELAXED = 0x40000;

/** LMDB under two handles: one that reads while the other holds a transaction open would be shown what is not committed. */
export class Store {
  readonly folder: string;
  readonly #reads: Database;
  readonly #writes: Database | undefined;
  #isClosed = false;

  private constructor(folder: string, reads: Database, writes: Database | undefined) {
    this.folder = folder;
    this.#reads = reads;
    this.#writes = writes;
  }

  /** @param folder Has a database, or a lock file alone: then a database is made. */
  static async open(folder: string, { readOnly }: { readonly readOnly: boolean }): Promise<Store> {
    const { open } = await import('lmdb');
    const options = {
      path: folder,
      noSubdir: false,
      keyEncoding: 'binary',
      encoding: 'binary',
      maxDbs: 1,
      maxReaders: READERS,
      // Durable when a commit returns: the other way, what others see may not be.
      overlappingSync: false,
      permissionsMode: 0o600,
    } as const;
    let writes: Database | undefined;
    try {
      writes = openToWrite(() => open<Buffer, Buffer>(options), readOnly);
      const reads = open<Buffer, Buffer>({ ...options, readOnly: true });
      if (!readOnly) return new Store(folder, reads, writes);
      await writes?.close();
      return new Store(folder, reads, undefined);
    } catch (error) {
      await writes?.close();
      throw translate(error, folder);
    }
  }

  /** What was committed last. Has to be used before anything else happens. */
  now(): Reading {
    return this.#guarded(() => {
      this.#reads.resetReadTxn();
      return this.#reading(this.#reads);
    });
  }

  async snapshot<T>(work: (reading: Reading) => T | Promise<T>): Promise<T> {
    const transaction = this.#guarded(() => {
      this.#reads.resetReadTxn();
      return this.#reads.useReadTransaction();
    });
    try {
      return await work(this.#reading(this.#reads, transaction));
    } finally {
      transaction.done();
    }
  }

  /** Waits in place for the transactions of other processes. One of this process must not be open: it would wait for ever. */
  async transaction<T>(work: (writing: Writing) => T | Promise<T>, durable: boolean): Promise<T> {
    const database = this.#writes;
    if (!database) throw unavailable(this.folder, 'it was opened to be read');
    const done: T[] = [];
    try {
      // What was read last would keep its moment until the event loop turns: LMDB could use no free page anew, and the file would grow with each commit.
      this.#reads.resetReadTxn();
      await database.transactionSync(async () => {
        this.#checkBegun(database);
        done.push(await work(this.#writing(database)));
      }, durable ? COMMIT : COMMIT | RELAXED);
    } catch (error) {
      // What the work has thrown is the caller's.
      throw done.length > 0 ? translate(error, this.folder) : error;
    }
    return done[0] as T;
  }

  /** Copies what was committed last, without what nothing uses, into a folder. */
  async copy(target: string): Promise<void> {
    try {
      await this.#reads.backup(target, true);
    } catch (error) {
      throw translate(error, target);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reads.close();
    await this.#writes?.close();
  }

  /** The binding does not tell when LMDB refuses to begin, as it does after a disk has failed in mid-commit. */
  #checkBegun(database: Database): void {
    if (database.getWriteTxnId() === 0) throw unavailable(this.folder, 'LMDB began no transaction', 'close it and open it again');
  }

  #reading(database: Database, transaction?: Transaction): Reading {
    const options = transaction ? { transaction } : {};
    return {
      get: (key) => this.#guarded(() => database.get(key, options)),
      has: (key) => this.#guarded(() => database.doesExist(key, undefined as never, options)),
      scan: (span, more = {}) => this.#scan(database, { ...options, ...rangeOf(span, more) }),
      count: (span) => this.#guarded(() => database.getKeysCount({ ...options, ...rangeOf(span, {}) })),
    };
  }

  #writing(database: Database): Writing {
    return {
      ...this.#reading(database),
      put: (key, value) => this.#guarded(() => database.putSync(key, value)),
      remove: (key) => this.#guarded(() => database.removeSync(key)),
    };
  }

  *#scan(database: Database, range: object): Generator<Pair> {
    try {
      yield* database.getRange(range);
    } catch (error) {
      throw translate(error, this.folder);
    }
  }

  #guarded<T>(call: () => T): T {
    // What has begun before may go on after.
    if (this.#isClosed) throw coded('STORAGE_CLOSED', `the storage ${this.folder} is closed`);
    try {
      return call();
    } catch (error) {
      throw translate(error, this.folder);
    }
  }
}

/**
 * The way in which LMDB is opened first counts for the whole process, so that whoever only reads must not keep others from writing: he opens
 * it to write as well, unless that cannot be.
 */
function openToWrite(open: () => Database, readOnly: boolean): Database | undefined {
  try {
    return open();
  } catch (error) {
    if (readOnly && [EACCES, EROFS, EPERM].includes((error as { code?: number }).code ?? 0)) return undefined;
    throw error;
  }
}

function rangeOf({ start, end }: Span, { reverse = false, limit }: ScanOptions): object {
  const ends = reverse ? { start: end, end: start, reverse, exclusiveStart: true, inclusiveEnd: true } : { start, end };
  return limit === undefined ? ends : { ...ends, limit };
}
