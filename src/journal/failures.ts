import { isCoded } from '@toka/sdk';
import { type ErrorCode, TokaError } from '../errors.ts';

/** What the codes of a storage mean to whoever uses the journal. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  STORAGE_CLOSED: 'TOKA_STATE_UNAVAILABLE',
  STORAGE_CONFLICT: 'TOKA_EVENT_CONFLICT',
  STORAGE_DAMAGED: 'TOKA_INTEGRITY',
  STORAGE_READ_ONLY: 'TOKA_STATE_UNAVAILABLE',
  STORAGE_UNAVAILABLE: 'TOKA_STATE_UNAVAILABLE',
  STORAGE_UNSUPPORTED: 'TOKA_STORAGE_UNSUPPORTED',
};

/**
 * Gives what a storage has thrown a code of ours.
 *
 * @param thrown What was caught.
 * @param location Where the journal is.
 * @returns `TOKA_INTEGRITY` for what is damaged, `TOKA_STATE_UNAVAILABLE` for all that may pass; anything else as it was.
 */
export function translate(thrown: unknown, location: string): unknown {
  if (!isCoded(thrown)) return thrown;
  if (thrown.code === 'LOG_FAULT') return damaged(location, thrown.message, thrown);
  const code = CODES[thrown.code];
  if (code === undefined) return thrown;
  const { message, hint, cause = thrown } = thrown;
  return new TokaError(code, message, { ...(hint === undefined ? {} : { hint }), where: { file: location }, cause });
}

/** The record is not what it should be. */
export function damaged(location: string, found: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_INTEGRITY', `expected a journal of toka in ${location}, found that ${found}`, {
    hint: 'nothing was changed; toka audit verify says all that is wrong. Move the journal aside, and the next run starts a new one',
    where: { file: location },
    cause,
  });
}

/** An event of a run is not what its chain says. */
export function damagedRun(run: string, seq: number): TokaError {
  return new TokaError('TOKA_INTEGRITY', `expected run ${run} as it was recorded, found that event ${seq} is not`, { hint: 'toka audit verify says what is wrong' });
}

/** The record may be well, but cannot be used so. */
export function unavailable(location: string, found: string, hint: string): TokaError {
  return new TokaError('TOKA_STATE_UNAVAILABLE', `expected to use the journal ${location}: ${found}`, { hint, where: { file: location } });
}

/** Something else has added to a run. */
export function conflict(run: string, expected: number, found: number): TokaError {
  return new TokaError('TOKA_EVENT_CONFLICT', `expected ${expected} events in run ${run}, found ${found}`, {
    hint: 'another process works on the same run: wait until it is done',
    data: { run, expected, found },
  });
}

/** No run has that id. */
export function unknown(run: string): TokaError {
  return new TokaError('TOKA_RUN_UNKNOWN', `expected the id of a recorded run or the beginning of one, found ${JSON.stringify(run)}`, {
    hint: 'toka runs list shows them',
  });
}

/** Nothing is left of a run but its summary and its hashes. */
export function pruned(run: string): TokaError {
  return new TokaError('TOKA_RUN_PRUNED', `expected a run with all that was recorded of it, found that ${run} was pruned`, {
    hint: `toka runs show ${run} shows what is left, by which rule it was pruned, and by whom`,
    data: { run },
  });
}

/** Several runs have ids that begin so. */
export function ambiguous(prefix: string, ids: readonly string[]): TokaError {
  const shown = ids.slice(0, 5).join(', ') + (ids.length > 5 ? ', …' : '');
  return new TokaError('TOKA_RUN_UNKNOWN', `expected the beginning of one run's id, found that "${prefix}" fits several: ${shown}`, {
    hint: 'add more of the id',
    data: { candidates: ids },
  });
}
