import { TokaError } from '../../errors.ts';
import { createKeeper } from '../../journal/blobs.ts';
import type { Commit } from '../../journal/contract.ts';
import type { House } from '../house.ts';
import { intentEvents, intentTimes, isHarmless } from '../record.ts';
import { isCounted, reserve } from '../reservation.ts';
import type { Run } from '../run.ts';

/** Makes the intent durable before anything happens, in one commit with what is counted; a run that changes nothing is recorded with its outcome. */
export function intent(run: Run, house: House): Run {
  const intended = { ...run, intendedMs: house.clock.now() };
  const durable = !isHarmless(run);
  if (!isCounted(run)) return durable ? recorded(intended, house, house.journal()) : intended;
  const admitted = house.journal().commit(
    (commit) => {
      const reserved = reserve(intended, house, commit.ledger);
      return reserved instanceof TokaError || !durable ? reserved : recorded(reserved, house, commit);
    },
    { durable },
  );
  if (admitted instanceof TokaError) throw admitted;
  return admitted;
}

function recorded(run: Run, house: House, into: Pick<Commit, 'append'>): Run {
  const keeper = createKeeper();
  const stored = into.append(run.id, intentEvents(run, house, keeper), 0, keeper.blobs, intentTimes(run));
  return { ...run, recorded: stored.length };
}
