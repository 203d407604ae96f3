import { generateKeyPairSync, sign, verify as verifySignature } from 'node:crypto';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createKeeper } from '../../src/journal/blobs.ts';
import { chainHash, GENESIS, leafHash, type Link } from '../../src/journal/chain.ts';
import type { NoteKey, NoteSigner, SignedCheckpoint } from '../../src/journal/checkpoint.ts';
import type { Witnesses } from '../../src/journal/contract.ts';
import type { Audit, Finding } from '../../src/journal/findings.ts';
import { appendLeaf, EMPTY_RANGE } from '../../src/journal/merkle.ts';
import { FINISHED, makeJournal, nextId, openFor, OUTPUT, REQUESTED, STARTED, WHOLE_RUN } from './fixtures.ts';

export interface Recorded {
  readonly file: string;
  readonly runs: readonly [string, string, string];
}

/** Three finished runs of four events, at the positions 1-4, 5-8 and 9-12; the second has a blob. */
export async function record(): Promise<Recorded> {
  const { journal, file } = await makeJournal();
  const runs = [nextId(), nextId(), nextId()] as const;
  const keeper = createKeeper();
  await journal.append(runs[0], WHOLE_RUN, 0);
  await journal.append(runs[1], [REQUESTED, STARTED, { ...OUTPUT, kept: keeper.output(Buffer.alloc(20_000, 1)) }, FINISHED], 0, keeper.blobs);
  await journal.append(runs[2], WHOLE_RUN, 0);
  await journal.close();
  return { file, runs };
}

export async function verify(file: string, witnesses?: Witnesses): Promise<Audit> {
  const journal = await openFor(file, { readOnly: true });
  try {
    return await journal.verify(witnesses);
  } finally {
    await journal.close();
  }
}

export function newKey(): NoteKey & NoteSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    sign: (bytes) => sign(null, bytes, privateKey),
    verify: (bytes, signature) => verifySignature(null, bytes, publicKey, signature),
  };
}

export async function checkpoint(file: string, key: NoteSigner): Promise<SignedCheckpoint> {
  const journal = await openFor(file);
  try {
    return await journal.checkpoint(key);
  } finally {
    await journal.close();
  }
}

/** One finding in a line: what, at which position, which event of which of the three runs, and what else is known. */
export function line({ why, position, run, seq, field, from, size }: Finding, runs: readonly string[]): string {
  const place = [position === undefined ? '' : `@${position}`, run === undefined ? '' : `${'ABC'[runs.indexOf(run)] ?? '?'}${seq ?? ''}`];
  return [why, ...place, field ?? '', from === undefined ? '' : `from ${from}`, size === undefined ? '' : `size ${size}`].filter((part) => part !== '').join(' ');
}

/** Edits a journal's file behind toka's back. */
export function tamper(file: string, edit: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(file, { defensive: false });
  try {
    edit(db);
  } finally {
    db.close();
  }
}

/** Runs a statement that must change something. */
export function change(db: DatabaseSync, sql: string, ...values: (string | number | Uint8Array)[]): void {
  if (db.prepare(sql).run(...values).changes === 0) throw new Error(`nothing was changed by ${sql}`);
}

/** Edits the text of an entry, of which there must be one. */
export function editEntry(db: DatabaseSync, key: string, edit: (text: string) => string): void {
  const { value } = db.prepare('SELECT value FROM entries WHERE key = ?').get(key) as { value: Uint8Array };
  change(db, 'UPDATE entries SET value = ? WHERE key = ?', Buffer.from(edit(Buffer.from(value).toString('utf8'))), key);
}

/** Takes out the entries whose key begins so, of which there must be some. */
export function removeEntries(db: DatabaseSync, prefix: string): void {
  change(db, 'DELETE FROM entries WHERE substr(key, 1, ?) = ?', prefix.length, prefix);
}

/** Makes the chain of a run fit whatever its events say now, and its summary fit the chain. */
export function rechain(db: DatabaseSync, run: string): void {
  let hash = GENESIS;
  const rows = db.prepare('SELECT run, seq, time, body FROM events WHERE run = ? ORDER BY seq').all(run) as unknown as Link[];
  for (const row of rows) {
    hash = chainHash(hash, leafHash(row));
    change(db, 'UPDATE events SET hash = ? WHERE run = ? AND seq = ?', hash, run, row.seq);
  }
  editEntry(db, `run/${run}`, (text) => JSON.stringify({ ...(JSON.parse(text) as object), head: rows.length, hash: Buffer.from(hash).toString('hex') }));
}

/** Makes the whole log fit whatever the events say now. */
export function relog(db: DatabaseSync): void {
  db.exec('DELETE FROM log');
  let range = EMPTY_RANGE;
  for (const { position, ...link } of db.prepare('SELECT position, run, seq, time, body FROM events ORDER BY position').all() as unknown as (Link & { position: number })[]) {
    const grown = appendLeaf(range, leafHash(link));
    range = grown.range;
    db.prepare('INSERT INTO log (position, nodes) VALUES (?, ?)').run(position, Buffer.concat(grown.nodes));
  }
}

/** Makes a journal what an older toka would have written, without a log. */
export function makeFirstFormat(file: string): void {
  const modern = `${file}.modern`;
  renameSync(file, modern);
  copyFileSync(join(import.meta.dirname, 'compat/v1/journal.db'), file);
  tamper(file, (db) => {
    db.exec(`ATTACH '${modern}' AS modern; DELETE FROM events; DELETE FROM runs; DELETE FROM blobs`);
    db.exec('INSERT INTO events SELECT position, run, seq, time, body, hash FROM modern.events');
    db.exec("INSERT INTO blobs SELECT unhex(substr(key, 6)), value FROM modern.entries WHERE key LIKE 'blob/%'");
    db.exec(`INSERT INTO runs (id, head, hash, state)
      SELECT substr(key, 5), text ->> '$.head', unhex(text ->> '$.hash'), text -> '$.state'
      FROM (SELECT key, CAST(value AS TEXT) AS text FROM modern.entries WHERE key LIKE 'run/%')`);
  });
}

/** Exchanges columns of two events. */
export function swap(db: DatabaseSync, columns: readonly string[], a: number, b: number): void {
  const select = db.prepare(`SELECT ${columns.join(', ')} FROM events WHERE position = ?`);
  const [first, second] = [select.get(a), select.get(b)] as Record<string, string | number | Uint8Array>[];
  const set = (at: number, row: Record<string, string | number | Uint8Array> | undefined): void =>
    change(db, `UPDATE events SET ${columns.map((name) => `${name} = ?`).join(', ')} WHERE position = ?`, ...columns.map((name) => row?.[name] ?? ''), at);
  db.exec('BEGIN');
  change(db, "UPDATE events SET run = 'aside' WHERE position = ?", a);
  set(b, first);
  if (!columns.includes('run')) change(db, 'UPDATE events SET run = (SELECT run FROM events WHERE position = ?) WHERE position = ?', b, a);
  set(a, second);
  db.exec('COMMIT');
}
