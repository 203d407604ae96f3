import { TokaError } from '../../errors.ts';
import { createKeeper } from '../../journal/blobs.ts';
import type { House } from '../house.ts';
import { intentEvents, intentTimes, isHarmless } from '../record.ts';
import { isCounted, reserve } from '../reservation.ts';
import type { Run } from '../run.ts';

/** Makes the intent durable before anything happens, in one commit with what is counted; a run that changes nothing is recorded with its outcome. */
export function intent(run: Run, house: House): Run {
  const intended = { ...run, intendedMs: house.clock.now() };
  const durable = !isHarmless(run);
  if (!durable && !isCounted(run)) return intended;
  const admitted = house.journal().commit(
    ({ ledger, append }) => {
      const reserved = isCounted(run) ? reserve(intended, house, ledger) : intended;
      if (reserved instanceof TokaError || !durable) return reserved;
      const keeper = createKeeper();
      const stored = append(run.id, intentEvents(reserved, house, keeper), 0, keeper.blobs, intentTimes(reserved));
      return { ...reserved, recorded: stored.length };
    },
    { durable },
  );
  if (admitted instanceof TokaError) throw admitted;
  return admitted;
}
