import { generateKeyPairSync, sign, verify as verifySignature } from 'node:crypto';
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
export function record(): Recorded {
  const { journal, file } = makeJournal();
  const runs = [nextId(), nextId(), nextId()] as const;
  const keeper = createKeeper();
  journal.append(runs[0], WHOLE_RUN, 0);
  journal.append(runs[1], [REQUESTED, STARTED, { ...OUTPUT, kept: keeper.output(Buffer.alloc(20_000, 1)) }, FINISHED], 0, keeper.blobs);
  journal.append(runs[2], WHOLE_RUN, 0);
  journal.close();
  return { file, runs };
}

export function verify(file: string, witnesses?: Witnesses): Audit {
  const journal = openFor(file, { readOnly: true });
  try {
    return journal.verify(witnesses);
  } finally {
    journal.close();
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

export function checkpoint(file: string, key: NoteSigner): SignedCheckpoint {
  const journal = openFor(file);
  try {
    return journal.checkpoint(key);
  } finally {
    journal.close();
  }
}

/** One finding in a line: what, at which position, which event of which of the three runs, and what else is known. */
export function line({ why, position, run, seq, field, from, size }: Finding, runs: readonly string[]): string {
  const place = [position === undefined ? '' : `@${position}`, run === undefined ? '' : `${'ABC'[runs.indexOf(run)] ?? '?'}${seq}`];
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

/** Makes the chain of a run fit whatever its events say now, and its summary fit the chain. */
export function rechain(db: DatabaseSync, run: string): void {
  let hash = GENESIS;
  const rows = db.prepare('SELECT run, seq, time, body FROM events WHERE run = ? ORDER BY seq').all(run) as unknown as Link[];
  for (const row of rows) {
    hash = chainHash(hash, leafHash(row));
    change(db, 'UPDATE events SET hash = ? WHERE run = ? AND seq = ?', hash, run, row.seq);
  }
  change(db, 'UPDATE runs SET head = ?, hash = ? WHERE id = ?', rows.length, hash, run);
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
