import type { Tool } from '../manifest/tool.ts';
import { shorter } from '../runtime/plan.ts';
import { limitsOf } from '../sandbox/levels.ts';
import { type Run, settled } from './run.ts';

/** How long an agent may work on what was said, unless its file says less. */
const AGENT_MS = 4 * 60 * 60 * 1000;

/** How long a run may take by its own limits, in milliseconds. */
export function timeLimitOf(run: Run): number {
  if (run.plan) return run.plan.limits.timeoutMs;
  if (run.agent) return Math.min(run.agent.security.timeoutMs ?? AGENT_MS, run.request.timeoutMs ?? AGENT_MS);
  return timeLimitOfTool(settled(run, 'tool'), run.request.timeoutMs);
}

/** How long a tool may run by its level and its manifest, in milliseconds, or less where less is asked for. */
export function timeLimitOfTool({ level, sandbox }: Tool, askedMs?: number): number {
  return limitsOf(level, { ...sandbox, ...shorter(sandbox.timeoutMs, askedMs) }).timeoutMs;
}
