import { defineStorage } from '@toka/sdk';
import { openDatabase } from './database.ts';
import { SqliteDriver } from './driver.ts';

/** Keeps everything in one file; what toka uses unless the configuration says otherwise. */
export const sqliteStorage = defineStorage({
  id: 'sqlite',
  summary: 'Keep the journal in one SQLite file',
  supports: { durable: true, processes: true, text: true, subscribe: true, check: true, compact: true, backup: true, forget: true, search: true },
  open: ({ location, ...options }) => new SqliteDriver(openDatabase(location, options), location),
});
