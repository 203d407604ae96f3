import type { StorageTransaction } from '@toka/sdk';

/** Takes a run out of what searches find, in the transaction that takes it out of the record. Where nothing was ever searched, or the storage has no search, that is nothing. */
export async function forgetText(transaction: StorageTransaction, run: string): Promise<void> {
  await transaction.documents?.remove(run);
}
