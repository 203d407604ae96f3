import type { StorageReader, StorageTransaction } from '@toka/sdk';
import type { Ledger } from './contract.ts';
import { ledgerKey, textOf } from './keys.ts';
import { everyEntry } from './pages.ts';

/** The ledger as it is in a transaction. */
export function ledgerOf(transaction: StorageTransaction): Ledger {
  return {
    ...readLedger(transaction),
    put: async (key, value, until) => transaction.put(ledgerKey(key), Buffer.from(value), until),
    remove: async (key) => transaction.remove(ledgerKey(key)),
    prune: async (now) => transaction.prune(now),
  };
}

/** The ledger, to be looked at. */
export function readLedger(reader: StorageReader): Pick<Ledger, 'get' | 'list'> {
  return {
    async get(key) {
      const value = await reader.get(ledgerKey(key));
      return value && textOf(value);
    },
    async list(prefix) {
      const entries = await everyEntry(reader, ledgerKey(prefix));
      return entries.map(({ key, value }) => ({ key: key.slice(ledgerKey('').length), value: textOf(value) }));
    },
  };
}
