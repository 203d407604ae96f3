import { shorter } from '../runtime/plan.ts';
import { limitsOf } from '../sandbox/levels.ts';
import { type Run, settled } from './run.ts';

/** How long a run may take by its own limits, in milliseconds. */
export function timeLimitOf(run: Run): number {
  if (run.plan) return run.plan.limits.timeoutMs;
  const { level, sandbox } = settled(run, 'tool');
  return limitsOf(level, { ...sandbox, ...shorter(sandbox.timeoutMs, run.request.timeoutMs) }).timeoutMs;
}
