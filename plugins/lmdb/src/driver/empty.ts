import { coded, type StorageDriver, type StorageReader } from '@toka/sdk';

/** What a reader finds where there is nothing. */
export class EmptyDriver implements StorageDriver {
  read = (): [] => [];
  readAll = (): [] => [];
  query = (): [] => [];
  list = (): [] => [];
  count = (): number => 0;
  get = (): undefined => undefined;
  ends = () => ({ events: 0, nodes: 0 });
  nodes = (positions: readonly number[]): undefined[] => positions.map(() => undefined);
  check = (): undefined => undefined;
  close = (): void => {};

  async snapshot<T>(work: (reader: StorageReader) => T | Promise<T>): Promise<T> {
    return work(this);
  }

  async changed(_after: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await promise;
  }

  async transaction(): Promise<never> {
    throw coded('STORAGE_READ_ONLY', 'there is no storage, and it was opened to be read');
  }

  backup(target: string): never {
    throw coded('STORAGE_UNAVAILABLE', `expected a storage to copy to ${target}, found none`);
  }
}
