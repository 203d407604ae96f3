import { TokaError } from '../../errors.ts';
import type { Run } from '../run.ts';

/** A tool that calls itself would otherwise go on until the machine is full. */
const MAX_DEPTH = 16;

/** Lets a run in only while the tree it belongs to stays within its bounds. */
export function admit(run: Run): Run {
  const { depth } = run.request.principal;
  if (depth <= MAX_DEPTH) return run;
  throw new TokaError('TOKA_DEPTH_LIMIT', `runs are nested ${depth} deep; at most ${MAX_DEPTH} are allowed`, {
    hint: 'does a tool call itself? toka runs show prints the chain of its parents',
  });
}
