import { TokaError } from '../../errors.ts';
import { createKeeper, digestOf } from '../../journal/blobs.ts';
import type { House } from '../house.ts';
import { requested } from '../record.ts';
import { type Run, settled } from '../run.ts';
import { requestOf } from '../unknown.ts';

/** Lets a run go on only as what it was: the same tool, of the same toka where it is part of it, with the same parameters. */
export function unchanged(run: Run, house: House): Run {
  const { resumes } = run.request;
  if (!resumes) return run;
  const before = requestOf(resumes.events);
  const { qualified, origin } = settled(run, 'tool');
  if (before.tool !== qualified || before.manifestHash !== run.manifestHash) throw changed(run.id, `${before.tool ?? qualified} is not what it was`);
  if (origin.kind === 'bundled' && before.toka !== house.version) throw changed(run.id, `${qualified} is part of toka, which was ${before.toka} and is ${house.version}`);
  const { params } = requested(run, house, createKeeper());
  if (digestOf(before.params) !== digestOf(params)) throw changed(run.id, 'its parameters are not those on record');
  return run;
}

function changed(run: string, what: string): TokaError {
  return new TokaError('TOKA_RUN_CHANGED', `run ${run} cannot be resumed: ${what}`, { hint: 'put it back as it was, or run the tool anew', data: { run } });
}
