import { createPublicKey, verify } from 'node:crypto';
import { resolve } from 'node:path';
import { TokaError } from '../errors.ts';
import { type NoteKey, parseCheckpoint, parseVerifierKey, type SignedCheckpoint } from '../journal/checkpoint.ts';
import type { EventLog, LogEntry } from '../journal/event-log.ts';
import type { Journal } from '../journal/contract.ts';
import { readTextFile } from '../manifest/read.ts';
import type { Toka } from '../toka.ts';
import type { Door } from './door.ts';

/** What a proof or a checkpoint may take. */
const FILE_LIMIT = 64 * 1024 * 1024;

/** A file that the command line names. */
export function readGiven(path: string, flag: string, door: Door): string {
  const read = readTextFile(resolve(door.cwd, path), FILE_LIMIT);
  if ('text' in read) return read.text;
  const { expected, found } = read.issue;
  throw new TokaError('TOKA_USAGE', `--${flag} takes ${expected}, found ${found}`, { where: { file: path }, hint: 'check the path' });
}

/** Checkpoints that were kept elsewhere. */
export function keptCheckpoints(paths: readonly string[], door: Door): SignedCheckpoint[] {
  return paths.map((path) => parseCheckpoint(readGiven(path, 'checkpoint', door), path));
}

/** The user's own keys, those that have expired too, and keys given as `toka audit checkpoint --json` prints them. */
export function keysOf(toka: Toka, given: readonly string[]): NoteKey[] {
  return [...toka.keyring.list(), ...given.map(givenKey)];
}

function givenKey(text: string): NoteKey {
  const publicKey = parseVerifierKey(text);
  if (!publicKey) {
    throw new TokaError('TOKA_USAGE', `--key takes a verifier key of the form name+id+key, found "${text.slice(0, 200)}"`, {
      hint: 'toka audit checkpoint --json prints it as "key"',
    });
  }
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' });
  return { publicKey, verify: (bytes, signature) => verify(null, bytes, key, signature) };
}

/** The events that a word of the command line means: a sequence number, or the beginning of a run's id, which begins with 0. */
export async function entriesOf(word: string, journal: Journal): Promise<(log: EventLog) => Promise<LogEntry[]>> {
  if (/^[1-9]\d{0,15}$/.test(word)) return async (log) => [await entryAt(word, log)];
  const run = await journal.findRun(word);
  return async (log) => log.entries(run);
}

async function entryAt(word: string, log: EventLog): Promise<LogEntry> {
  const entry = await log.entry(Number(word));
  if (!entry) throw new TokaError('TOKA_RUN_UNKNOWN', `expected the sequence number of a recorded event, found ${word}`, { hint: 'toka audit list shows the first of each run' });
  return entry;
}
