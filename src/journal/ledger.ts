import type { StatementSync } from 'node:sqlite';
import type { Ledger } from './contract.ts';

const PUT = `INSERT INTO ledger (key, value, until) VALUES (?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until`;

/** The ledger of an open database, through its prepared statements. */
export function ledgerOf(sql: (text: string) => StatementSync): Ledger {
  return {
    get: (key) => sql('SELECT value FROM ledger WHERE key = ?').get(key)?.['value'] as string | undefined,
    // No key holds the last character that there is, so this range is all keys with the prefix.
    list: (prefix) => sql('SELECT key, value FROM ledger WHERE key >= ? AND key < ? ORDER BY key').all(prefix, `${prefix}\u{10ffff}`) as { key: string; value: string }[],
    put: (key, value, until) => void sql(PUT).run(key, value, until ?? null),
    remove: (key) => void sql('DELETE FROM ledger WHERE key = ?').run(key),
    prune: (now) => void sql('DELETE FROM ledger WHERE until <= ?').run(now),
  };
}
