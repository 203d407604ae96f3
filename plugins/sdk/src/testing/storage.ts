import { documentChecks } from './storage-documents.ts';
import { entryChecks } from './storage-entries.ts';
import { eventChecks } from './storage-events.ts';
import { forgettingChecks } from './storage-forgetting.ts';
import { lifeChecks } from './storage-life.ts';
import { queryChecks } from './storage-queries.ts';
import { subscriptionChecks } from './storage-subscriptions.ts';
import type { StorageCheck } from './storage-support.ts';
import { transactionChecks } from './storage-transactions.ts';

export type { StorageCheck, StoragePlace } from './storage-support.ts';

/**
 * What every storage backend must pass, whatever it declares: what it declares is tried, and what it does not declare must be refused.
 *
 * @example
 * import { test } from 'node:test';
 * import { storageChecks } from '@toka/sdk/testing';
 *
 * for (const { name, run } of storageChecks) {
 *   test(name, () => run(async () => {
 *     const location = mkdtempSync(join(tmpdir(), 'storage-'));
 *     return {
 *       open: (options) => storage.open({ location, ...options }),
 *       remove: async () => rmSync(location, { recursive: true }),
 *     };
 *   }));
 * }
 */
export const storageChecks: readonly StorageCheck[] = [...eventChecks, ...entryChecks, ...transactionChecks, ...queryChecks, ...subscriptionChecks, ...documentChecks, ...forgettingChecks, ...lifeChecks];
