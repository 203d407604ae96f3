import { TokaError } from '../errors.ts';
import { isSignedBy, type NoteKey, parseCheckpoint, type SignedCheckpoint } from './checkpoint.ts';
import type { EventLog } from './event-log.ts';
import type { Finding } from './findings.ts';

/**
 * Tells which checkpoints count: those of this log that a known key has signed.
 *
 * @returns Those, and what is wrong with the others.
 */
export async function weigh(log: EventLog, keys: readonly NoteKey[], kept: readonly SignedCheckpoint[]): Promise<{ sound: SignedCheckpoint[]; findings: Finding[] }> {
  const sound: SignedCheckpoint[] = [];
  const findings: Finding[] = [];
  const origin = await log.origin();
  const consider = (checkpoint: SignedCheckpoint | undefined, size: number): void => {
    const field = faultOf(checkpoint, size, keys, origin);
    if (field === undefined && checkpoint) sound.push(checkpoint);
    else findings.push({ why: 'checkpoint', size, ...(field === undefined ? {} : { field }) });
  };
  for (const { size, note } of await log.checkpoints()) consider(read(note), size);
  for (const checkpoint of kept) consider(checkpoint, checkpoint.size);
  return { sound, findings };
}

function faultOf(checkpoint: SignedCheckpoint | undefined, size: number, keys: readonly NoteKey[], origin: string | undefined): string | undefined {
  if (!checkpoint) return 'note';
  if (!isSignedBy(checkpoint, keys)) return 'signature';
  if (checkpoint.size !== size) return 'size';
  // Where nothing is left, what was signed is what is gone.
  return origin === undefined || checkpoint.origin === origin ? undefined : 'origin';
}

function read(note: string): SignedCheckpoint | undefined {
  try {
    return parseCheckpoint(note);
  } catch (error) {
    if (error instanceof TokaError) return undefined;
    throw error;
  }
}
