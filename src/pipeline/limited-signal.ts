import { budgetExceeded, UNBOUNDED } from '../capability/budgets.ts';
import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';
import { boundSignal, lapseOf } from './bond.ts';
import { cancelled } from './cancelled.ts';
import type { House } from './house.ts';
import { type Run, settled } from './run.ts';
import { timeLimitOf } from './time-limit.ts';

/** A signal that also fires at the time limit, and when the principal does not hold any more, with the error that the run then ends with. */
export function limitedSignal(run: Run, house: House): { readonly signal: AbortSignal; demandHolds(): void; end(): void } {
  const tool = settled(run, 'tool');
  const timeoutMs = timeLimitOf(run);
  const { left: { wall = Infinity }, bounds } = run.share ?? UNBOUNDED;
  const { principal } = run.request;
  const outer = boundSignal(run.request, house.clock);
  const controller = new AbortController();
  const abort = (): void => controller.abort(lapseOf(principal) ?? cancelled(tool.qualified, outer));
  const late = (): TokaError => (wall < timeoutMs ? budgetExceeded('wall', bounds.wall) : tooLong(tool, timeoutMs));
  const timer = setTimeout(() => controller.abort(late()), Math.min(timeoutMs, wall));
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    demandHolds: () => {
      const lapse = lapseOf(principal);
      if (!lapse) return;
      controller.abort(lapse);
      throw lapse;
    },
    end: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}

function tooLong({ qualified }: Tool, timeoutMs: number): TokaError {
  return new TokaError('TOKA_TIMED_OUT', `${qualified} took longer than its limit of ${timeoutMs} ms and was stopped`, {
    hint: 'pass a longer --timeout, up to what its level allows',
  });
}
