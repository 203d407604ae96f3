import { TokaError, toTokaError } from '../errors.ts';

/** The error of a run that was told to stop, with the reason where whoever told it gave one. */
export function cancelled(name: string, signal: AbortSignal | undefined): TokaError {
  const { code, message, hint } = toTokaError(signal?.reason);
  if (code !== 'TOKA_CANCELLED') return new TokaError('TOKA_CANCELLED', `${name} was cancelled`, { hint: 'run it again' });
  return new TokaError(code, `${name} was stopped: ${message}`, hint === undefined ? {} : { hint });
}
