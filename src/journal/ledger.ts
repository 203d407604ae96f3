import type { StorageTransaction } from '@toka/sdk';
import type { Ledger } from './contract.ts';
import { ledgerKey, textOf } from './keys.ts';
import { everyEntry } from './pages.ts';

/** The ledger as it is in a transaction. */
export function ledgerOf(transaction: StorageTransaction): Ledger {
  return {
    async get(key) {
      const value = await transaction.get(ledgerKey(key));
      return value && textOf(value);
    },
    async list(prefix) {
      const entries = await everyEntry(transaction, ledgerKey(prefix));
      return entries.map(({ key, value }) => ({ key: key.slice(ledgerKey('').length), value: textOf(value) }));
    },
    put: async (key, value, until) => transaction.put(ledgerKey(key), Buffer.from(value), until),
    remove: async (key) => transaction.remove(ledgerKey(key)),
    prune: async (now) => transaction.prune(now),
  };
}
