import { createKeeper } from '../../journal/blobs.ts';
import type { House } from '../house.ts';
import { intentEvents, intentTimes, isHarmless } from '../record.ts';
import type { Run } from '../run.ts';

/** Makes the intent durable before anything happens; a run that changes nothing is recorded in one commit with its outcome. */
export function intent(run: Run, house: House): Run {
  const intended = { ...run, intendedMs: house.clock.now() };
  if (isHarmless(run)) return intended;
  const keeper = createKeeper();
  const stored = house.journal().append(run.id, intentEvents(intended, house, keeper), 0, keeper.blobs, intentTimes(intended));
  return { ...intended, recorded: stored.length };
}
