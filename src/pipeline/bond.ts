import type { Principal } from '../capability/principal.ts';
import { type TokaError, toTokaError } from '../errors.ts';
import type { Clock } from '../journal/ids.ts';
import type { ExecutionRequest } from './request.ts';

/** Milliseconds; a timer may fire a little before the time that a clock shows. */
const LATE = 20;

/** The caller's signal, which also fires when the token ends that the run is bound to. */
export function boundSignal({ signal, principal: { bond } }: ExecutionRequest, clock: Clock): AbortSignal | undefined {
  if (!bond) return signal;
  const end = AbortSignal.timeout(Math.max(0, bond.expiresAt - clock.now()) + LATE);
  return signal ? AbortSignal.any([signal, end]) : end;
}

/** Why a principal does not hold any more; nothing where it does. */
export function lapseOf(principal: Principal): TokaError | undefined {
  try {
    principal.check();
    return undefined;
  } catch (error) {
    return toTokaError(error);
  }
}
