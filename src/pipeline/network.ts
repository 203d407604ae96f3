import { reachOf } from '../capability/reach.ts';
import type { NetworkRules, SandboxPlan } from '../sandbox/plan.ts';
import { type Run, settled } from './run.ts';

/** Each connection is asked of the effective set; one that is refused is told at once, with the grant that would allow it. */
export function networkOf(run: Run, plan: SandboxPlan): { network?: NetworkRules } {
  if (plan.network === undefined) return {};
  const warn = (message: string): void => run.request.onEvent?.({ type: 'log', run: run.id, level: 'warn', message });
  return {
    network: {
      reach: reachOf(settled(run, 'decision').effective),
      onRefused: ({ grant, message }) => warn(`a connection was refused: ${message}; --allow '${grant}' would allow it`),
    },
  };
}
