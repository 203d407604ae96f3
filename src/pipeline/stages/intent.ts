import { TokaError, toTokaError } from '../../errors.ts';
import { createKeeper } from '../../journal/blobs.ts';
import type { Commit } from '../../journal/contract.ts';
import type { House } from '../house.ts';
import { intentEvents, intentTimes, isHarmless, resumedEvents } from '../record.ts';
import { isCounted, reserve } from '../reservation.ts';
import type { Resumption } from '../request.ts';
import type { Run } from '../run.ts';
import { spentBefore } from '../spent.ts';

/** Makes the intent durable before anything happens, in one commit with what is counted; a run that changes nothing is recorded with its outcome. */
export async function intent(run: Run, house: House): Promise<Run> {
  const intended = { ...run, intendedMs: house.clock.now() };
  const durable = !isHarmless(run) || run.request.resumes !== undefined;
  if (!isCounted(run)) return durable ? recorded(intended, house, await house.journal()) : intended;
  const journal = await house.journal();
  const spent = run.request.resumes && run.budget ? await spentBefore(run.id, journal) : undefined;
  const admitted = await journal.commit(
    async (commit) => {
      const reserved = await reserve(intended, house, commit.ledger, spent);
      return reserved instanceof TokaError || !durable ? reserved : recorded(reserved, house, commit);
    },
    { durable },
  );
  if (admitted instanceof TokaError) throw admitted;
  return admitted;
}

async function recorded(run: Run, house: House, into: Pick<Commit, 'append'>): Promise<Run> {
  const { resumes } = run.request;
  if (resumes) return resumed(run, resumes, house, into);
  const keeper = createKeeper();
  const stored = await into.append(run.id, intentEvents(run, house, keeper), 0, keeper.blobs, intentTimes(run));
  return { ...run, recorded: stored.length };
}

/** Of several that want to go on with a run, one is the first to say so. */
async function resumed(run: Run, { events }: Resumption, house: House, into: Pick<Commit, 'append'>): Promise<Run> {
  const intended = resumedEvents(
    run,
    events.map(({ event }) => event),
    house,
  );
  try {
    const stored = await into.append(run.id, intended, run.recorded);
    return { ...run, recorded: run.recorded + stored.length };
  } catch (cause) {
    if (toTokaError(cause).code !== 'TOKA_EVENT_CONFLICT') throw cause;
    throw new TokaError('TOKA_RUN_ACTIVE', `somebody else goes on with run ${run.id}`, { cause, hint: `toka runs show ${run.id} tells how it goes` });
  }
}
