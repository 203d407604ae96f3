import { TokaError } from '../errors.ts';

export interface Unavailable {
  /** The guarantees that cannot be given. */
  readonly missing: readonly string[];
  /** What there is instead. */
  readonly have: string;
  readonly why: string;
  /** The next step for the person. */
  readonly fix: string;
  readonly cause?: unknown;
}

/** The refusal of a run whose sandbox this machine cannot provide. */
export function unavailable({ missing, have, why, fix, cause }: Unavailable): TokaError {
  return new TokaError('TOKA_SANDBOX_UNAVAILABLE', `the sandbox cannot keep its promises here (${missing.join(', ')}): ${why}; found ${have}`, {
    hint: fix,
    cause,
    data: { missing, have, why, fix },
  });
}
