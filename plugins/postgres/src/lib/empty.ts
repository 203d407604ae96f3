import { coded, type Ends, type StorageDriver, type StorageReader } from '@toka/sdk';

const READER: StorageReader = {
  read: () => [],
  readAll: () => [],
  ends: (): Ends => ({ events: 0, nodes: 0 }),
  nodes: (positions) => positions.map(() => undefined),
  get: () => undefined,
  list: () => [],
  count: () => 0,
};

/** What a reader finds where nothing is. */
export const emptyDriver: StorageDriver = {
  ...READER,
  async transaction() {
    throw coded('STORAGE_READ_ONLY', 'the storage postgres was opened to be read');
  },
  snapshot: async (work) => work(READER),
  query: () => [],
  search: () => ({ hits: [], mark: '' }),
  async changed(_after, signal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
  },
  check: () => undefined,
  close() {},
};
