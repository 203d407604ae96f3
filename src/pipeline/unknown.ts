import { TokaError } from '../errors.ts';
import type { RunEvent, RunRequested, StoredEvent } from '../journal/events.ts';
import type { Interrupted } from './request.ts';

/** Whether something may have been done that must not be done twice: by a process that was started, or by the tool itself. */
export function isUnknown({ events }: Interrupted): boolean {
  const { effect } = requestOf(events);
  if (effect !== 'external' && effect !== 'privileged') return false;
  const all = events.map(({ event }) => event);
  const last = all.findLastIndex(({ type }) => type === 'run.started' || type === 'run.resumed');
  return all.slice(last).some(mayAct);
}

/** A tool in toka's own process has no plan: what it does by itself is told by an event of its own. */
function mayAct(event: RunEvent): boolean {
  if (event.type === 'run.started' || event.type === 'run.resumed') return event.planDigest !== undefined;
  return event.type === 'run.acted';
}

/** What was asked: always the first event of a run. */
export function requestOf(events: readonly StoredEvent[]): RunRequested {
  const event = events[0]?.event;
  if (event?.type === 'run.requested') return event;
  throw new TokaError('TOKA_INTEGRITY', 'expected a run to begin with what was asked', { hint: 'toka audit verify tells what is damaged' });
}

/** @param run The run that was to be resumed. */
export function outcomeUnknown(unknown: readonly Interrupted[], run: string): TokaError {
  const names = unknown.map(({ run: id, events }) => `${requestOf(events).tool ?? 'a run'} (${requestOf(events).effect}, run ${id})`);
  const marks = unknown.map(({ run: id }) => `toka runs resume ${unknown.length === 1 ? run : id} --mark succeeded`);
  return new TokaError('TOKA_OUTCOME_UNKNOWN', `it is not known whether ${names.join(' and ')} did what it was to do: toka was ended in the middle of it`, {
    hint: `find out; then ${marks.join(', ')} (or failed), or do it again with the same idempotency key: toka runs resume ${run} --retry`,
    data: {
      run,
      unknown: unknown.map(({ run: id, events }) => {
        const { tool, effect, parent, step } = requestOf(events);
        return { run: id, tool, effect, idempotencyKey: parent === undefined ? `${id}/0` : `${parent}/${step?.position ?? 0}` };
      }),
    },
  });
}
