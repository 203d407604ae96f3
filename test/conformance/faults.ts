import type { StorageBackend, StorageReader, StorageTransaction } from '@toka/sdk';

/** Breaks a storage that is well. */
export type Fault = (storage: StorageBackend) => StorageBackend;

/** What is seen through a transaction, or a reader, that is broken. */
export const within =
  (fault: (own: StorageTransaction) => Partial<StorageTransaction>): Fault =>
  (storage) => {
    const broken = <T extends StorageReader>(own: T): T => ({ ...own, ...fault(own as unknown as StorageTransaction) });
    const transaction: StorageBackend['transaction'] = (work, options) => storage.transaction((own) => work(broken(own)), options);
    return {
      ...storage,
      transaction,
      append: (stream, events, version) => transaction((own) => own.append(stream, events, version)),
      put: (key, value, until) => transaction((own) => own.put(key, value, until)),
      remove: (key) => transaction((own) => own.remove(key)),
      prune: (now) => transaction((own) => own.prune(now)),
      forget: (stream, until) => transaction((own) => own.forget(stream, until)),
    };
  };

export const reading = (fault: (storage: StorageBackend) => Partial<StorageBackend>): Fault => (storage) => ({ ...storage, ...fault(storage) });

/** Commits what a transaction has done before it threw. */
export function committingAnyway(): Fault {
  return reading((storage) => ({
    transaction: async (work, options) => {
      let thrown: { readonly error: unknown } | undefined;
      const result = await storage.transaction(async (own) => {
        try {
          return await work(own);
        } catch (error) {
          thrown = { error };
          return undefined as never;
        }
      }, options);
      if (thrown) throw thrown.error;
      return result;
    },
  }));
}
